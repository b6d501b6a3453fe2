import {
	ABOUT_LINES,
	BESIDE,
	EXPORTS,
	fails,
	flood,
	get,
	ITEM,
	ITEM_SHA256,
	JSON_LINE,
	KEY_LINE,
	LIMIT_HEADERS,
	LONG,
	local,
	MISSING,
	ORDERS,
	refuses,
	type Step,
	TWO_KEYS,
	unusable,
} from "./behaviour-steps.ts";
import { admitted, denied, RAW_KEY, sends } from "./peer.ts";

export interface Case {
	readonly title: string;
	readonly steps: readonly Step[];
}

/** Requests and expected responses that are the same for every guard. The host's routes are in `e2e/guards/README.md`. */
export const CASES: readonly Case[] = [
	{
		title: "a good key reaches the handler, which knows key and tenant",
		steps: [{ send: get([KEY_LINE]), want: { status: 200, json: { tenant: "acme" }, headers: LIMIT_HEADERS }, handled: ["key_1"] }],
	},
	{
		title: "Keywright is asked about tenant, permission and the request with its client instance, without its query",
		steps: [
			{
				send: get([KEY_LINE, ...ABOUT_LINES]),
				want: { status: 200 },
				asked: {
					raw_key: RAW_KEY,
					tenant_id: "acme",
					permissions: ["orders:read"],
					request: {
						method: "GET",
						path: "/tenants/acme/orders",
						ip: "127.0.0.1",
						user_agent: "bot/1",
						client: "orders-1",
						origin: "https://shop.example",
						sec_fetch_site: "cross-site",
					},
				},
				handled: ["key_1"],
			},
		],
	},
	{
		title: "site, capability, cost, named limits and budgets are asked about where the route has them",
		steps: [
			{
				send: get([KEY_LINE, ["User-Agent", "bot/1"]], `${EXPORTS}?weight=5`),
				want: { status: 200, json: { tenant: "acme" } },
				asked: {
					raw_key: RAW_KEY,
					tenant_id: "acme",
					site_id: "north",
					permissions: ["exports:read"],
					capability: "exports",
					cost: 5,
					limits: [{ name: "exports", cost: 5 }],
					budgets: { credits: 125, calls: 0 },
					request: { method: "GET", path: EXPORTS, ip: "127.0.0.1", user_agent: "bot/1" },
				},
				handled: ["key_1"],
			},
		],
	},
	{
		title: "a guard without rules asks for a key that lives, and for nothing else",
		steps: [
			{
				send: get([KEY_LINE, ["User-Agent", "bot/1"]], "/any"),
				want: { status: 200, json: { tenant: "acme" }, headers: LIMIT_HEADERS },
				asked: { raw_key: RAW_KEY, request: { method: "GET", path: "/any", ip: "127.0.0.1", user_agent: "bot/1" } },
				handled: ["key_1"],
			},
			local(get([], "/any"), MISSING),
		],
	},
	{
		title: "an id in a path is asked about decoded",
		steps: ["caf%C3%A9", "demo%20x"].map((segment) => ({
			keywright: sends(denied(404, "not_found")),
			send: get([KEY_LINE, ["User-Agent", "bot/1"]], `/tenants/${segment}/orders`),
			want: { status: 404, code: "not_found" },
			asked: {
				raw_key: RAW_KEY,
				tenant_id: decodeURIComponent(segment),
				permissions: ["orders:read"],
				request: { method: "GET", path: `/tenants/${segment}/orders`, ip: "127.0.0.1", user_agent: "bot/1" },
			},
		})),
	},
	{
		title: "what a caller says at length is cut to what Keywright takes",
		steps: [
			{
				send: get([KEY_LINE, ["User-Agent", LONG], ["X-Keywright-Client", LONG], ["Origin", LONG], ["Sec-Fetch-Site", LONG]]),
				want: { status: 200 },
				asked: {
					raw_key: RAW_KEY,
					tenant_id: "acme",
					permissions: ["orders:read"],
					request: {
						method: "GET",
						path: "/tenants/acme/orders",
						ip: "127.0.0.1",
						user_agent: LONG.slice(0, 512),
						client: LONG.slice(0, 512),
						origin: LONG.slice(0, 512),
						sec_fetch_site: LONG.slice(0, 64),
					},
				},
				handled: ["key_1"],
			},
		],
	},
	{
		title: "each denial becomes its status and code, and no handler runs",
		steps: [
			refuses(401, "key_revoked"),
			refuses(403, "permission_missing"),
			refuses(404, "not_found"),
			refuses(429, "rate_limited", { headers: { "Retry-After": "7" } }, { headers: { "retry-after": "7" } }),
			refuses(503, "unavailable"),
			refuses(403, "a_reason_of_a_newer_server", {}, { detail: "Refused as a_reason_of_a_newer_server." }),
		],
	},
	{
		title: "refusals carry Keywright's rate limits too, and nothing else of an answer becomes a header",
		steps: [
			refuses(429, "rate_limited", { rate_limits: admitted().rate_limits }, { headers: { ...LIMIT_HEADERS, "retry-after": "1" } }),
			refuses(403, "permission_missing", { headers: { RateLimit: '"own";r=1;t=1' } }, { headers: { ratelimit: '"own";r=1;t=1' } }),
			refuses(401, "key_expired", { headers: { "WWW-Authenticate": 'ApiKey realm="keywright"' } }),
			refuses(403, "key_paused", { headers: { "Set-Cookie": "a=b", RateLimit: "a\r\nb: c" } }, { headers: { "set-cookie": null, ratelimit: null } }),
			refuses(403, "key_paused", { type: "https://keys.example/problems/key_paused" }, { type: "https://keys.example/problems/key_paused" }),
			{
				keywright: sends(admitted({ rate_limits: [] })),
				send: get([KEY_LINE]),
				want: { status: 200, headers: { ratelimit: null, "ratelimit-policy": null, "cache-control": "no-store" } },
				handled: ["key_1"],
			},
		],
	},
	{
		title: "no key, a blank key, two keys, a key beside Authorization: refused without asking",
		steps: [
			local(get([]), MISSING),
			local(get([["X-API-Key", "  "]]), MISSING),
			local(get([["Authorization", "Bearer x"]]), MISSING),
			local(get([KEY_LINE, ["x-api-key", RAW_KEY]]), TWO_KEYS),
			local(get([KEY_LINE, ["Accept", "*/*"], ["x-api-key", `kw_dev_${"b".repeat(50)}`]]), TWO_KEYS),
			local(get([["X-API-Key", `${RAW_KEY}, ${RAW_KEY}`]]), TWO_KEYS),
			local(get([KEY_LINE, ["Authorization", "Bearer x"]]), BESIDE),
			local(get([["X-API-Key", "a".repeat(513)]]), {
				status: 401,
				code: "key_invalid",
				detail: "The value of X-API-Key has more than 512 characters: it is not an API key.",
			}),
		],
	},
	{
		title: "a flood of headers is refused without asking",
		steps: [flood((index) => `X-Flood-${index}`), { ...flood(() => "X-Flood"), needs_lines: true }],
	},
	{
		title: "Keywright fails, hangs or talks nonsense: 503, never open, never 401, and the operator learns why",
		steps: [
			fails("server_error", sends(admitted(), 500)),
			fails("credential_refused", sends({}, 401)),
			fails("credential_refused", sends(admitted(), 403)),
			fails("question_refused", sends(admitted(), 400)),
			fails("redirect", sends(admitted(), 307, { location: "/elsewhere" })),
			fails("answer_malformed", sends({ allowed: true })),
			fails("answer_malformed", sends(admitted({ status: 403 }))),
			fails("answer_malformed", (_request, response) => response.end("<html>")),
			fails("answer_too_large", sends(admitted({ padding: "x".repeat(70_000) }))),
			fails("network", (request) => request.socket.resetAndDestroy()),
			fails("timeout", () => undefined),
			{ send: get([KEY_LINE]), want: { status: 200 }, handled: ["key_1"] },
		],
	},
	{
		title: "a rule that gives nothing usable closes its route",
		steps: [
			unusable(get([KEY_LINE], "/broken/acme")),
			...["", "?weight=", "?weight=0", "?weight=-1", "?weight=1.5", "?weight=many", "?weight=1000001"].map((query) =>
				unusable(get([KEY_LINE], EXPORTS + query)),
			),
		],
	},
	{
		title: "the body of an admitted request is read after the check, whole",
		steps: [
			{
				send: { method: "POST", path: ORDERS, lines: [KEY_LINE, JSON_LINE, ["User-Agent", "bot/1"]], body: JSON.stringify({ item: ITEM }) },
				want: { status: 201, json: { tenant: "acme" }, headers: LIMIT_HEADERS },
				asked: {
					raw_key: RAW_KEY,
					tenant_id: "acme",
					permissions: ["orders:read", "orders:write"],
					request: { method: "POST", path: "/tenants/acme/orders", ip: "127.0.0.1", user_agent: "bot/1" },
				},
				handled: [{ item_sha256: ITEM_SHA256 }],
			},
		],
	},
	{
		title: "a refused request is answered before its body, which is never parsed as the next request",
		steps: [
			{
				keywright: sends(denied(401, "key_invalid")),
				send: { method: "POST", path: ORDERS, lines: [KEY_LINE, JSON_LINE], body: '{"broken' },
				want: { status: 401, code: "key_invalid", closes: true },
			},
			{ ...refuses(401, "key_invalid"), want: { status: 401, code: "key_invalid", closes: false } },
			local({ method: "POST", path: ORDERS, lines: [], body: `GET /tenants/acme/orders HTTP/1.1\r\nX-API-Key: ${RAW_KEY}\r\n\r\n` }, MISSING),
		],
	},
	{
		title: "a body that never comes does not keep the refusal waiting",
		steps: [local({ method: "POST", path: ORDERS, lines: [["Content-Length", "1000000"]] }, { ...MISSING, closes: true })],
	},
	{
		title: "a HEAD request is decided like a GET and refused without a body",
		steps: [
			local({ method: "HEAD", path: ORDERS, lines: [] }, { status: 401, headers: { "www-authenticate": 'ApiKey realm="orders"' } }),
			{ send: { method: "HEAD", path: ORDERS, lines: [KEY_LINE] }, want: { status: 200, headers: LIMIT_HEADERS }, handled: ["key_1"] },
		],
	},
	{
		title: "routes without a guard stay as they are",
		steps: [local(get([], "/free"), { status: 200, json: { free: true }, headers: { ratelimit: null } })],
	},
];
