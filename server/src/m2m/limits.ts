import { Failure } from "../core/error.ts";
import { read } from "../database/read.ts";
import { documentCounts } from "../documents/store.ts";
import { countLiveKeys } from "../keys/store.ts";
import { countSites, readTenantWithPlan } from "../tenants/store.ts";
import type { KeyedContext } from "../verification/keyed-context.ts";
import { monthOf, nextMonthMs, type QuotaLedger } from "../verification/quota.ts";
import { readLeasedQuota } from "../verification/store.ts";

export interface LimitsContext extends KeyedContext {
	readonly quotas: QuotaLedger;
	/** Keeps the instant as the key's last passed connectivity check. */
	noteConnectivityCheck(): void;
}

/** The tenant's plan, its limits, and what is used of each. The connectivity check of the contract. */
export async function limits(context: LimitsContext) {
	const { grant, quotas, clock } = context;
	const now = clock.now();
	const month = monthOf(now);
	const answer = await read(context, async (tx) => {
		const found = await readTenantWithPlan(tx, grant.tenant.id);
		if (!found) throw new Failure("not_found", "There is no tenant with this id.");
		const { plan } = found;
		const leased = await readLeasedQuota(tx, grant.tenant.id, month);
		const stored = await documentCounts(tx, grant.tenant.id);
		return {
			tenant_id: grant.tenant.id,
			plan: { id: plan.id, name: plan.name },
			capabilities: [...plan.capabilities],
			rate_limits: grant.tenant.limits.map((limit, index) => ({
				name: limit.name,
				per: limit.per,
				requests: limit.requests,
				window_seconds: limit.window_seconds,
				remaining: grant.windows[index]?.peek(clock.monotonic(), limit.requests) ?? 0,
			})),
			quota:
				plan.quota_requests_per_month === null
					? null
					: {
							requests: plan.quota_requests_per_month,
							used: Math.max(0, leased - quotas.unspent(grant.tenant.id, month)),
							resets_at: new Date(nextMonthMs(now)).toISOString(),
						},
			sites: { max: plan.limits.sites, used: await countSites(tx, grant.tenant.id) },
			api_keys: { max: plan.limits.api_keys, used: await countLiveKeys(tx, grant.tenant.id, new Date(now)) },
			documents: { max: plan.limits.documents, used: stored.documents },
			storage_bytes: { max: plan.limits.storage_bytes, used: stored.storage_bytes },
		};
	});
	context.noteConnectivityCheck();
	return answer;
}
