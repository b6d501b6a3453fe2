import { hash } from "node:crypto";
import { type Address, getNetwork } from "../../core/network.ts";
import { DAY_MS } from "../../core/time.ts";
import { NO_PROGRAM, OTHER_PROGRAM, parseProgram } from "./program.ts";

/** A source is deleted, and no longer counts as using a secret, this long after it was last seen. */
export const EVIDENCE_KEPT_MS = 90 * DAY_MS;

/**
 * Where a request comes from: the network of its address, the program in its `User-Agent`, and the client name in `X-Keywright-Client`.
 * `id` is a digest of the three, so that one name applies to all keys of a tenant.
 */
export interface Source {
	readonly id: string;
	/** `203.0.113.0/24`, `2001:db8:1::/48`, `unknown`, or `hidden` where networks are not stored. */
	readonly network: string;
	/** A program name such as `order-bot`, one of `LIBRARY_FAMILIES`, `none` without a `User-Agent`, or `other`. */
	readonly agent: string;
	readonly client: string | null;
}

const ID_CHARACTERS = 22;
export const UNKNOWN_NETWORK = "unknown";
/** Replaces every network when the operator stores none. */
export const HIDDEN_NETWORK = "hidden";
/** The network of OTHER_SOURCES. */
export const OVERFLOW_NETWORK = "other";
/** Excludes the separators of values and lines in a flush. */
const CLIENT = /^[A-Za-z0-9][A-Za-z0-9 ._/@+-]{0,63}$/;

/** The client name of the header; null unless it has 1 to 64 characters of `CLIENT`. */
export function parseClient(header: string | null): string | null {
	const text = header?.trim() ?? "";
	return CLIENT.test(text) ? text : null;
}

/** The source of a request with this address and these headers. */
export function getSource(address: Address | null, user_agent: string | null, client: string | null): Source {
	return makeSource(address === null ? UNKNOWN_NETWORK : getNetwork(address), parseProgram(user_agent), parseClient(client));
}

export function makeSource(network: string, agent: string, client: string | null): Source {
	const digest = hash("sha256", JSON.stringify([network, agent, client]), "base64url");
	return { id: `src_${digest.slice(0, ID_CHARACTERS)}`, network, agent, client };
}

/** The source of a request without address and headers. */
export const UNKNOWN_SOURCE: Source = makeSource(UNKNOWN_NETWORK, NO_PROGRAM, null);

/** Combines all sources of a key beyond the limit. */
export const OTHER_SOURCES: Source = makeSource(OVERFLOW_NETWORK, OTHER_PROGRAM, null);
