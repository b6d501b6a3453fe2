import type { Source } from "../usage/sources/source.ts";
import type { Facts } from "./checks.ts";
import type { Denial } from "./denial.ts";
import type { Grant } from "./grants/grant.ts";
import type { LimitState, Price } from "./limits/spend.ts";

/** What is asked about one raw key. */
export interface Question extends Facts, Price {
	readonly raw_key: string;
	/** What the usage is counted under: a route, or what a service says it is about to do. */
	readonly operation: string;
	readonly source: Source;
}

/** The decision: allowed when `denial` is null. `grant` is set once the secret has matched, also when something else stands against it. */
export interface Decision {
	readonly denial: Denial | null;
	readonly grant: Grant | null;
	/** Of a decision that came late: what it left of the grant's limits. Others are made before it is answered, and take of them too. */
	readonly left?: readonly LimitState[];
}
