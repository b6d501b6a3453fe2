import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, Fields } from "./client.ts";
import { assertProblem, withoutRequestId } from "./problem.ts";
import { type Server, startServer } from "./server.ts";
import { expectStatus, makeKey, makeWorld } from "./things.ts";

const RECIPIENTS = 50;
/** A first use is recorded within about a second; a test gives up after this time. */
const NOTICED_WITHIN_MS = 10_000;

let server: Server;
let tenant_id: string;

before(async () => {
	server = await startServer();
	tenant_id = (await makeWorld(server)).tenant.id;
});
after(() => server.stop());

/** A recipient who has only the link. */
function asRecipient(path: "read" | "reveal", body: Fields, headers: Record<string, string> = {}): Promise<Answer> {
	return server.send({ method: "POST", path: `/api/v1/handovers/${path}`, body, headers });
}

async function handed(): Promise<{ key_id: string; token: string; url: string }> {
	const body = { name: "prod-order-bot", environment: "prod", owner: "Olivia", handover: {} };
	const made = expectStatus(await server.management(tenant_id, "POST", "/api-keys", body), 201);
	ok(!("raw_key" in made.json), "the creator of the handover receives no raw key");
	const { key, handover_url } = made.as<{ key: { id: string }; handover_url: string }>();
	ok(handover_url.startsWith(`${server.url}/reveal#kwh_`), handover_url);
	return { key_id: key.id, url: handover_url, token: handover_url.split("#")[1] ?? "" };
}

test("of 50 concurrent reveals one gets the key, which works, and the owner sees the recipient", async () => {
	const { key_id, token } = await handed();
	const offer = expectStatus(await asRecipient("read", { token }), 200);
	deepEqual([offer.json.status, offer.json.tenant], ["waiting", { id: tenant_id, name: `Tenant ${tenant_id}` }]);
	const answers = await Promise.all(Array.from({ length: RECIPIENTS }, (_, n) => asRecipient("reveal", { token, name: `Recipient ${n}` })));
	const [winner, ...others] = answers.filter(({ status }) => status === 200);
	ok(winner && others.length === 0, `${others.length + 1} got the key`);
	for (const answer of answers) {
		equal(answer.header("cache-control"), "no-store");
		if (answer !== winner) assertProblem(answer, "secret_already_issued", [token]);
	}
	const name = `Recipient ${answers.indexOf(winner)}`;
	const whoami = expectStatus(await server.keyed(String(winner.json.raw_key), "GET", "/whoami"), 200);
	equal(whoami.as<{ key: { id: string } }>().key.id, key_id);
	const seen = expectStatus(await server.management(tenant_id, "GET", `/api-keys/${key_id}`), 200);
	const { handover } = seen.as<{ handover: { status: string; claimed_by: string } }>();
	deepEqual([handover.status, handover.claimed_by], ["claimed", name]);
});

test("link scanners and pages of other sites neither reveal the key nor consume the link", async () => {
	const { token, url } = await handed();
	const { pathname } = new URL(url);
	for (const path of [pathname, "/api/v1/handovers/reveal", "/api/v1/handovers/read", `/api/v1/handovers/reveal?token=${token}`]) {
		for (const method of ["GET", "HEAD", "OPTIONS"]) {
			const answer = await server.send({ method, path });
			ok(!answer.text.includes("raw_key"), `${method} ${path}`);
			if (path !== pathname) ok([404, 405].includes(answer.status), `${method} ${path} ${answer.status}`);
		}
	}
	for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }] as Record<string, string>[])
		assertProblem(await asRecipient("reveal", { token, name: "Mallory" }, headers), "cross_site_request", [token]);
	equal((await asRecipient("read", { token })).json.status, "waiting");
	expectStatus(await asRecipient("reveal", { token, name: "Dora" }, { origin: server.url }), 200);
});

test("all invalid tokens get the same response", async () => {
	const { token } = await handed();
	const wrong = [`kwh_${"A".repeat(43)}`, token.slice(0, -1), `kwi_${token.slice(4)}`, "", "kwh_"];
	for (const path of ["read", "reveal"] as const) {
		const bodies = new Set<string>();
		for (const text of wrong) {
			const answer = await asRecipient(path, { token: text, ...(path === "reveal" ? { name: "Mallory" } : {}) });
			assertProblem(answer, "not_found", [token]);
			bodies.add(withoutRequestId(answer));
		}
		equal(bodies.size, 1);
	}
});

test("a reissued secret replaces the lost one at once, as long as the key was never used", async () => {
	const lost = await makeKey(server, tenant_id);
	const again = expectStatus(await server.management(tenant_id, "POST", `/api-keys/${lost.id}/reissue`), 201);
	assertProblem(await server.keyed(lost.raw_key, "GET", "/whoami"), "key_rotated");
	expectStatus(await server.keyed(String(again.json.raw_key), "GET", "/whoami"), 200);
	const deadline = Date.now() + NOTICED_WITHIN_MS;
	for (;;) {
		const read = expectStatus(await server.management(tenant_id, "GET", `/api-keys/${lost.id}`), 200);
		if (read.as<{ last_used_at: string | null }>().last_used_at !== null) break;
		ok(Date.now() < deadline, "the first use is noticed");
		await sleep(200);
	}
	assertProblem(await server.management(tenant_id, "POST", `/api-keys/${lost.id}/reissue`), "conflict");
	assertProblem(await server.management(tenant_id, "POST", `/api-keys/${lost.id}/handovers`, {}), "conflict");
	expectStatus(await server.keyed(String(again.json.raw_key), "GET", "/whoami"), 200);
});

test("keys that are revoked together are refused by the next request, all of them and no other", async () => {
	const keys = await Promise.all(Array.from({ length: 5 }, () => makeKey(server, tenant_id, { integration: "retired" })));
	const other = await makeKey(server, tenant_id);
	for (const { raw_key } of [...keys, other]) expectStatus(await server.keyed(raw_key, "GET", "/whoami"), 200);
	const ask = { filter: { integration: "retired" }, reason: "integration_retired" };
	const revoke = (fields: Fields) => server.management(tenant_id, "POST", "/api-keys/bulk-revoke", { ...ask, ...fields });
	const preview = expectStatus(await revoke({ preview: true }), 200).as<{ keys: { id: string }[] }>();
	const expected_key_ids = preview.keys.map(({ id }) => id);
	deepEqual(expected_key_ids.toSorted(), keys.map(({ id }) => id).toSorted());
	assertProblem(await revoke({ preview: false, expected_key_ids: expected_key_ids.slice(1) }), "conflict");
	for (const { raw_key } of keys) expectStatus(await server.keyed(raw_key, "GET", "/whoami"), 200);
	expectStatus(await revoke({ preview: false, expected_key_ids }), 200);
	for (const { raw_key } of keys) assertProblem(await server.keyed(raw_key, "GET", "/whoami"), "key_revoked");
	expectStatus(await server.keyed(other.raw_key, "GET", "/whoami"), 200);
});
