import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { FastifyInstance } from "fastify";
import { testLog } from "../database/testing.ts";
import { answerTheRest, createHttp } from "../http/server.ts";
import { defaultProfile } from "../plans/profile.ts";
import { serveDashboard } from "./serve-dashboard.ts";

const PUBLIC_URL = "https://keys.example";
const options = { problem_type_base: () => `${PUBLIC_URL}/problems` };

let http: FastifyInstance;
let address: string;

before(async () => {
	http = createHttp({ log: testLog, access_log: null, ...options });
	const profile = { known: { ...defaultProfile(PUBLIC_URL), product_name: "<Orders>" } };
	const pages = serveDashboard(http, { dashboard: null, profile, public_url: PUBLIC_URL });
	http.get("/api/v1/ping", () => ({ pong: true }));
	answerTheRest(http, pages, options);
	address = await http.listen({ host: "127.0.0.1", port: 0 });
});
after(() => http.close());

test("without a build the pages say how to get one, and everything else goes on", async () => {
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
