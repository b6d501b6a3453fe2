import type { InputError } from "../../core/error.ts";
import type { Plan } from "../../plans/plan.ts";
import type { ExpiryFrom } from "../key.ts";
import type { Environment } from "../secrets/format.ts";

const DAY_MS = 86_400_000;
/** Production keys are replaced this often unless their maker says otherwise. */
export const PROD_ROTATE_EVERY_DAYS = 90;

/** Until when a key works, and who says so. */
export interface Expiry {
	readonly expires_at: Date | null;
	readonly expiry_from: ExpiryFrom;
}

/**
 * Until when a key works: the date wanted, the latest that the plan allows when none was named, null for without end.
 * An explicit null asks for a key without end, which a plan with a longest life refuses.
 */
export function expiryOf(wanted: string | null | undefined, plan: Plan, now: number): Expiry | InputError {
	const pointer = "/expires_at";
	const latest = plan.max_key_lifetime_days === null ? null : new Date(now + plan.max_key_lifetime_days * DAY_MS);
	if (wanted === undefined) return { expires_at: latest, expiry_from: "plan" };
	if (wanted === null) {
		return latest === null
			? { expires_at: null, expiry_from: "person" }
			: { pointer, detail: `is needed in this plan: ${latest.toISOString()} is the latest date it allows` };
	}
	const expires_at = new Date(wanted);
	if (Number.isNaN(expires_at.getTime())) return { pointer, detail: "is not a date and time of RFC 3339, such as 2030-01-31T12:00:00Z" };
	if (expires_at.getTime() <= now) return { pointer, detail: "has to be in the future; revoke the key to end it now" };
	if (latest !== null && expires_at > latest) return { pointer, detail: `is later than the plan allows: ${latest.toISOString()} is the latest date` };
	return { expires_at, expiry_from: "person" };
}

/** The rotation period of a new key, in days; null for none. */
export function rotationPeriodOf(wanted: number | null | undefined, environment: Environment): number | null {
	if (wanted !== undefined) return wanted;
	return environment === "prod" ? PROD_ROTATE_EVERY_DAYS : null;
}

/** When a secret made at `secret_created_at` is to be replaced. */
export function rotationDueAt(secret_created_at: Date, rotate_every_days: number | null): Date | null {
	return rotate_every_days === null ? null : new Date(secret_created_at.getTime() + rotate_every_days * DAY_MS);
}
