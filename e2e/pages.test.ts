/** The responses of the dashboard and of the error pages: security headers, caching and branding. */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { PAGE_PATHS } from "../server/src/app/dashboard.ts";
import type { Answer } from "./client.ts";
import { assertPointer, assertProblem } from "./problem.ts";
import { exchange, requestText } from "./raw-socket.ts";
import { ROOT, type Server, startServer } from "./server.ts";
import { expectStatus, makePlan, makeTenant, newName } from "./things.ts";

const PAGES = PAGE_PATHS.map((path) => path.replace(/:[a-z_]+/g, "key_0123456789"));
const HOSTILE = `"><img src=x onerror=alert(1)>$&'</title>`;
const PNG = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(64)]);
const LOGO = `data:image/png;base64,${PNG.toString("base64")}`;

/** Compression hardly helps smaller files. */
const COMPRESSED_FROM_BYTES = 2_048;

let server: Server;

before(async () => {
	server = await startServer();
});
after(() => server.stop());

function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
	return server.send({ method: "GET", path, headers });
}

function getNonce(page: Answer): string {
	return /'nonce-([A-Za-z0-9+/=]+)'/.exec(page.header("content-security-policy"))?.[1] ?? "";
}

/** Every script, style and link element has the response's nonce, and no element has an inline handler or style. */
function assertNothingInline(page: Answer): void {
	const nonce = getNonce(page);
	ok(nonce.length >= 24, "a nonce of at least 128 bits");
	const elements = page.text.match(/<(?:script|style|link)\b[^>]*>/g) ?? [];
	for (const element of elements) ok(element.includes(` nonce="${nonce}"`), element);
	ok(!/<script\b[^>]*>[^<\s]/.test(page.text), "no script has its text in the page");
	const without_values = page.text.replace(/"[^"<>]*"/g, '""');
	ok(!/<[a-z][^>]*\s(?:on[a-z]+|style)\s*=/i.test(without_values), "no handler or style in an attribute");
}

function put(profile: object): Promise<Answer> {
	return server.operator("PUT", "/api-profile", profile);
}

test("every page of the dashboard runs and loads only its own files, and cannot be framed", async () => {
	for (const path of PAGES) {
		const page = expectStatus(await get(`${path}?tenant=a`), 200);
		const nonce = getNonce(page);
		equal(
			page.header("content-security-policy"),
			`default-src 'none'; script-src 'self' 'nonce-${nonce}'; style-src 'self' 'nonce-${nonce}'; font-src 'self'; img-src 'self' data:; ` +
				"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		);
		const headers = ["content-type", "cache-control", "referrer-policy", "x-frame-options", "x-content-type-options", "cross-origin-opener-policy"];
		deepEqual(
			headers.map((name) => page.header(name)),
			["text/html; charset=utf-8", "no-store", "no-referrer", "DENY", "nosniff", "same-origin"],
		);
		match(page.header("permissions-policy"), /camera=\(\)/);
		equal(page.header("strict-transport-security"), "");
		equal(page.header("set-cookie"), "");
		assertNothingInline(page);
		ok(page.text.includes(`<meta property="csp-nonce" nonce="${nonce}"`));
	}
});

test("the nonce differs in each response", async () => {
	const nonces = await Promise.all(Array.from({ length: 8 }, async () => getNonce(await get("/"))));
	equal(new Set(nonces).size, nonces.length);
});

test("a page answers HEAD without a body, and other methods with 405", async () => {
	const head = expectStatus(await server.send({ method: "HEAD", path: "/settings/api-access" }), 200);
	deepEqual([head.text, head.header("x-frame-options")], ["", "DENY"]);
	const post = await server.send({ method: "POST", path: "/settings/api-access", body: {} });
	assertProblem(post, "method_not_allowed");
	equal(post.header("allow"), "GET");
});

test("assets are cached as immutable, with their exact type, and compressed if the client accepts it", async () => {
	const page = await get("/");
	const paths = [...page.text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);
	ok(paths.some((path) => path.endsWith(".js")) && paths.some((path) => path.endsWith(".css")), page.text);
	for (const path of paths) {
		const plain = expectStatus(await get(path), 200);
		equal(plain.header("content-type"), path.endsWith(".js") ? "application/javascript; charset=utf-8" : "text/css; charset=utf-8");
		equal(plain.header("cache-control"), "public, max-age=31536000, immutable");
		equal(plain.header("vary"), "accept-encoding");
		deepEqual(plain.body, readFileSync(join(ROOT, "dashboard/dist", path)));
		if (plain.body.length < COMPRESSED_FROM_BYTES) continue;
		const [br, gzip] = [await get(path, { "accept-encoding": "gzip, br" }), await get(path, { "accept-encoding": "gzip" })];
		deepEqual([br.header("content-encoding"), gzip.header("content-encoding"), plain.header("content-encoding")], ["br", "gzip", ""]);
		deepEqual(brotliDecompressSync(br.body), plain.body);
		deepEqual(gunzipSync(gzip.body), plain.body);
		ok(br.body.length < plain.body.length / 2);
	}
	const styles = await Promise.all(paths.filter((path) => path.endsWith(".css")).map(async (path) => (await get(path)).text));
	const font = /url\(([^)]*\.woff2)\)/.exec(styles.join("\n"))?.[1] ?? "";
	const woff2 = expectStatus(await get(`/assets/${font.split("/").at(-1)}`, { "accept-encoding": "br" }), 200);
	deepEqual([woff2.header("content-type"), woff2.header("content-encoding")], ["font/woff2", ""]);
});

