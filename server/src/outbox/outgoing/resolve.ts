import { Resolver } from "node:dns/promises";
import { type Address, type AllowList, parseAddress } from "../../core/network.ts";
import { isPublicAddress } from "./address.ts";
import type { Target } from "./target.ts";

const QUERY_TIMEOUT_MS = 2_000;
const QUERY_TRIES = 2;
/** Bounds what a name server can make this server check. */
const ADDRESSES_MAX = 32;
const LOCALHOST: readonly string[] = ["127.0.0.1", "::1"];

/** Looks a host name up: every address of it, none if there is none. */
export type Lookup = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

/**
 * Asks the name servers of this machine, or `servers`. Not by getaddrinfo, whose four threads a slow name server could occupy: names are
 * absolute, and of /etc/hosts only `localhost` is known.
 */
export function dnsLookup(servers?: readonly string[]): Lookup {
	return async (host, signal) => {
		if (host === "localhost") return LOCALHOST;
		const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES });
		if (servers !== undefined) resolver.setServers(servers);
		const cancel = () => resolver.cancel();
		signal.addEventListener("abort", cancel, { once: true });
		try {
			const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
			return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : [])).slice(0, ADDRESSES_MAX);
		} finally {
			signal.removeEventListener("abort", cancel);
		}
	};
}

/** Whether a call may go to this address: plain HTTP only to what the operator has listed, HTTPS also to every public address. */
export function mayReach(address: Address, target: Pick<Target, "secure">, allowed: AllowList | null): boolean {
	return allowed?.has(address) === true || (target.secure && isPublicAddress(address));
}

/** What is wrong with the host of a target, before its name is resolved; null for nothing. */
export function hostFault(target: Target, allowed: AllowList | null): string | null {
	const known = target.literal ? [target.literal] : target.host === "localhost" ? getAddresses(LOCALHOST) : null;
	if (known === null) return target.secure || allowed !== null ? null : HTTPS_NEEDED;
	if (known.some((address) => mayReach(address, target, allowed))) return null;
	return target.secure || !known.some(isPublicAddress) ? "has a private or reserved address; use a public host" : HTTPS_NEEDED;
}

const HTTPS_NEEDED = "must begin with https://";

function getAddresses(texts: readonly string[]): Address[] {
	return texts.flatMap((text) => parseAddress(text) ?? []);
}

/** The addresses of the target that a call may use; empty if there are none. A name that also has others is called at these only. */
export async function resolveTarget(target: Target, lookup: Lookup, allowed: AllowList | null, signal: AbortSignal): Promise<readonly Address[]> {
	const found = target.literal ? [target.literal] : getAddresses(await lookup(target.host, signal));
	return found.filter((address) => mayReach(address, target, allowed));
}
