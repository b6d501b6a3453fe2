import { HOUR_MS } from "../core/time.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import type { Ledger } from "../verification/limits/ledger.ts";
import { formatMonth } from "../verification/limits/period.ts";
import { countTenants, readTenantsOverview, type TenantSort } from "./tenants-store.ts";

const HOURS = 24;
const ROWS_DEFAULT = 25;

export interface OverviewContext extends DatabaseContext {
	readonly ledger: Ledger;
}

export interface TenantsRequest {
	readonly search?: string;
	readonly plan_id?: string;
	readonly status?: "active" | "suspended";
	readonly sort?: TenantSort;
	readonly order?: "asc" | "desc";
	readonly page?: number;
	readonly limit?: number;
}

/**
 * The tenants with their figures, by page (from 1), and the number of all that match. `search` finds a part of the name, the id or the
 * external id. Requests are of the current hour and the 23 before it; of the quota, what this node has leased and not spent is not used.
 */
export async function tenantsOverview(context: OverviewContext, input: TenantsRequest) {
	const { clock, ledger } = context;
	const now = clock.now();
	const month = formatMonth(now);
	const limit = input.limit ?? ROWS_DEFAULT;
	const search = input.search?.trim();
	const query = {
		search: search === "" ? undefined : search,
		plan_id: input.plan_id,
		status: input.status,
		sort: input.sort ?? "requests_24h",
		order: input.order ?? "desc",
		limit,
		offset: ((input.page ?? 1) - 1) * limit,
		now: new Date(now),
		from: new Date((Math.floor(now / HOUR_MS) - (HOURS - 1)) * HOUR_MS),
		month,
	} as const;
	return read(context, async (tx) => {
		const total = await countTenants(tx, query);
		const rows = await readTenantsOverview(tx, query);
		const data = rows.map(({ plan_id, plan_name, allowed, refused, quota_requests, leased, created_at, ...row }) => ({
			...row,
			created_at: created_at.toISOString(),
			plan: { id: plan_id, name: plan_name },
			requests_24h: { allowed, refused },
			quota: quota_requests === null ? null : { requests: quota_requests, used: Math.max(0, leased - ledger.unspent(row.id, month)) },
		}));
		return { data, total };
	});
}
