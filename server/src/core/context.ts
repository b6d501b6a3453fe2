import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/** Who does something; written into every audit entry as it stands here. */
export type Actor =
	/** Without an id: by the operator token. With one: a person who runs the instance, signed in. */
	| { kind: "operator"; name: string }
	| { kind: "operator"; id: string; name: string; email: string }
	| { kind: "member"; id: string; name: string; email: string | null }
	| { kind: "portal"; id: string; name: string; email: string | null }
	| { kind: "service"; id: string; name: string }
	| { kind: "key"; id: string; name: string }
	| { kind: "system"; name: string };

/** Whose rows a transaction may touch: one tenant's, or all of them (`ALL_TENANTS`, for the operator and the system). */
export const ALL_TENANTS = "*";

/**
 * What every action gets first. Rooms widen it with what they need (`DatabaseContext`, `ChangeContext`, …);
 * `app.ts` makes one object that satisfies them all, so that an action states its needs in its own signature.
 */
export interface Context {
	readonly actor: Actor;
	/** A tenant id, or `ALL_TENANTS`: what row-level security lets through. */
	readonly scope: string;
	readonly request_id: string;
	readonly idempotency_key: string | null;
	readonly clock: Clock;
	readonly log: Log;
}
