import type { Clock } from "../core/clock.ts";
import type { Peppers } from "../core/pepper.ts";
import { explainMistake } from "../keys/secrets/format.ts";
import { secretMatches } from "../keys/secrets/mac.ts";
import type { Node } from "../nodes/node.ts";
import { runChecks, SITE_NEEDED } from "./checks.ts";
import { deny, LEASE_LOST, NOT_KNOWN } from "./denial.ts";
import { type Grant, isStale } from "./grants/grant.ts";
import { type Grants, UNKNOWN } from "./grants/grants.ts";
import { digestOf, type Presented, type RawKeyReader } from "./presented.ts";
import type { Decision, Question } from "./question.ts";

const ROUNDS_MAX = 10;

export interface ExamineParts {
	readonly brand: string;
	readonly peppers: Peppers;
	readonly node: Node;
	readonly clock: Clock;
	readonly grants: Grants;
	readonly reader: RawKeyReader;
}

function matches(parts: ExamineParts, grant: Grant, presented: Presented): boolean {
	const identity = { key_id: grant.key_id, kid: grant.kid, tenant_id: grant.tenant.id, environment: grant.environment };
	return secretMatches(parts.peppers, identity, presented.secret, grant) && (presented.environment ?? grant.environment) === grant.environment;
}

/**
 * Dry run of verification with the same CHECKS, for testers. Spends, counts and records nothing, and ignores the limit of failures per
 * address. Rejects when the data cannot be read.
 */
export async function examine(parts: ExamineParts, question: Question): Promise<Decision> {
	const { raw_key } = question;
	if (parts.reader.mayBeNew(raw_key)) await parts.reader.catchUp();
	const digest = digestOf(raw_key);
	const presented = parts.reader.read(raw_key, digest);
	if (presented === null) return { denial: deny("key_invalid", explainMistake(parts.brand, raw_key).detail), grant: null };
	for (let round = 0; round < ROUNDS_MAX; round += 1) {
		const known = parts.grants.get(presented.name) ?? (await parts.grants.fill(presented.name, "normal"));
		if (known !== UNKNOWN && isStale(known)) continue;
		const at = { now: parts.clock.now(), monotonic: parts.clock.monotonic() };
		if (!parts.node.lease.holdsAt(at)) return { denial: LEASE_LOST, grant: null };
		if (known === UNKNOWN || !matches(parts, known, presented)) return { denial: NOT_KNOWN, grant: null };
		const found = runChecks(known, question, at, question.site_id === null ? undefined : parts.grants.site(known.tenant.id, question.site_id));
		if (found !== SITE_NEEDED) return { denial: found, grant: known };
		await parts.grants.fillSite(known.tenant.id, question.site_id ?? "");
	}
	return { denial: deny("unavailable", "The key is being changed at this moment. Try again shortly.", { retry_after_seconds: 1 }), grant: null };
}
