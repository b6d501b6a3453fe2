import { type Allowance, quotaAllowance } from "../src/verification/limits/allowance.ts";
import { LEASE_NEEDED, type Ledger } from "../src/verification/limits/ledger.ts";

/** Spends `cost` of the allowance, leasing blocks as needed. */
export async function spendAllowance(ledger: Ledger, allowance: Allowance, cost: number): Promise<boolean> {
	for (;;) {
		const spent = ledger.spend(allowance, cost);
		if (spent !== LEASE_NEEDED) return spent;
		await ledger.lease(allowance, cost);
	}
}

export function spendQuota(ledger: Ledger, tenant_id: string, quota: number, cost: number): Promise<boolean> {
	return spendAllowance(ledger, quotaAllowance(tenant_id, quota), cost);
}
