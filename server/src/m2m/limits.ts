import { ApiError } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { documentCounts } from "../documents/store.ts";
import { countLiveKeys } from "../keys/store.ts";
import { countSites, readTenantWithPlan } from "../tenants/store.ts";
import type { KeyedContext } from "../verification/keyed-context.ts";
import { formatMonth, nextMonthMs, type QuotaLedger } from "../verification/limits/quota.ts";
import { readLeasedQuota } from "../verification/limits/store.ts";

export interface LimitsContext extends KeyedContext {
	readonly quotas: QuotaLedger;
	/** Records the current time as the key's last connectivity check. */
	recordConnectivityCheck(): void;
}

/** Context for reading a tenant's limits without one of its keys. */
export interface TenantLimitsContext extends DatabaseContext {
	readonly quotas: QuotaLedger;
}

/** The tenant's plan and the use of its limits, except rate limits. 404 `not_found`. */
async function planAndUse(context: TenantLimitsContext, tenant_id: string) {
	const { quotas, clock } = context;
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
							used: Math.max(0, leased - quotas.unspent(tenant_id, month)),
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
	context.recordConnectivityCheck();
	return { ...answer, rate_limits };
}

/** The same for members. `remaining` is null, since rate limits are counted per key and node. */
export async function limitsOfTenant(context: TenantLimitsContext, input: { tenant_id: string }) {
	const { plan, answer } = await planAndUse(context, input.tenant_id);
	const rate_limits = plan.rate_limits.map((limit) => ({ ...limit, named_only: limit.named_only ?? false, remaining: null }));
	return { ...answer, rate_limits };
}
