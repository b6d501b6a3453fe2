import type { Clock } from "../core/clock.ts";
import type { AddressFailures } from "./address-failures.ts";
import { unavailable } from "./denial.ts";
import type { Grant } from "./grants/grant.ts";
import type { Grants } from "./grants/grants.ts";
import type { Unknown } from "./grants/unknown-names.ts";
import type { Ledger } from "./limits/ledger.ts";
import { leaseAllowances } from "./limits/spend.ts";
import type { RawKeyReader } from "./presented.ts";
import type { Decision, Question } from "./question.ts";

/** Loads per decision. Leases do not count: each of them serves at least one waiting request, so it ends. */
const LOADS_MAX = 10;

/** What a decision needs and is not in memory. `grant` is set once the secret has matched. */
export type Missing =
	| { readonly needs: "formats"; readonly grant: null }
	| { readonly needs: "grant"; readonly grant: null; readonly name: string }
	| { readonly needs: "site" | "first_use" | "lease"; readonly grant: Grant };

/** The grant that was read for this decision; undefined when nothing was. Grants of imported keys cannot be found by name. */
export type ReadGrant = Grant | Unknown | undefined;

export const FORMATS_NEEDED: Missing = { needs: "formats", grant: null };

export interface LoadParts {
	readonly reader: RawKeyReader;
	readonly grants: Grants;
	readonly failures: AddressFailures;
	readonly ledger: Ledger;
	readonly clock: Clock;
}

export interface Deciding {
	decideWith(read: ReadGrant): Decision | Missing;
	/** The decision when the data cannot be read. */
	onError(error: unknown, grant: Grant | null): Decision;
}

/** Loads what is missing and decides again from the start, until nothing is. */
export async function decideLater(parts: LoadParts, question: Question, first: Missing, deciding: Deciding): Promise<Decision> {
	let missing = first;
	for (let loads = 0; loads < LOADS_MAX; loads += missing.needs === "lease" ? 0 : 1) {
		try {
			const decision = deciding.decideWith(await load(parts, question, missing));
			if (!("needs" in decision)) return decision;
			missing = decision;
		} catch (error) {
			return deciding.onError(error, missing.grant);
		}
	}
	return { denial: unavailable("The key is being changed at this moment. Try again shortly.", { retry_after_seconds: 1 }), grant: null };
}

async function load({ reader, grants, failures, ledger, clock }: LoadParts, question: Question, missing: Missing): Promise<ReadGrant> {
	switch (missing.needs) {
		case "formats":
			await reader.catchUp();
			return undefined;
		case "grant":
			return grants.fill(missing.name, failures.laneOf(question.address));
		case "site":
			await grants.fillSite(missing.grant.tenant.id, question.site_id ?? "");
			return undefined;
		case "first_use":
			// Committed before the response. A secret that has ended in the meantime is read again.
			if (!(await grants.firstUses.record(missing.grant))) missing.grant.stale = true;
			return undefined;
		case "lease":
			await leaseAllowances(missing.grant, question, ledger, clock.now());
			return undefined;
	}
}
