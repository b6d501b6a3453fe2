import type { Case } from "./behaviour.ts";
import { EXPORTS, get, KEY_LINE, local, TWO_KEYS, unusable } from "./behaviour-steps.ts";
import { RAW_KEY } from "./peer.ts";

const AMBIGUOUS = { status: 400, code: "ambiguous_path" };
const REPEATED = { status: 400, code: "invalid_request", detail: "A field of the query was sent more than once. Send it once." };
/** Each would reach another tenant's data if the rule and the handler parsed it differently. */
const AMBIGUOUS_PATHS = [
	"//acme/tenants/victim/orders",
	"/tenants//acme/orders",
	"/tenants/acme/../victim/orders",
	"/tenants/./acme/orders",
	"/tenants/acme/%2e%2e/victim/orders",
	"/tenants/acme%2F..%2Fvictim/orders",
	"/tenants/acme%2fvictim/orders",
	"/tenants/acme\\victim/orders",
	"/tenants/acme%00/orders",
	"/tenants/acme%0A/orders",
	"/tenants/acme%zz/orders",
	"/tenants/acme%ff/orders",
	"http://host/tenants/acme/orders",
	"http://host/acme/tenants/victim/orders",
];

/** Unambiguous on servers that pass on only the decoded path. */
const AMBIGUOUS_AS_SENT = ["//tenants/acme/orders", "/tenants/%61cme/orders", "/tenants/acme;x=victim/orders"];

/** Invalid rules are rejected at start or close the route, the same for every guard. */
export const REFUSALS: readonly Case[] = [
	{
		title: "a path that two parsers could read differently is refused before any rule reads it",
		steps: [
			...AMBIGUOUS_PATHS.map((path) => ({ ...local(get([KEY_LINE], path), AMBIGUOUS), unrouted: true as const })),
			...AMBIGUOUS_AS_SENT.map((path) => ({ ...local(get([KEY_LINE], path), AMBIGUOUS), unrouted: true as const, needs_path: true as const })),
			// Every framework passes these to the guard.
			...["/tenants/acme%5Cvictim/orders", "/tenants/acme%252Fvictim/orders"].map((path) => local(get([KEY_LINE], path), AMBIGUOUS)),
		],
	},
	{
		title: "a field of the query that comes twice is the caller's mistake, not the operator's",
		steps: [
			local(get([KEY_LINE], `${EXPORTS}?weight=5&weight=6`), REPEATED),
			local(get([KEY_LINE], `${EXPORTS}?weight=5&%77eight=500000`), REPEATED),
			unusable(get([KEY_LINE], `${EXPORTS}?weight=5.5&other=1`)),
			{ send: get([KEY_LINE], `${EXPORTS}?weight=5&tag=a&tag=b`), want: { status: 200 }, handled: ["key_1"] },
		],
	},
	{
		title: "a blank key beside a real one is two keys, in either order",
		steps: [
			local(get([KEY_LINE, ["X-API-Key", ""]]), TWO_KEYS),
			local(get([["X-API-Key", ""], KEY_LINE]), TWO_KEYS),
			local(get([["X-API-Key", `${RAW_KEY},`]]), TWO_KEYS),
		],
	},
	{
		title: "an asynchronous rule closes its route: its promise is never read",
		steps: [unusable(get([KEY_LINE], "/late/acme"))],
	},
	{
		title: "what is no object of rules, and a constant that can never be valid, is refused when the guard is made",
		steps: [local(get([], "/__start"), { status: 200, json: { accepted: [] } })],
	},
];
