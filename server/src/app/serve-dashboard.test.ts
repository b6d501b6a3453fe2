import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { FastifyInstance } from "fastify";
import { testLog } from "../../testing/database.ts";
import { createHttp, handleUnknownPaths } from "../http/server.ts";
import { defaultProfile } from "../plans/profile/profile.ts";
import { serveDashboard } from "./serve-dashboard.ts";

const PUBLIC_URL = "https://keys.example";
const options = { problem_type_base: () => `${PUBLIC_URL}/problems` };

let http: FastifyInstance;
let address: string;
let folder: string;

before(async () => {
	folder = await mkdtemp(join(tmpdir(), "kw-dashboard-"));
	http = createHttp({ log: testLog, access_log: null, ...options });
	const profile = { known: { ...defaultProfile(PUBLIC_URL), product_name: "<Orders>" } };
	const { pages, sendMissingPage } = serveDashboard(http, { dashboard: null, profile, public_url: PUBLIC_URL });
	http.get("/api/v1/ping", () => ({ pong: true }));
	handleUnknownPaths(http, pages, { ...options, sendMissingPage });
	address = await http.listen({ host: "127.0.0.1", port: 0 });
});
after(async () => {
	await http.close();
	await rm(folder, { recursive: true });
});

test("without a build the pages say how to create one, and everything else works", async () => {
	const page = await fetch(`${address}/settings/api-access`);
	const text = await page.text();
	equal(page.status, 503);
	match(page.headers.get("content-security-policy") ?? "", /^default-src 'none'; style-src 'nonce-/);
	match(page.headers.get("strict-transport-security") ?? "", /^max-age=/);
	ok(text.includes("npm start") && text.includes("&#60;Orders&#62;") && !text.includes("<Orders>"), text);
	const asset = await fetch(`${address}/assets/index.js`);
	deepEqual([asset.status, asset.headers.get("content-type")], [404, "application/problem+json"]);
	deepEqual(await (await fetch(`${address}/api/v1/ping`)).json(), { pong: true });
});

test("a mistyped address of the dashboard is answered with a page and 404, and the API still responds with problems", async () => {
	const built = createHttp({ log: testLog, access_log: null, ...options });
	const profile = { known: defaultProfile(PUBLIC_URL) };
	const dashboard = { page: ["<title>x</title><div id=root>", "</div>"], assets_dir: folder };
	const { pages, sendMissingPage } = serveDashboard(built, { dashboard, profile, public_url: PUBLIC_URL });
	handleUnknownPaths(built, pages, { ...options, sendMissingPage });
	const at = await built.listen({ host: "127.0.0.1", port: 0 });
	try {
		const html = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
		const get = async (path: string, headers: Record<string, string> = {}) => {
			const answer = await fetch(at + path, { headers });
			return [answer.status, (answer.headers.get("content-type") ?? "").split(";")[0]];
		};
		for (const path of ["/settings/api-acces", "/settings/x/y", "/operator/nowhere", "/operator/people/x", "/team/x", "/plan/"])
			for (const headers of [{}, html]) deepEqual(await get(path, headers), [404, "text/html"], path);
		deepEqual(await get("/setings", html), [404, "text/html"]);
		for (const path of ["/api/v1/nothing", "/assets/none.js"]) deepEqual(await get(path, html), [404, "application/problem+json"], path);
		deepEqual(await get("/nothing"), [404, "application/problem+json"]);
		const posted = await fetch(`${at}/operator/nowhere`, { method: "POST" });
		deepEqual([posted.status, posted.headers.get("content-type")], [404, "application/problem+json"]);
	} finally {
		await built.close();
	}
});
