/** Attacks on a proxy with Keywright, as one table for every proxy. */

import { IDENTITY } from "./arrival.ts";
import { type Attack, ITEMS, ORDERS } from "./attack.ts";
import { METHODS, PATHS, SMUGGLING } from "./attacks-on-paths.ts";

const FLOOD_LINES = 300;
const LARGE_FLOOD_LINES = 2_000;

function flood(count: number, name: (index: number) => string): string[] {
	return Array.from({ length: count }, (_, index) => `${name(index)}: ${index}`);
}

/** Header names that some upstream reads as `X-Keywright-Tenant`: in any case, and those that CGI, WSGI and PHP map to the same name. */
const SPELLINGS = [
	"X-Keywright-Tenant",
	"x-keywright-tenant",
	"X-KEYWRIGHT-TENANT",
	"X_Keywright_Tenant",
	"X-Keywright_Tenant",
	"X_Keywright-Tenant",
	"x_keywright_tenant",
	"X.Keywright.Tenant",
	"X-Keywright.Tenant",
];

const SPOOFED: readonly Attack[] = [
	...SPELLINGS.map((name): Attack => ({ name: `another tenant named in ${name}`, target: ORDERS, lines: [`${name}: other`], outcome: "admitted" })),
	{
		name: "every identity header spoofed at once, in two spellings, twice",
		target: ORDERS,
		lines: ["Tenant", "Key-Id", "Key-Name", "Environment", "Permissions", "Site"].flatMap((word) => [
			`X-Keywright-${word}: evil`,
			`X_Keywright_${word.replaceAll("-", "_")}: evil`,
			`X-Keywright-${word}: evil again`,
		]),
		outcome: "admitted",
	},
	{ name: "identity without a key", target: ORDERS, lines: ["X-Keywright-Tenant: acme", "X-Keywright-Key-Id: key_x"], key: null, outcome: "refused" },
	{
		name: "Connection names the identity, so that the next hop drops it",
		target: ORDERS,
		lines: ["Connection: close, X-Keywright-Tenant, X-Keywright-Key-Id, X-Keywright-Permissions"],
		outcome: "admitted",
	},
	{
		name: "Connection names the headers of the forward-auth request",
		target: "/tenants/other/orders",
		lines: ["Connection: close, X-Forwarded-Uri, X-Forwarded-Method", `X-Forwarded-Uri: ${ORDERS}`],
		outcome: "refused",
		refusal: [404, "not_found"],
	},
];

/** Connection headers that make the next hop drop the header `name`: several lines, any case, any position in a list. */
function hopByHop(name: string): readonly (readonly [string, readonly string[]])[] {
	return [
		["in a second Connection line", ["Connection: close", `Connection: ${name}`]],
		["in the last of many Connection lines", [...Array.from({ length: 9 }, () => "Connection: close"), `Connection: ${name}`]],
		["in the first of two Connection lines", [`Connection: ${name}`, "Connection: close"]],
		["in small letters", ["connection: close", `CONNECTION: ${name.toLowerCase()}`]],
		["in capitals, between tabs", [`Connection: close,\t${name.toUpperCase()}\t, keep-alive`]],
		["behind empty elements", [`Connection: ,, ,close,,${name},`]],
		["beside an upgrade", ["Connection: close, Upgrade", `Connection: upgrade, ${name}`, "Upgrade: example/1"]],
		["in Keep-Alive, Proxy-Connection and TE", ["Keep-Alive", "Proxy-Connection", "TE"].map((other) => `${other}: ${name}`)],
		["in Proxy-Connection that Connection names", [`Proxy-Connection: keep-alive, ${name}`, "Connection: close, Proxy-Connection"]],
	];
}

const HOP_BY_HOP: readonly Attack[] = IDENTITY.flatMap((name) =>
	hopByHop(name).map(([how, lines]): Attack => ({ name: `${name} named ${how}`, target: ITEMS, lines, outcome: "admitted" })),
);

