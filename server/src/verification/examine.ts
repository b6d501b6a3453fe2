import type { Clock } from "../core/clock.ts";
import type { Peppers } from "../core/pepper.ts";
import { Canary } from "../keys/canaries/canary.ts";
import { computeDecoy, secretMatches } from "../keys/secrets/mac.ts";
import type { Node } from "../nodes/node.ts";
import { runChecks, SITE_NEEDED } from "./checks.ts";
import { LEASE_LOST, NOT_KNOWN } from "./denial.ts";
import { type Grant, isStale } from "./grants/grant.ts";
import { isUnknown, UNKNOWN } from "./grants/unknown-names.ts";
import { malformed } from "./malformed.ts";
import { decideLater, FORMATS_NEEDED, type LoadParts, type Missing, type ReadGrant } from "./missing.ts";
import { digestRawKey, type Presented } from "./presented.ts";
import type { Decision, Question } from "./question.ts";

export interface ExamineParts extends LoadParts {
	readonly brand: string;
	readonly peppers: Peppers;
	readonly node: Node;
	readonly clock: Clock;
}

/**
 * Dry run of verification with the same CHECKS. Spends, counts and records nothing, and ignores the limit of failures per address.
 * Rejects when the data cannot be read.
 */
export async function examine(parts: ExamineParts, question: Question): Promise<Decision> {
	const decideWith = (read: ReadGrant) => examineWith(parts, question, read);
	const decision = decideWith(undefined);
	return "needs" in decision ? decideLater(parts, question, decision, { decideWith, onError: rethrow }) : decision;
}

function examineWith(parts: ExamineParts, question: Question, read: ReadGrant): Decision | Missing {
	const { raw_key } = question;
	const presented = parts.reader.read(raw_key, digestRawKey(raw_key));
	if (presented === null) {
		if (parts.reader.mayBeNew(raw_key)) return FORMATS_NEEDED;
		return { denial: malformed(parts.brand, raw_key).denial, grant: null };
	}
	const at = { now: parts.clock.now(), monotonic: parts.clock.monotonic() };
	if (!parts.node.lease.holdsAt(at)) return { denial: LEASE_LOST, grant: null };
	const known = read ?? parts.grants.get(presented.name);
	if (known === undefined || (!isUnknown(known) && isStale(known))) return { needs: "grant", grant: null, name: presented.name };
	if (known instanceof Canary && known.matches(parts.peppers, presented.environment ?? "", presented.secret))
		return { denial: NOT_KNOWN, grant: null, canary: known };
	if (known === UNKNOWN) computeDecoy(parts.peppers, presented.secret);
	if (isUnknown(known) || !matches(parts, known, presented)) return { denial: NOT_KNOWN, grant: null };
	const found = runChecks(known, question, at, question.site_id === null ? undefined : parts.grants.site(known.tenant.id, question.site_id));
	return found === SITE_NEEDED ? { needs: "site", grant: known } : { denial: found, grant: known };
}

function matches(parts: ExamineParts, grant: Grant, presented: Presented): boolean {
	const identity = { key_id: grant.key_id, kid: grant.kid, tenant_id: grant.tenant.id, environment: grant.environment };
	return secretMatches(parts.peppers, identity, presented.secret, grant) && (presented.environment ?? grant.environment) === grant.environment;
}

function rethrow(error: unknown): never {
	throw error;
}
