import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/** The actor of a change; stored in every audit entry in this form. */
export type Actor =
	/** Without an id: by the operator token. With one: a person who runs the instance, signed in. */
	| { kind: "operator"; name: string }
	| { kind: "operator"; id: string; name: string; email: string }
	| { kind: "member"; id: string; name: string; email: string | null }
	| { kind: "portal"; id: string; name: string; email: string | null }
	| { kind: "service"; id: string; name: string }
	| { kind: "key"; id: string; name: string }
	| { kind: "system"; name: string };

/** The rows visible to a transaction: one tenant's, or all (`ALL_TENANTS`, for the operator and the system). */
export const ALL_TENANTS = "*";

/**
 * The first parameter of every action. Modules extend it with what they need (`DatabaseContext`, `ChangeContext`, …);
 * `app.ts` creates one object that satisfies all of them, so an action declares its dependencies in its signature.
 */
export interface Context {
	readonly actor: Actor;
	/** A tenant id, or `ALL_TENANTS`: the scope of row-level security. */
	readonly scope: string;
	readonly request_id: string;
	readonly idempotency_key: string | null;
	readonly clock: Clock;
	readonly log: Log;
}
