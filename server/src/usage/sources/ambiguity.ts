import { LIBRARY_FAMILIES, NO_PROGRAM, OTHER_PROGRAM } from "./program.ts";
import { HIDDEN_NETWORK, OVERFLOW_NETWORK, type Source, UNKNOWN_NETWORK } from "./source.ts";

/** The request header that names the client instance. */
export const CLIENT_HEADER = "X-Keywright-Client";

/** Reasons why one source may be several programs. */
export const AMBIGUITIES = ["too_many_sources", "network_unknown", "network_hidden", "library", "no_program", "other_program"] as const;
export type Ambiguity = (typeof AMBIGUITIES)[number];

/**
 * Why a source may be several programs; null when it has a client instance, or its own program name and a known network. Silence of an
 * ambiguous source never proves that the old secret is unused.
 */
export function findAmbiguity({ network, agent, client }: Pick<Source, "network" | "agent" | "client">): Ambiguity | null {
	if (network === OVERFLOW_NETWORK) return "too_many_sources";
	if (client !== null) return null;
	if (network === UNKNOWN_NETWORK) return "network_unknown";
	if (network === HIDDEN_NETWORK) return "network_hidden";
	if (agent === NO_PROGRAM) return "no_program";
	if (agent === OTHER_PROGRAM) return "other_program";
	return LIBRARY_FAMILIES.has(agent) ? "library" : null;
}
