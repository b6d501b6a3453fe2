import type { InputError } from "../../core/error.ts";
import { DAY_MS } from "../../core/time.ts";
import type { Plan } from "../../plans/plan.ts";
import type { ExpiryFrom, Key } from "../key.ts";
import type { Environment } from "../secrets/format.ts";

/** The default rotation period of production keys. */
export const PROD_ROTATE_EVERY_DAYS = 90;

/** An expiry date, and where it comes from. */
export interface Expiry {
	readonly expires_at: Date | null;
	readonly expiry_from: ExpiryFrom;
}

/** For canary keys, which give no access: they have no end unless one is requested. */
export const NO_MAXIMUM = { max_key_lifetime_days: null };

/**
 * The expiry of a new key: the requested date, or the latest that the plan allows (null if unlimited) if `wanted` is undefined.
 * An explicit null requests no expiry, which a plan with a maximum lifetime refuses.
 */
export function resolveExpiry(wanted: string | null | undefined, plan: Pick<Plan, "max_key_lifetime_days">, now: number): Expiry | InputError {
	const pointer = "/expires_at";
	const latest = plan.max_key_lifetime_days === null ? null : new Date(now + plan.max_key_lifetime_days * DAY_MS);
	if (wanted === undefined) return { expires_at: latest, expiry_from: "plan" };
	if (wanted === null) {
		return latest === null
			? { expires_at: null, expiry_from: "person" }
			: { pointer, detail: `is required in this plan: ${latest.toISOString()} is the latest date it allows` };
	}
	const expires_at = new Date(wanted);
	if (Number.isNaN(expires_at.getTime())) return { pointer, detail: "is not a date and time of RFC 3339, such as 2030-01-31T12:00:00Z" };
	if (expires_at.getTime() <= now) return { pointer, detail: "must be in the future; revoke the key to end it now" };
	if (latest !== null && expires_at > latest) return { pointer, detail: `is later than the plan allows: ${latest.toISOString()} is the latest date` };
	return { expires_at, expiry_from: "person" };
}

/** The rotation period of a new key, in days; null for none. */
export function resolveRotationPeriod(wanted: number | null | undefined, environment: Environment): number | null {
	if (wanted !== undefined) return wanted;
	return environment === "prod" ? PROD_ROTATE_EVERY_DAYS : null;
}

/** When the rotation of a secret created at `secret_created_at` is due; null for never. */
export function rotationDueAt(secret_created_at: Date, rotate_every_days: number | null): Date | null {
	return rotate_every_days === null ? null : new Date(secret_created_at.getTime() + rotate_every_days * DAY_MS);
}

/**
 * The expiry of a key after a rotation: the requested date, or `now` plus the lifetime that was granted when the date was last set (`dated_at`), limited by
 * the plan. A key without an expiry gets one only if the plan requires it. A rotation that no person began (by the key itself, by date, or after a report
 * of a leak) never moves a date that a person set.
 */
export function expiryAfterRotation(
	key: Pick<Key, "expires_at" | "expiry_from">,
	question: { wanted: string | null | undefined; by_person: boolean; dated_at: Date; plan: Plan; now: number },
): Expiry | InputError {
	const { wanted, by_person, dated_at, plan, now } = question;
	const { expires_at, expiry_from } = key;
	if (wanted !== undefined) return resolveExpiry(wanted, plan, now);
	if (!by_person && expires_at !== null && expiry_from === "person") return { expires_at, expiry_from };
	const latest = resolveExpiry(undefined, plan, now);
	if ("pointer" in latest) return latest;
	if (expires_at === null) return latest.expires_at === null ? { expires_at, expiry_from } : latest;
	const renewed = now + (expires_at.getTime() - dated_at.getTime());
	return { expires_at: new Date(Math.min(renewed, latest.expires_at?.getTime() ?? renewed)), expiry_from };
}
