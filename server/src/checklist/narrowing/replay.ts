import type { AllowList } from "../../core/network.ts";
import { type CheckedGrant, type Facts, type Instant, REFUSALS_PER_MINUTE, runChecks, SITE_NEEDED } from "../../verification/checks.ts";
import type { Denial } from "../../verification/denial.ts";
import type { CountedOperation, OperationNeeds } from "../facts.ts";

/** What a narrower key could do; what is missing stays as it is. */
export interface Narrowing {
	readonly permissions?: readonly string[];
	/** Null: every site. */
	readonly site_ids?: readonly string[] | null;
	/** Null: any address. */
	readonly allowed_ips?: AllowList | null;
	/** Of the plan. */
	readonly capabilities?: readonly string[];
}

/** The key as it is. */
export interface ReplayedKey {
	readonly name: string;
	readonly environment: string;
	readonly permissions: readonly string[];
	readonly site_ids: readonly string[] | null;
	readonly allowed_ips: AllowList | null;
	readonly plan: { readonly name: string; readonly capabilities: readonly string[] };
	/** Permission → its capability. */
	readonly catalogue: ReadonlyMap<string, string>;
}

/** Requests of one day that did the same from one source. */
export interface ReplayedRequests extends CountedOperation {
	/** UTC, such as `2026-11-30`. */
	readonly day: string;
	/** Empty for none. */
	readonly site_id: string;
	readonly source_id: string;
	readonly network: string;
	readonly code: string;
	/** Requests beyond the rows of their day, of which neither site, operation nor source is known. */
	readonly overflowed: boolean;
	readonly requests: number;
}

/** Allowed requests that the narrower key would have refused. */
export interface Refused {
	readonly row: ReplayedRequests;
	/** Null where it is not known. */
	readonly code: string | null;
	/** Whether each of them would have been, and not only some or none. */
	readonly certain: boolean;
}

export interface Replay {
	/** That were allowed. */
	readonly requests: number;
	/** At least, and at most: equal where `exact`. */
	readonly would_refuse: number;
	readonly would_refuse_at_most: number;
	readonly exact: boolean;
	/** Allowed requests of which it is not known what they did, if the key would be narrower at all. */
	readonly overflowed: number;
	/** Further requests, at most, that its limit of refusals in a minute could have refused. */
	readonly then_limited_at_most: number;
	readonly refused: readonly Refused[];
}

/** Codes that count towards a key's limit of refusals in a minute, after which it refuses everything. */
const BUDGETED = new Set(["not_found", "environment_mismatch", "capability_not_in_plan", "permission_missing"]);
const MOMENT: Instant = { now: 0, monotonic: 0 };
const NONE: readonly never[] = [];

/**
 * Asks the checks of the decision again, with the key as it is and as it would be. Requests that the key as it is would refuse as well, because it was
 * narrowed since, are not counted. Exact, except for addresses inside of a network, operations that do not say everything that they need, and requests
 * that are counted together.
 */
export function replayRequests(
	key: ReplayedKey,
	narrowing: Narrowing,
	rows: readonly ReplayedRequests[],
	needsOf: (use: CountedOperation) => OperationNeeds | null,
): Replay {
	const before = toGrant(key, {});
	const after = toGrant(key, narrowing);
	const refused: Refused[] = [];
	const narrower = isNarrower(before, after);
	const limited = new RefusalsByDay();
	let requests = 0;
	let overflowed = 0;
	for (const row of rows) {
		if (row.code !== "allowed") {
			if (BUDGETED.has(row.code)) limited.add(row.day, row.requests, 0);
			continue;
		}
		requests += row.requests;
		if (!narrower) continue;
		if (row.overflowed) overflowed += row.requests;
		const outcome = row.overflowed ? { code: null, certain: false } : decide(before, after, row, needsOf(row));
		if (outcome === null) continue;
		refused.push({ row, ...outcome });
		if (outcome.code !== "ip_not_allowed") limited.add(row.day, row.requests, row.requests);
	}
	const would_refuse = sum(refused.filter(({ certain }) => certain));
	const would_refuse_at_most = sum(refused);
	const counted = new Set(refused.map(({ row }) => row));
	const then_limited = rows.filter((row) => row.code === "allowed" && !counted.has(row) && limited.mayExceed(row.day));
	return {
		...{ requests, would_refuse, would_refuse_at_most, exact: would_refuse === would_refuse_at_most, overflowed, refused },
		then_limited_at_most: sum(then_limited.map((row) => ({ row }))),
	};
}

const sum = (all: readonly { readonly row: ReplayedRequests }[]): number => all.reduce((total, { row }) => total + row.requests, 0);

