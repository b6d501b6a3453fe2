import { LIBRARY_FAMILIES, NO_PROGRAM, OTHER_PROGRAM } from "./program.ts";
import { HIDDEN_NETWORK, OVERFLOW_NETWORK, type Source, UNKNOWN_NETWORK } from "./source.ts";

/** The request header by which a program says which of several it is. */
export const CLIENT_HEADER = "X-Keywright-Client";

/** Why several programs can look like one source. */
export const NOT_TOLD_APART = ["too_many_sources", "network_unknown", "network_hidden", "library", "no_program", "other_program"] as const;
export type NotToldApart = (typeof NOT_TOLD_APART)[number];

/**
 * Why a source may be several programs; null for one that is told apart: by its client instance, or by a program name of its own at a known network.
 * What is not told apart never proves that the old secret is not needed any more.
 */
export function whyNotToldApart({ network, agent, client }: Pick<Source, "network" | "agent" | "client">): NotToldApart | null {
	if (network === OVERFLOW_NETWORK) return "too_many_sources";
	if (client !== null) return null;
	if (network === UNKNOWN_NETWORK) return "network_unknown";
	if (network === HIDDEN_NETWORK) return "network_hidden";
	if (agent === NO_PROGRAM) return "no_program";
	if (agent === OTHER_PROGRAM) return "other_program";
	return LIBRARY_FAMILIES.has(agent) ? "library" : null;
}
