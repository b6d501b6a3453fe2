import { hash } from "node:crypto";
import { type Address, networkOf } from "../core/network.ts";

/**
 * Where a key is used from, as far as a request tells: the network of its address, the family of its `User-Agent`, and what the caller says of
 * itself in `X-Keywright-Client`. `id` is the same wherever the three are, so that a name is given once for all keys of a tenant.
 */
export interface Source {
	readonly id: string;
	/** `203.0.113.0/24`, `2001:db8:1::/48`, `unknown`, or `hidden` where networks are not kept. */
	readonly network: string;
	/** One of `AGENT_FAMILIES`, `none` where nothing was sent, or `other`. */
	readonly agent: string;
	readonly client: string | null;
}

const ID_CHARACTERS = 22;
/** What is looked at of a `User-Agent`. */
const AGENT_CHARACTERS_MAX = 256;
const PRODUCT_CHARACTERS_MAX = 40;
const NO_NETWORK = "unknown";
/** Stands for every network where the operator keeps none. */
export const HIDDEN_NETWORK = "hidden";
const NO_AGENT = "none";
const OTHER_AGENT = "other";
/** Holds nothing that parts values and lines in a flush. */
const CLIENT = /^[A-Za-z0-9][A-Za-z0-9 ._/@+-]{0,63}$/;

/** The product that begins a `User-Agent` (RFC 9110, 10.1.5), in lower case → the family it is told as. */
const PRODUCTS: ReadonlyMap<string, string> = new Map([
	["keywright-client", "keywright"],
	["keywright-python", "keywright"],
	["keywright", "keywright"],
	["curl", "curl"],
	["libcurl", "curl"],
	["wget", "wget"],
	["httpie", "httpie"],
	["postmanruntime", "postman"],
	["insomnia", "insomnia"],
	["bruno-runtime", "bruno"],
	["node", "node"],
	["undici", "node"],
	["node-fetch", "node"],
	["node.js", "node"],
	["axios", "axios"],
	["got", "got"],
	["superagent", "superagent"],
	["node-superagent", "superagent"],
	["deno", "deno"],
	["bun", "bun"],
	["python-requests", "python-requests"],
	["python-httpx", "python-httpx"],
	["python-urllib", "python-urllib"],
	["python-urllib3", "python-urllib"],
	["aiohttp", "aiohttp"],
	["python", "python"],
	["go-http-client", "go"],
	["go-resty", "go"],
	["java", "java"],
	["java-http-client", "java"],
	["apache-httpclient", "apache-httpclient"],
	["okhttp", "okhttp"],
	["ruby", "ruby"],
	["faraday", "ruby"],
	["guzzlehttp", "php"],
	["php", "php"],
	["symfony", "php"],
	["wordpress", "wordpress"],
	["restsharp", "dotnet"],
	[".net", "dotnet"],
	["reqwest", "rust"],
	["hyper", "rust"],
	["ureq", "rust"],
	["dart", "dart"],
	["dalvik", "android"],
	["k6", "k6"],
	["apachebench", "apachebench"],
	["zapier", "zapier"],
	["make", "make"],
	["n8n", "n8n"],
	["mozilla", "browser"],
	["opera", "browser"],
]);

/** Products that stand further in and say more than the first. */
const INSIDE: readonly (readonly [RegExp, string])[] = [
	[/powershell\//i, "powershell"],
	[/\baiohttp\//i, "aiohttp"],
	[/\bcfnetwork\//i, "apple"],
	[/\bokhttp\//i, "okhttp"],
];

/** Everything an `agent` may be: bounded, whatever callers send. */
export const AGENT_FAMILIES: readonly string[] = [
	...new Set([...PRODUCTS.values(), ...INSIDE.map(([, family]) => family), NO_AGENT, OTHER_AGENT]),
].sort();

/** The family of a `User-Agent`. */
export function agentOf(user_agent: string | null): string {
	const text = user_agent?.slice(0, AGENT_CHARACTERS_MAX).trim() ?? "";
	if (text === "") return NO_AGENT;
	for (const [pattern, family] of INSIDE) if (pattern.test(text)) return family;
	const end = text.search(/[/\s(;,]/);
	const product = (end === -1 ? text : text.slice(0, end)).slice(0, PRODUCT_CHARACTERS_MAX).toLowerCase();
	return PRODUCTS.get(product) ?? OTHER_AGENT;
}

/** What the caller calls itself; null for nothing and for what does not look like a name of 1 to 64 plain characters. */
export function clientOf(header: string | null): string | null {
	const text = header?.trim() ?? "";
	return CLIENT.test(text) ? text : null;
}

/** The source of a request, by its parts. */
export function sourceOf(address: Address | null, user_agent: string | null, client: string | null): Source {
	return makeSource(address === null ? NO_NETWORK : networkOf(address), agentOf(user_agent), clientOf(client));
}

export function makeSource(network: string, agent: string, client: string | null): Source {
	const digest = hash("sha256", JSON.stringify([network, agent, client]), "base64url");
	return { id: `src_${digest.slice(0, ID_CHARACTERS)}`, network, agent, client };
}

/** Where nothing is known. */
export const UNKNOWN_SOURCE: Source = makeSource(NO_NETWORK, NO_AGENT, null);

/** Stands for all sources of a key beyond those that are told apart. */
export const OTHER_SOURCES: Source = makeSource("other", OTHER_AGENT, null);
