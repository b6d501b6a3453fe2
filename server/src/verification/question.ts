import type { Canary } from "../keys/canaries/canary.ts";
import type { Source } from "../usage/sources/source.ts";
import type { Facts } from "./checks.ts";
import type { Denial } from "./denial.ts";
import type { Grant } from "./grants/grant.ts";
import type { LimitState } from "./limits/headers.ts";
import type { Price } from "./limits/spend.ts";

/** A raw key and the request to authorize with it. */
export interface Question extends Facts, Price {
	readonly raw_key: string;
	/** Under which a refusal is kept; null for questions that are no request, whose refusals are not. */
	readonly request_id: string | null;
	/** The operation that usage is counted under: a route, or the operation of a verify request. */
	readonly operation: string;
	readonly source: Source;
	/** The caller spoke plain HTTP to a trusted proxy, so that the key could be read on its way. */
	readonly plain_http: boolean;
}

/** Allowed when `denial` is null. `grant` is set once the secret has matched, even when the request is denied. */
export interface Decision {
	readonly denial: Denial | null;
	readonly grant: Grant | null;
	/** Of a dry run that denied a canary key as unknown: that key, for those that report it. */
	readonly canary?: Canary;
	/** The grant's limits and allowances after an asynchronous decision; later decisions may spend before this one is answered. */
	readonly left?: readonly LimitState[];
}
