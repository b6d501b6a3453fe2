import type { InputError } from "../../core/error.ts";
import type { Plan } from "../../plans/plan.ts";
import type { Key } from "../key.ts";
import { type Expiry, expiryOf } from "./lifetime.ts";

/**
 * Until when a key works once its secret is replaced: the date wanted, or else as long from `now` on as the key was given when its date was last set
 * (`dated_at`), at most what the plan allows. A key without an end gets one only where the plan asks for it. A key that replaces its own secret
 * (`self`) never moves an end that a person set.
 */
export function expiryAfterRotation(
	key: Pick<Key, "expires_at" | "expiry_from">,
	question: { wanted: string | null | undefined; self: boolean; dated_at: Date; plan: Plan; now: number },
): Expiry | InputError {
	const { wanted, self, dated_at, plan, now } = question;
	const { expires_at, expiry_from } = key;
	if (wanted !== undefined) return expiryOf(wanted, plan, now);
	if (self && expires_at !== null && expiry_from === "person") return { expires_at, expiry_from };
	const latest = expiryOf(undefined, plan, now);
	if ("pointer" in latest) return latest;
	if (expires_at === null) return latest.expires_at === null ? { expires_at, expiry_from } : latest;
	const renewed = now + (expires_at.getTime() - dated_at.getTime());
	return { expires_at: new Date(Math.min(renewed, latest.expires_at?.getTime() ?? renewed)), expiry_from };
}