const CREDENTIALS: readonly Attack[] = [
	{ name: "no key", target: ORDERS, key: null, outcome: "refused", refusal: [401, "key_missing"] },
	{ name: "a blank key", target: ORDERS, key: null, lines: ["X-API-Key: "], outcome: "refused", refusal: [401, "key_missing"] },
	{ name: "a wrong key", target: ORDERS, key: null, lines: ["X-API-Key: kw_prod_wrong"], outcome: "refused", refusal: [401, "key_invalid"] },
	{ name: "two keys", target: ORDERS, lines: ["X-API-Key: kw_prod_second"], outcome: "refused", refusal: [400, "multiple_credentials"] },
	{
		name: "a key and a bearer token",
		target: ORDERS,
		lines: ["Authorization: Bearer x"],
		outcome: "refused",
		refusal: [400, "multiple_credentials"],
	},
	{ name: "the key in the query", target: `${ORDERS}?x_api_key=KEY`, key: null, outcome: "refused", refusal: [401, "key_missing"] },
	{ name: "the key in a cookie", target: ORDERS, key: null, lines: ["Cookie: x-api-key=KEY"], outcome: "refused", refusal: [401, "key_missing"] },
	{
		name: "the key under a name that CGI maps to X-API-Key",
		target: ORDERS,
		key: null,
		lines: ["X_API_Key: KEY"],
		outcome: "refused",
		refusal: [401, "key_missing"],
	},
	{ name: "a key of another tenant", target: ORDERS, key: "stranger", outcome: "refused", refusal: [404, "not_found"] },
	{ name: "a permission that the key lacks", method: "POST", target: ORDERS, outcome: "refused", refusal: [403, "permission_missing"] },
];

const FORWARDED: readonly Attack[] = [
	{
		name: "another path in X-Forwarded-Uri",
		target: "/tenants/other/orders",
		lines: [`X-Forwarded-Uri: ${ORDERS}`],
		outcome: "refused",
		refusal: [404, "not_found"],
	},
	{
		name: "the same with underscores",
		target: "/tenants/other/orders",
		lines: [`X_Forwarded_Uri: ${ORDERS}`],
		outcome: "refused",
		refusal: [404, "not_found"],
	},
	{
		name: "another method in X-Forwarded-Method",
		method: "POST",
		target: ORDERS,
		lines: ["X-Forwarded-Method: GET"],
		outcome: "refused",
		refusal: [403, "permission_missing"],
	},
	{
		name: "another address in X-Forwarded-For",
		target: ORDERS,
		lines: ["X-Forwarded-For: 203.0.113.9", "X-Real-IP: 203.0.113.9", "Forwarded: for=203.0.113.9"],
		outcome: "admitted",
	},
	...["X-Original-URL", "X-Original-URI", "X-Original-Path", "X-Rewrite-URL", "X-Rewrite-URI", "X-Envoy-Original-Path", "X-Script-Name"].map(
		(name): Attack => ({
			name: `another path in ${name}`,
			target: ORDERS,
			lines: [`${name}: /admin`],
			outcome: "refused",
			refusal: [400, "invalid_request"],
		}),
	),
	...["X-Forwarded-Prefix", "X-Forwarded-Path"].map(
		(name): Attack => ({ name: `another path in ${name}, which goes no further`, target: ORDERS, lines: [`${name}: /admin`], outcome: "admitted" }),
	),
	...["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"].map(
		(name): Attack => ({
			name: `another method in ${name}`,
			target: ORDERS,
			lines: [`${name}: DELETE`],
			outcome: "refused",
			refusal: [400, "invalid_request"],
		}),
	),
	{
		name: "a method override with underscores, as CGI maps it",
		target: ORDERS,
		lines: ["X_HTTP_Method_Override: DELETE", "X-Http_Method_Override: DELETE"],
		outcome: "admitted",
	},
	{ name: "a forward-auth query of the caller", target: `${ORDERS}?deny=403`, key: null, outcome: "refused", refusal: [401, "key_missing"] },
	{ name: "the path of the forward-auth request itself", target: "/_keywright", outcome: "refused" },
];

const FLOODS: readonly Attack[] = [
	{
		name: "flooded with headers that sort before the forwarded ones",
		target: "/tenants/other/orders",
		lines: flood(FLOOD_LINES, (at) => `A-${at}`),
		outcome: "refused",
	},
	{
		name: "flooded so that a server drops what comes late",
		target: "/tenants/other/orders",
		lines: flood(LARGE_FLOOD_LINES, (at) => `A-${at}`),
		outcome: "refused",
	},
	{ name: "flooded with one name", target: ORDERS, lines: flood(FLOOD_LINES, () => "X-Forwarded-Uri"), outcome: "either" },
	{ name: "flooded with keys", target: ORDERS, lines: flood(FLOOD_LINES, () => "X-API-Key"), outcome: "refused" },
	{ name: "flooded with bytes", target: ORDERS, lines: [`X-Filler: ${"a".repeat(60_000)}`], outcome: "refused" },
	{
		name: "a header that continues on a second line",
		target: ORDERS,
		lines: ["X-Continued: a\r\n X-Keywright-Tenant: other"],
		outcome: "either",
	},
];

export const ATTACKS: readonly Attack[] = [...SPOOFED, ...HOP_BY_HOP, ...CREDENTIALS, ...FORWARDED, ...FLOODS, ...PATHS, ...METHODS, ...SMUGGLING];