test("no path leads out of the asset folder, and an unknown asset is a 404 problem", async () => {
	const ambiguous = [
		"/assets/../index.html",
		"/assets/%2e%2e/index.html",
		"/assets/..%2f..%2fpackage.json",
		"/assets//a.js",
		"/assets/..\\index.html",
	];
	for (const path of ambiguous) {
		const answer = await exchange(server.port, requestText("GET", path, []));
		ok(answer.status === 400 || answer.status === 404, `${path}: ${answer.status}`);
		equal(answer.code, answer.status === 400 ? "ambiguous_path" : "not_found");
	}
	const unknown = ["/assets/none.js", "/assets/", "/assets", "/assets/.vite", "/index.html", "/.vite/manifest.json", "/Sign-In"];
	for (const path of [...unknown, "/assets/constructor", "/assets/__proto__", "/src/main.tsx"]) assertProblem(await get(path), "not_found");
	for (const mistyped of ["/settings/none", "/sign-in/"]) {
		const page = expectStatus(await get(mistyped), 404);
		match(page.header("content-type"), /^text\/html/);
	}
});

test("an error page shows the operator's name and runs no script", async () => {
	expectStatus(await put({ product_name: HOSTILE, support_url: "https://help.example/?a='\"b", logo_url: LOGO }), 200);
	const page = expectStatus(await get("/problems/key_expired"), 200);
	match(page.header("content-security-policy"), /^default-src 'none'; style-src 'nonce-[^']+'; img-src data:; /);
	equal(page.header("cache-control"), "no-store");
	assertNothingInline(page);
	ok(!page.text.includes("<script") && !page.text.includes("onerror=alert(1)>"));
	ok(page.text.includes(LOGO) && page.text.includes("https://help.example/?a=%27%22b"), page.text);
	const dashboard = await get("/sign-in");
	ok(!dashboard.text.includes("<img") && dashboard.text.includes("&#60;img src=x"), dashboard.text);
	expectStatus(await put({}), 200);
});

test("the profile can be read without a credential, and only the operator changes it", async () => {
	const { key_formats, ...standard } = expectStatus(await get("/api/v1/api-profile"), 200).json;
	deepEqual(standard, {
		product_name: "Keywright",
		api_base_url: server.url,
		check_request: { method: "GET", path: "/api/v1/m2m/tenants/{tenant_id}/limits" },
		support_url: null,
		status_url: null,
		upgrade_url: null,
		documentation_url: null,
		error_base_url: `${server.url}/problems`,
		logo_url: null,
		accent_color: null,
	});
	const profile = {
		product_name: "Orders",
		api_base_url: "https://api.orders.example/v2",
		check_request: { method: "GET", path: "/ping/{tenant_id}" },
		support_url: "https://orders.example/help",
		status_url: "https://status.orders.example/",
		upgrade_url: "https://orders.example/plans?of=me",
		documentation_url: "https://orders.example/docs",
		error_base_url: "https://orders.example/errors",
		logo_url: LOGO,
		accent_color: "#3b5bdb",
	};
	for (const answer of [await put(profile), await server.operator("GET", "/api-profile")]) deepEqual(expectStatus(answer, 200).json, profile);
	deepEqual(expectStatus(await get("/api/v1/api-profile"), 200).json, { ...profile, key_formats });
	assertProblemOf(await server.send({ method: "PUT", path: "/api/v1/operator/api-profile", body: profile }), "credential_missing");
	deepEqual(expectStatus(await put({ product_name: null }), 200).json, standard);
});

