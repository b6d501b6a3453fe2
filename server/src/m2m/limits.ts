import { ApiError } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { documentCounts } from "../documents/store.ts";
import { keyNotFound } from "../keys/guards.ts";
import { countLiveKeys, readKey } from "../keys/store.ts";
import { countSites, readTenantWithPlan } from "../tenants/store.ts";
import { budgetAllowance } from "../verification/limits/allowance.ts";
import type { Ledger } from "../verification/limits/ledger.ts";
import { formatMonth, nextMonthMs } from "../verification/limits/period.ts";
import { readLeasedQuota } from "../verification/limits/store.ts";
import { type OwnBudgetsContext, ownBudgets, readBudgetUse } from "./budgets.ts";

export interface LimitsContext extends OwnBudgetsContext {
	/** Records the current time as the key's last connectivity check. */
	recordConnectivityCheck(): void;
}

/** Context for reading a tenant's limits without one of its keys. */
export interface TenantLimitsContext extends DatabaseContext {
	readonly ledger: Ledger;
}

/** The tenant's plan and the use of its limits, except rate limits. 404 `not_found`. */
async function planAndUse(context: TenantLimitsContext, tenant_id: string) {
	const { ledger, clock } = context;
	const now = clock.now();
	const month = formatMonth(now);
	return read(context, async (tx) => {
		const found = await readTenantWithPlan(tx, tenant_id);
		if (!found) throw new ApiError("not_found", "There is no tenant with this id.");
		const { plan } = found;
		const leased = await readLeasedQuota(tx, tenant_id, month);
		const stored = await documentCounts(tx, tenant_id);
		const answer = {
			tenant_id,
			plan: { id: plan.id, name: plan.name },
			capabilities: [...plan.capabilities],
			quota:
				plan.quota_requests_per_month === null
					? null
					: {
							requests: plan.quota_requests_per_month,
							used: Math.max(0, leased - ledger.unspent(tenant_id, month)),
							resets_at: new Date(nextMonthMs(now)).toISOString(),
						},
			sites: { max: plan.limits.sites, used: await countSites(tx, tenant_id) },
			api_keys: { max: plan.limits.api_keys, used: await countLiveKeys(tx, tenant_id, new Date(now)) },
			documents: { max: plan.limits.documents, used: stored.documents },
			storage_bytes: { max: plan.limits.storage_bytes, used: stored.storage_bytes },
		};
		return { plan, answer };
	});
}

/** The plan of the key's tenant and the use of its limits. Also the connectivity check of the API contract. */
export async function limits(context: LimitsContext) {
	const { grant, clock } = context;
	const { answer } = await planAndUse(context, grant.tenant.id);
	const rate_limits = grant.policy.limits.map(({ name, per, requests, window_seconds, named_only }, index) => ({
		name,
		per,
		requests,
		window_seconds,
		named_only,
		remaining: grant.windows[index]?.peek(clock.monotonic(), requests) ?? 0,
	}));
	const budgets = await ownBudgets(context);
	context.recordConnectivityCheck();
	return { ...answer, rate_limits, budgets };
}

/** The same for members. `remaining` is null, since rate limits are counted per key and node; `budgets` is empty, since they belong to keys. */
export async function limitsOfTenant(context: TenantLimitsContext, input: { tenant_id: string }) {
	const { plan, answer } = await planAndUse(context, input.tenant_id);
	const rate_limits = plan.rate_limits.map((limit) => ({ ...limit, named_only: limit.named_only ?? false, remaining: null }));
	return { ...answer, rate_limits, budgets: [] };
}

/** The budgets of a key and what is used of them. 404 `not_found`. */
export async function budgetsOfKey(context: TenantLimitsContext, { tenant_id, key_id }: { tenant_id: string; key_id: string }) {
	return read(context, async (tx) => {
		const key = await readKey(tx, tenant_id, key_id);
		if (key === null) throw keyNotFound();
		const allowances = key.budgets.map((budget) => budgetAllowance(tenant_id, key_id, budget));
		return { data: await readBudgetUse(tx, allowances, context.ledger, context.clock.now()) };
	});
}
