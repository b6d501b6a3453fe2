import type { InputError } from "../core/error.ts";
import type { Key } from "../keys/key.ts";
import { expiryOf } from "../keys/lifetime.ts";
import type { Plan } from "../plans/plan.ts";

/**
 * Until when a key works once its secret is replaced: the date wanted, or else as long from `now` on as the key was given when its date was last set
 * (`dated_at`), at most what the plan allows. A key without an end gets one only where the plan asks for it.
 */
export function expiryAfterRotation(
	key: Pick<Key, "expires_at">,
	question: { wanted: string | null | undefined; dated_at: Date; plan: Plan; now: number },
): { expires_at: Date | null } | InputError {
	const { wanted, dated_at, plan, now } = question;
	if (wanted !== undefined) return expiryOf(wanted, plan, now);
	const latest = expiryOf(undefined, plan, now);
	if (key.expires_at === null || "pointer" in latest) return latest;
	const renewed = now + (key.expires_at.getTime() - dated_at.getTime());
	return { expires_at: new Date(Math.min(renewed, latest.expires_at?.getTime() ?? renewed)) };
}