test("scanners read the formats of keys without a credential: a new format of imported keys is in the next answer", async () => {
	const names = async () => {
		const { key_formats } = expectStatus(await get("/api/v1/api-profile"), 200).json as { key_formats: { name: string; pattern: string }[] };
		return key_formats.map(({ name, pattern }) => `${name} ${pattern}`);
	};
	const own = "kw kw_(?:prod|staging|dev)_[0-9A-Za-z]{50}";
	deepEqual(await names(), [own]);
	const shape = { alphabet: "hex", length_min: 32, length_max: 32 };
	for (const [name, prefix] of [
		["older", "old_"],
		["bare", ""],
	])
		expectStatus(await server.operator("PUT", `/legacy-formats/${name}`, { prefix, ...shape }), 200);
	deepEqual(await names(), [own, "older old_[0-9A-Fa-f]{32}"]);
	for (const name of ["older", "bare"]) expectStatus(await server.operator("DELETE", `/legacy-formats/${name}`), 204);
	deepEqual(await names(), [own]);
});

/** Asserts only the code: with another address in the profile, `type` differs from what `assertProblem` expects. */
function assertProblemOf(answer: Answer, code: string): void {
	equal(answer.code, code, answer.text);
	equal(answer.json.type, `https://orders.example/errors/${code}`);
}

test("the type of every error follows a change of the profile from the next request on", async () => {
	expectStatus(await put({ error_base_url: "https://orders.example/errors/" }), 200);
	assertProblemOf(await get("/nothing"), "not_found");
	assertProblemOf(await get("/api/v1/m2m/whoami"), "key_missing");
	assertProblemOf(await get("/assets/../x"), "ambiguous_path");
	assertProblemOf(await server.operator("GET", "/plans/none"), "not_found");
	expectStatus(await put({}), 200);
	assertProblem(await get("/nothing"), "not_found");
});

test("a profile with scripts, external resources or invisible text is refused by field, and nothing changes", async () => {
	const wrong: [string, object][] = [
		["/support_url", { support_url: "javascript:alert(1)" }],
		["/upgrade_url", { upgrade_url: "javascript:alert(1)" }],
		["/status_url", { status_url: "data:text/html,<script>alert(1)</script>" }],
		["/documentation_url", { documentation_url: "https://user:secret@docs.example" }],
		["/api_base_url", { api_base_url: "https://api.example/$(id)" }],
		["/error_base_url", { error_base_url: "https://api.example/?x" }],
		["/check_request/path", { check_request: { method: "GET", path: "//evil.example/x" } }],
		["/check_request/method", { check_request: { method: "TRACE", path: "/x" } }],
		["/logo_url", { logo_url: `data:image/svg+xml;base64,${Buffer.from("<svg/>").toString("base64")}` }],
		["/logo_url", { logo_url: `data:image/png;base64,${Buffer.from("<svg/>").toString("base64")}` }],
		["/logo_url", { logo_url: `data:image/png;base64,${Buffer.concat([PNG, Buffer.alloc(65_500)]).toString("base64")}` }],
		["/accent_color", { accent_color: "#ffff00" }],
		["/product_name", { product_name: "two\nlines" }],
	];
	const profile_before = (await get("/api/v1/api-profile")).json;
	for (const [pointer, body] of wrong) {
		const answer = await put(body);
		assertProblem(answer, "invalid_request", ["secret@", "alert(1)", "$(id)"]);
		assertPointer(answer, pointer);
	}
	assertProblem(await put({ colour: "#000000" }), "unknown_field");
	assertProblem(await put({ logo_url: `data:image/png;base64,${"A".repeat(140_000)}` }), "payload_too_large");
	deepEqual((await get("/api/v1/api-profile")).json, profile_before);
});

test("the operator reads a tenant's entitlements and usage too, and only of that tenant", async () => {
	const plan_id = await makePlan(server, { name: "Free", capabilities: [], limits: { sites: 2 } });
	const tenant = await makeTenant(server, { plan_id });
	const access = expectStatus(await server.management(tenant.id, "GET", "/access"), 200).as<{ allowed: boolean; missing: { detail: string }[] }>();
	equal(access.allowed, false);
	match(access.missing[0]?.detail ?? "", /^API access is not included in the plan Free\./);
	const limits = expectStatus(await server.management(tenant.id, "GET", "/limits"), 200).json;
	deepEqual([limits.sites, limits.rate_limits, limits.quota], [{ max: 2, used: 0 }, [], null]);
	const { data } = expectStatus(await server.management(tenant.id, "GET", "/permissions"), 200).as<{ data: { included: boolean }[] }>();
	ok(data.length >= 6 && data.every(({ included }) => !included));
	for (const path of ["/access", "/limits", "/permissions"]) assertProblem(await server.management(newName("none"), "GET", path), "not_found");
});

test("with an https public URL responses have Strict-Transport-Security", async () => {
	const secure = await startServer({ env: { KEYWRIGHT_PUBLIC_URL: "https://keys.example" } });
	try {
		for (const path of ["/", "/problems/key_invalid"])
			match((await secure.send({ method: "GET", path })).header("strict-transport-security"), /^max-age=31536000/);
		notEqual(getNonce(await secure.send({ method: "GET", path: "/" })), "");
	} finally {
		await secure.stop();
	}
});
