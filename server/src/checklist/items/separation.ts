import { findAmbiguity } from "../../usage/sources/ambiguity.ts";
import { HIDDEN_NETWORK, OVERFLOW_NETWORK, UNKNOWN_NETWORK } from "../../usage/sources/source.ts";
import type { KeyFacts, SourceFacts, TenantFacts } from "../facts.ts";
import { type Finding, met, notMet, unknown } from "../item.ts";
import { lastSeen } from "./traffic.ts";

const NAMES_MAX = 5;
/** Networks that are no place: sources there share nothing. */
const NO_PLACE: ReadonlySet<string> = new Set([UNKNOWN_NETWORK, HIDDEN_NETWORK, OVERFLOW_NETWORK]);

/** For production keys: whether a program uses one beside a key of another environment, and whether sites keep keys of others out. */
export function assessEnvironments(key: KeyFacts, tenant: TenantFacts): Finding {
	const seen = lastSeen(key);
	if (key.sources.length === 0) return unknown("quiet", seen);
	const mixed = key.sources.find((source) => findAmbiguity(source) === null && tenant.neighbours.atSource(source.source_id) !== null);
	if (mixed !== undefined) return notMet("same_program", mixed.last_seen_at, { facts: sharedFacts(tenant, mixed) });
	const shared = key.sources.find(({ network }) => !NO_PLACE.has(network) && tenant.neighbours.atNetwork(network) !== null);
	if (shared !== undefined) return unknown("same_network", shared.last_seen_at, { facts: sharedFacts(tenant, shared), weight: 1 });
	if (key.sources.some(({ network }) => NO_PLACE.has(network))) return unknown("networks_unknown", seen);
	const unbound = tenant.sites.filter(({ id, environment }) => environment === null && (key.site_ids?.includes(id) ?? true));
	const [site] = unbound;
	if (site !== undefined) return unknown("sites_unbound", seen, { facts: { site: site.name, sites: unbound.length } });
	return tenant.neighbours.others_used ? met("separate", seen) : unknown("one_environment", seen);
}

function sharedFacts({ neighbours }: TenantFacts, { source_id, network, agent, client }: SourceFacts) {
	const other = neighbours.atSource(source_id) ?? neighbours.atNetwork(network);
	return {
		program: client ?? agent,
		network,
		other_key_id: other?.key_id ?? null,
		other: other?.name ?? null,
		other_environment: other?.environment ?? null,
	};
}

/** The word that programs of one integration share: `order` for `order-bot` and `order-worker-2`. */
function familyOf(program: string): string {
	return (
		program
			.toLowerCase()
			.split(/[^a-z]+/)
			.find((word) => word !== "") ?? program
	);
}

/** Whether one key serves several programs that have nothing to do with each other, as far as their names say. */
export function assessIntegrations(key: KeyFacts): Finding {
	const seen = lastSeen(key);
	if (key.sources.length === 0) return unknown("quiet", seen);
	const known = key.sources.filter((source) => findAmbiguity(source) === null);
	const programs = Map.groupBy(known.map(nameOf), familyOf);
	const names = [...programs.values()].flatMap(([first]) => (first === undefined ? [] : [first]));
	if (names.length > 1) {
		return notMet("several_programs", seen, { facts: { programs: names.slice(0, NAMES_MAX), count: names.length }, weight: names.length });
	}
	const vague = key.sources.length - known.length;
	if (vague > 0)
		return unknown("not_told_apart", seen, { facts: { sources: vague, program: key.sources.find(isVague)?.agent ?? null }, weight: vague });
	return met("one_program", seen, { facts: { program: names[0] ?? null } });
}

const isVague = (source: SourceFacts): boolean => findAmbiguity(source) !== null;

/** The program's own name; of a library, what the client calls itself. */
function nameOf(source: SourceFacts): string {
	return findAmbiguity({ ...source, client: null }) === null ? source.agent : (source.client ?? source.agent);
}
