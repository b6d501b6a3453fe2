import type { ErrorCode } from "../core/error.ts";
import type { Source } from "../usage/sources/source.ts";

/** The checks of a key whose secret was right, in the order in which `verification/checks.ts` runs them. */
export const PROVEN_CHECK_NAMES = [
	...(["not_revoked", "not_replaced", "not_expired", "not_paused", "tenant_active", "address_allowed", "client_allowed"] as const),
	...(["refusals_budget", "tenant_matches", "site_visible", "environment_matches", "capability_included", "permission_held"] as const),
];
export type ProvenCheckName = (typeof PROVEN_CHECK_NAMES)[number];

/** The step of verification that refused a request, in the order in which they run. */
export const CHECK_NAMES = [
	...(["available", "key_present", "key_shape", "key_known", "address_failures"] as const),
	...PROVEN_CHECK_NAMES,
	...(["rate_limit", "quota", "budget"] as const),
];

export type CheckName = (typeof CHECK_NAMES)[number];

/** They concern the server and the address, not the request, and are reached only by refusing. */
const ONLY_REFUSING: ReadonlySet<CheckName> = new Set(["available", "address_failures"]);
/** An address is over its limit because keys were wrong; which of these two checks refused them is not stored. */
const WRONG_KEY: ReadonlySet<CheckName> = new Set(["key_shape", "key_known"]);

export const OUTCOMES = ["passed", "refused", "not_reached"] as const;

export interface CheckOutcome {
	readonly check: CheckName;
	readonly outcome: (typeof OUTCOMES)[number];
}

/** How far a request came that `refusing` refused: the checks in their order. */
export function getOutcomes(refusing: CheckName): CheckOutcome[] {
	const at = CHECK_NAMES.indexOf(refusing);
	const listed = CHECK_NAMES.filter((check) => check === refusing || !ONLY_REFUSING.has(check));
	const known = refusing === "address_failures" ? listed.filter((check) => !WRONG_KEY.has(check)) : listed;
	return known.map((check) => {
		const place = CHECK_NAMES.indexOf(check);
		return { check, outcome: place < at ? "passed" : place === at ? "refused" : "not_reached" };
	});
}

/** What a check knew: never the raw key, a path, or an id that the caller made up. */
export type FactValue = string | number | boolean | null | readonly string[];
export type Facts = Readonly<Record<string, FactValue>>;

/** A refused request. */
export interface Refusal {
	readonly request_id: string;
	/** Unix time in milliseconds. */
	readonly at_ms: number;
	readonly code: ErrorCode;
	readonly check: CheckName;
	readonly operation: string;
	readonly source: Source;
	/** Null where addresses are not stored, or the request has none. */
	readonly address: string | null;
	/** The public id in the key that was sent; null if it has none. */
	readonly kid: string | null;
	/** Whether the whole secret was right. */
	readonly proven: boolean;
	readonly facts: Facts;
	/** What the caller received. */
	readonly detail: string;
}
