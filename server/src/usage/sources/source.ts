import { hash } from "node:crypto";
import { type Address, networkOf } from "../../core/network.ts";
import { NO_PROGRAM, OTHER_PROGRAM, programOf } from "./program.ts";

/**
 * Where a key is used from, as far as a request says: the network of its address, the program by its `User-Agent`, and what the caller calls
 * itself in `X-Keywright-Client`. `id` is the same wherever the three are, so that a name is given once for all keys of a tenant.
 */
export interface Source {
	readonly id: string;
	/** `203.0.113.0/24`, `2001:db8:1::/48`, `unknown`, or `hidden` where networks are not stored. */
	readonly network: string;
	/** A name of its own such as `order-bot`, one of `LIBRARY_FAMILIES`, `none` where nothing was sent, or `other`. */
	readonly agent: string;
	readonly client: string | null;
}

const ID_CHARACTERS = 22;
export const UNKNOWN_NETWORK = "unknown";
/** Stands for every network where the operator stores none. */
export const HIDDEN_NETWORK = "hidden";
/** The network of the source that stands for all beyond those that are kept apart. */
export const OVERFLOW_NETWORK = "other";
/** Holds nothing that separates values and lines in a flush. */
const CLIENT = /^[A-Za-z0-9][A-Za-z0-9 ._/@+-]{0,63}$/;

/** What the caller calls itself; null for nothing and for what does not look like a name of 1 to 64 plain characters. */
export function clientOf(header: string | null): string | null {
	const text = header?.trim() ?? "";
	return CLIENT.test(text) ? text : null;
}

/** The source of a request, by its parts. */
export function sourceOf(address: Address | null, user_agent: string | null, client: string | null): Source {
	return makeSource(address === null ? UNKNOWN_NETWORK : networkOf(address), programOf(user_agent), clientOf(client));
}

export function makeSource(network: string, agent: string, client: string | null): Source {
	const digest = hash("sha256", JSON.stringify([network, agent, client]), "base64url");
	return { id: `src_${digest.slice(0, ID_CHARACTERS)}`, network, agent, client };
}

/** Where nothing is known. */
export const UNKNOWN_SOURCE: Source = makeSource(UNKNOWN_NETWORK, NO_PROGRAM, null);

/** Stands for all sources of a key beyond those that are kept apart. */
export const OTHER_SOURCES: Source = makeSource(OVERFLOW_NETWORK, OTHER_PROGRAM, null);
