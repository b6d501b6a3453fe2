import { QUOTA_NEEDED, type QuotaLedger } from "../src/verification/limits/quota.ts";

/** Spends `cost` of the tenant's quota, leasing blocks as needed. */
export async function spendQuota(ledger: QuotaLedger, tenant_id: string, quota: number, cost: number): Promise<boolean> {
	for (;;) {
		const spent = ledger.spend(tenant_id, quota, cost);
		if (spent !== QUOTA_NEEDED) return spent;
		await ledger.lease(tenant_id, quota, cost);
	}
}