function decide(
	before: CheckedGrant,
	after: CheckedGrant,
	row: ReplayedRequests,
	needs: OperationNeeds | null,
): { code: string | null; certain: boolean } | null {
	const facts = toFacts(row, needs);
	if (denialOf(before, facts) !== null) return null;
	// Addresses are asked about by network, and first, as in the order of the checks.
	if (coverage(before, row) === "none") return null;
	const reached = coverage(after, row);
	if (reached === "none") return { code: "ip_not_allowed", certain: true };
	const denial = denialOf(after, facts);
	if (denial !== null) return { code: denial.code, certain: true };
	if (reached === "some" && after.allowed_ips !== before.allowed_ips) return { code: "ip_not_allowed", certain: false };
	return (needs === null || needs.more) && mayDoLess(before, after) ? { code: null, certain: false } : null;
}

function coverage({ allowed_ips }: CheckedGrant, { network }: ReplayedRequests): "all" | "some" | "none" {
	return allowed_ips === null ? "all" : allowed_ips.coverageOf(network);
}

/** Whether the narrower key lacks a permission or a capability that a request may have needed. */
function mayDoLess(before: CheckedGrant, after: CheckedGrant): boolean {
	return !includes(after.usable, before.usable) || !includes(after.tenant.plan.capabilities, before.tenant.plan.capabilities);
}

function isNarrower(before: CheckedGrant, after: CheckedGrant): boolean {
	const fewer_sites = after.site_ids !== null && (before.site_ids === null || !includes(after.site_ids, before.site_ids));
	return fewer_sites || mayDoLess(before, after) || (after.allowed_ips !== null && after.allowed_ips !== before.allowed_ips);
}

function includes(all: ReadonlySet<string>, some: ReadonlySet<string>): boolean {
	for (const one of some) if (!all.has(one)) return false;
	return true;
}

function denialOf(grant: CheckedGrant, { needed, ...facts }: Asked): Denial | null {
	for (const capability of needed.length === 0 ? [null] : needed) {
		// The site existed and was of the key's environment, or the request would not have been allowed.
		const found = runChecks({ ...grant, allowed_ips: null }, { ...facts, capability }, MOMENT, { environment: grant.environment });
		if (found !== null && found !== SITE_NEEDED) return found;
	}
	return null;
}

/** A request without its address, and the capabilities that it needed. */
interface Asked extends Omit<Facts, "capability"> {
	readonly needed: readonly string[];
}

function toFacts({ site_id }: ReplayedRequests, needs: OperationNeeds | null): Asked {
	return {
		address: null,
		client: "server",
		tenant_id: null,
		site_id: site_id === "" ? null : site_id,
		permissions: needs?.permissions ?? NONE,
		needed: needs?.capabilities ?? NONE,
	};
}

function toGrant(key: ReplayedKey, narrowing: Narrowing): CheckedGrant {
	const { permissions = key.permissions, site_ids = key.site_ids, allowed_ips = key.allowed_ips } = narrowing;
	const capabilities = new Set(narrowing.capabilities ?? key.plan.capabilities);
	const usable = permissions.filter((permission) => capabilities.has(key.catalogue.get(permission) ?? ""));
	return {
		key_name: key.name,
		environment: key.environment,
		permissions: new Set(permissions),
		usable: new Set(usable),
		site_ids: site_ids === null ? null : new Set(site_ids),
		allowed_ips,
		tenant: { id: "", name: "", suspended: false, plan: { name: key.plan.name, capabilities, catalogue: key.catalogue } },
		...{ blocks_clients: false, strict_clients: false, revoked: false, retired: false, retires_at_ms: null, paused: false },
		...{ expires_at_ms: null, expires_at: null, refusals: null },
	};
}

/** Refusals by day, which are all that is known about how many there were in a minute. */
class RefusalsByDay {
	readonly #all = new Map<string, number>();
	readonly #added = new Map<string, number>();

	add(day: string, requests: number, added: number): void {
		this.#all.set(day, (this.#all.get(day) ?? 0) + requests);
		this.#added.set(day, (this.#added.get(day) ?? 0) + added);
	}

	/** Whether the refusals that were added may have been too many in a minute of this day, which may have begun on the day before. */
	mayExceed(day: string): boolean {
		const days = [day, dayBefore(day)];
		const of = (counts: ReadonlyMap<string, number>) => days.reduce((total, one) => total + (counts.get(one) ?? 0), 0);
		return of(this.#added) > 0 && of(this.#all) > REFUSALS_PER_MINUTE;
	}
}

function dayBefore(day: string): string {
	const date = new Date(`${day}T00:00:00Z`);
	date.setUTCDate(date.getUTCDate() - 1);
	return date.toISOString().slice(0, 10);
}
