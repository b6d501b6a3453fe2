import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { checksum } from "../server/src/core/checksum.ts";
import { randomBase62 } from "../server/src/core/id.ts";
import { newRequestId } from "../server/src/core/request-id.ts";
import type { Answer } from "./client.ts";
import { Database, difference, type StoredRow } from "./database.ts";
import { buildCall, KEYED, MANAGEMENT, OPERATIONS, type Operation, WEBHOOK_BODY } from "./operations.ts";
import { newMember } from "./people.ts";
import { assertPointer, assertProblem, withoutRequestId } from "./problem.ts";
import { type Server, startServer } from "./server.ts";
import { STORED_TEXTS } from "./text-fields.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeService, makeSite, makeText, newName } from "./things.ts";

const RANDOM_OPERATIONS = 120;
/** Every tenant has a site with this id: site ids are unique only within a tenant. */
const SHARED_SITE = "main-street";
/** All capabilities of the plan: a key may rotate itself only if the plan allows it. */
const PERMISSIONS = ["tenant:read", "usage:read", "sites:read", "documents:read", "documents:write", "key:rotate"];
const USE_SHOWN_DEADLINE_MS = 10_000;
/** The sequence of changes belongs to no tenant. */
const GLOBAL_TABLES = new Set(["change_sequence", "invalidations"]);

/** A tenant with one resource of each kind. `word` is part of each of its names and occurs nowhere else. */
interface World {
	readonly word: string;
	readonly raw_key: string;
	readonly values: Readonly<
		Record<
			| "tenant_id"
			| "site_id"
			| "document_id"
			| "key_id"
			| "member_id"
			| "invitation_id"
			| "handover_id"
			| "source_id"
			| "rotation_id"
			| "portal_session_id"
			| "webhook_id"
			| "delivery_id"
			| "alert_id"
			| "rehearsal_id"
			| "request_id",
			string
		>
	>;
	/** The key with the rotation: the other key has a pending handover, which excludes a rotation. */
	readonly rotating_key_id: string;
}

let server: Server;
let database: Database;
let foreign: World;

before(async () => {
	server = await startServer({ env: { KEYWRIGHT_AUTH_FAILURES_PER_MINUTE: "0", KEYWRIGHT_LOG_LEVEL: "warn" } });
	database = await Database.open(server.data_dir);
	await makePlan(server, { id: "plan-1" });
	foreign = await newWorld();
});

after(async () => {
	await database.close();
	await server.stop();
});

async function newWorld(): Promise<World> {
	const word = newName("world").replace("-", "") + randomBase62(6);
	const tenant_id = `t-${word}`;
	expectStatus(await server.operator("PUT", `/tenants/${tenant_id}`, { name: `Tenant ${word}`, plan_id: "plan-1", external_id: `x-${word}` }), 200);
	await makeSite(server, tenant_id, { id: SHARED_SITE, name: `Main street of ${word}` });
	const site = await makeSite(server, tenant_id, { id: `s-${word}`, name: `Site ${word}` });
	const made = await makeKey(server, tenant_id, { name: `prod-${word}`, owner: `Owner ${word}`, permissions: PERMISSIONS });
	// The key was never used, so the handover stays pending.
	const handed = expectStatus(await server.management(tenant_id, "POST", `/api-keys/${made.id}/handovers`, {}), 201);
	const handover_id = handed.as<{ handover: { id: string } }>().handover.id;
	const { id: document_id } = await makeText(server, made.raw_key, site.id, `Content of ${word}`);
	const member_id = await newMemberRow(tenant_id, word);
	const source_id = await newSourceRow(tenant_id, made, word);
	const invited = await server.management(tenant_id, "POST", "/invitations", { email: `invited-${word}@example.com`, role: "viewer" });
	const invitation_id = expectStatus(invited, 201).as<{ invitation: { id: string } }>().invitation.id;
	const rotating = await makeKey(server, tenant_id, { name: `prod-${word}-2`, permissions: PERMISSIONS });
	const begun = expectStatus(await server.management(tenant_id, "POST", `/api-keys/${rotating.id}/rotate`, {}), 201);
	const rotation_id = begun.as<{ rotation: { id: string } }>().rotation.id;
	const portal_session_id = await newPortalLink(tenant_id, word);
	const { webhook_id, delivery_id } = await newDelivery(tenant_id, word);
	const alert_id = await newAlertRow(tenant_id, made.id, word);
	const rehearsal_id = await newRehearsalRow(tenant_id, made.id, word);
	const request_id = await newRefusalRow(tenant_id, made);
	await database.rows(
		"insert into secret_sources (tenant_id, key_id, kid, source_id, first_seen_at, last_seen_at, requests, sightings) values ($1, $2, $3, $4, now(), now(), 1, 1)",
		[tenant_id, rotating.id, rotating.key.secrets[0]?.kid, source_id],
	);
	return {
		word,
		raw_key: made.raw_key,
		values: {
			tenant_id,
			site_id: site.id,
			document_id,
			key_id: made.id,
			member_id,
			invitation_id,
			handover_id,
			source_id,
			rotation_id,
			portal_session_id,
			webhook_id,
			delivery_id,
			alert_id,
			rehearsal_id,
			request_id,
		},
		rotating_key_id: rotating.id,
	};
}

async function newPortalLink(tenant_id: string, word: string): Promise<string> {
	const person = { external_user_id: `u-${word}`, name: `Portal ${word}`, role: "viewer" };
	expectStatus(await server.operator("POST", `/tenants/${tenant_id}/portal-sessions`, person), 201);
	const [row] = await database.rows("select id from portal_sessions where tenant_id = $1", [tenant_id]);
	return String(row?.id);
}

/** A webhook of a type that never occurs here, with a delivered event: no background task changes them. */
async function newDelivery(tenant_id: string, word: string): Promise<{ webhook_id: string; delivery_id: string }> {
	const body = { ...WEBHOOK_BODY, url: `https://${word.toLowerCase()}.keywright.test/` };
	const webhook_id = expectStatus(await server.management(tenant_id, "POST", "/webhooks", body), 201).as<{ webhook: { id: string } }>().webhook.id;
	const delivery_id = `dlv_${word}`;
	const [event] = await database.rows("select id from outbox where tenant_id = $1 limit 1", [tenant_id]);
	await database.rows(
		"insert into webhook_deliveries (tenant_id, id, webhook_id, event_id, sequence, status, at) values ($1, $2, $3, $4, 1, 'delivered', now())",
		[tenant_id, delivery_id, webhook_id, String(event?.id)],
	);
	return { webhook_id, delivery_id };
}

/** A rehearsal that waits for a person to confirm it. */
async function newRehearsalRow(tenant_id: string, key_id: string, word: string): Promise<string> {
	const id = `reh_${word}`;
	const columns = "tenant_id, id, key_id, started_at, started_by, acknowledged_ms, nodes";
	await database.rows(`insert into rehearsals (${columns}) values ($1, $2, $3, now(), $4, 3, '[]')`, [
		tenant_id,
		id,
		key_id,
		{ kind: "member", name: word },
	]);
	return id;
}

/** An open alert that is never due: no background task changes it. */
async function newAlertRow(tenant_id: string, key_id: string, word: string): Promise<string> {
	const columns = "tenant_id, id, rule, subject, key_id, evidence, count, raised_at, last_at";
	const values = [tenant_id, `alt_${word}`, key_id, { name: `prod-${word}` }];
	await database.rows(`insert into alerts (${columns}) values ($1, $2, 'canary_used', $3, $3, $4, 1, now(), now())`, values);
	return `alt_${word}`;
}

/** A refused request that is kept. */
async function newRefusalRow(tenant_id: string, made: MadeKey): Promise<string> {
	const request_id = newRequestId();
	const columns = "request_id, tenant_id, key_id, kid, at, code, check_name, operation, source_id, network, agent, facts, proven, sampled";
	const values = [request_id, tenant_id, made.id, made.key.secrets[0]?.kid];
	await database.rows(
		`insert into auth_failures (${columns}) values ($1, $2, $3, $4, now(), 'key_revoked', 'not_revoked', 'GET /', 'src_x', 'unknown', 'none', '{}', true, true)`,
		values,
	);
	return request_id;
}

/** A viewer with a session that is inserted directly: hashing so many passwords would dominate the run time. */
async function newMemberRow(tenant_id: string, word: string): Promise<string> {
	const person = [`per_${word}`, `Person ${word}`, `${word.toLowerCase()}@example.com`];
	await database.rows("insert into people (id, name, email) values ($1, $2, $3)", person);
	await database.rows("insert into members (tenant_id, id, person_id, role) values ($1, $2, $3, 'viewer')", [tenant_id, `mem_${word}`, person[0]]);
	return `mem_${word}`;
}

/** A source from which only this tenant's key was used. */
async function newSourceRow(tenant_id: string, made: MadeKey, word: string): Promise<string> {
	const source_id = `src_${word}`;
	const values = [tenant_id, made.id, source_id, `Agent ${word}`, made.key.secrets[0]?.kid];
	const columns = "tenant_id, key_id, source_id, network, agent, first_seen_at, last_seen_at, last_kid, requests, refused";
	await database.rows(`insert into key_sources (${columns}) values ($1, $2, $3, '192.0.2.0/24', $4, now(), now(), $5, 1, 0)`, values);
	return source_id;
}

function ask(operation: Operation, world: World, values: Readonly<Record<string, string>>): Promise<Answer> {
	const { headers, ...call } = buildCall(operation, values);
	const credential: Record<string, string> = operation.kind === "key" ? { "x-api-key": world.raw_key } : server.bearer;
	return server.send({ ...call, headers: { ...headers, ...credential } });
}

async function getRows(world: World): Promise<StoredRow[]> {
	return (await database.dump()).filter(({ tenant_id }) => tenant_id === world.values.tenant_id);
}

/** An unknown id for each parameter, in the format of an existing one. */
const UNKNOWN: Readonly<Record<string, string>> = {
	tenant_id: "t-nobody",
	site_id: "s-nobody",
	document_id: `doc_${randomBase62(20)}`,
	key_id: `key_${randomBase62(20)}`,
	member_id: `mem_${randomBase62(20)}`,
	invitation_id: `inv_${randomBase62(20)}`,
	handover_id: `hnd_${randomBase62(20)}`,
	source_id: `src_${randomBase62(20)}`,
	rotation_id: `rot_${randomBase62(20)}`,
	portal_session_id: `ptl_${randomBase62(20)}`,
	webhook_id: `whk_${randomBase62(20)}`,
	delivery_id: `dlv_${randomBase62(20)}`,
	alert_id: `alt_${randomBase62(20)}`,
	rehearsal_id: `reh_${randomBase62(20)}`,
	request_id: newRequestId(),
};

/** The ids of `world` for the parameters of the operation. */
function valuesFor(operation: Operation, world: World): World["values"] {
	return operation.parameters.includes("rotation_id") ? { ...world.values, key_id: world.rotating_key_id } : world.values;
}

/** `world` with a key whose state allows the operation on its own secret. */
async function controlWorld(operation: Operation, own: World): Promise<World> {
	const { tenant_id } = own.values;
	if (operation.id === "post_m2m_key_rotate_cancel") expectStatus(await server.keyed(own.raw_key, "POST", "/key/rotate", {}), 201);
	if (operation.id !== "post_m2m_key_rotate_complete") return own;
	const unused = await makeKey(server, tenant_id, { permissions: PERMISSIONS });
	const begun = expectStatus(await server.management(tenant_id, "POST", `/api-keys/${unused.id}/rotate`, {}), 201);
	const { raw_key, rotation } = begun.as<{ raw_key: string; rotation: { id: string } }>();
	expectStatus(await server.keyed(raw_key, "GET", "/whoami"), 200);
	for (const until = performance.now() + USE_SHOWN_DEADLINE_MS; performance.now() < until; await sleep(50)) {
		const seen = await server.management(tenant_id, "GET", `/api-keys/${unused.id}/rotations/${rotation.id}`);
		if (seen.json.status !== "issued") break;
	}
	const kid = raw_key.slice(-50, -38);
	await database.rows("update secret_activity set first_used_at = first_used_at - interval '20 minutes' where kid = $1", [kid]);
	return { ...own, raw_key };
}

/** Own resources on which the operation succeeds: a site without documents, a key that was never used. */
async function controlValues(operation: Operation, own: World): Promise<World["values"]> {
	if (operation.method === "DELETE" && operation.parameters.at(-1) === "site_id") return { ...own.values, site_id: SHARED_SITE };
	if (!/_(?:reissue|handovers)$/.test(operation.id)) return valuesFor(operation, own);
	return { ...own.values, key_id: (await makeKey(server, own.values.tenant_id)).id };
}

let reader: Promise<World> | null = null;

/** A world of the operation's own; those that only read share one. A request's explanation depends on the tenant's other refusals of its minute. */
function worldFor({ method, parameters }: Operation): Promise<World> {
	if (method !== "GET" || parameters.includes("request_id")) return newWorld();
	reader ??= newWorld();
	return reader;
}

for (const operation of [...KEYED, ...MANAGEMENT]) {
	const names = [...operation.parameters, ...operation.queried_ids];
	test(`${operation.method} ${operation.path}: another tenant's ids and unknown ids get the same response, and no row of the other tenant changes`, async () => {
		const own = await worldFor(operation);
		const before = await getRows(foreign);
		for (const name of names) {
			// The operator has access to every tenant: only an unknown tenant and resources of a different tenant are refused.
			const operator_may = operation.kind === "operator" && name === "tenant_id";
			const [values, theirs] = [valuesFor(operation, own), valuesFor(operation, foreign)];
			const unknown = await ask(operation, own, { ...values, [name]: UNKNOWN[name] ?? "" });
			assertProblem(unknown, "not_found", [foreign.word]);
			if (operator_may && names.length === 1) continue;
			const others = await ask(operation, own, { ...values, [name]: theirs[name as keyof World["values"]] });
			assertProblem(others, "not_found", [foreign.word]);
			if (!operator_may) equal(withoutRequestId(others), withoutRequestId(unknown));
			if (operation.kind === "key") ok(String(unknown.json.detail).includes(own.values.tenant_id), "a keyed 404 says whose the key is");
		}
		if (operation.kind === "key" && names.length > 0) assertProblem(await ask(operation, own, foreign.values), "not_found", [foreign.word]);
		deepEqual(difference(before, await getRows(foreign)), { added: [], removed: [] });

		const control = await ask(operation, await controlWorld(operation, own), await controlValues(operation, own));
		expectStatus(control, operation.status);
		ok(!control.text.includes(foreign.word));
		// Otherwise its delivery is attempted for hours, and changes rows during other tests.
		if (operation.id.endsWith("replay")) await server.management(own.values.tenant_id, "DELETE", `/webhooks/${own.values.webhook_id}`);
	});
}

test("the generated tests cover every operation of a tenant with each of its parameters", () => {
	ok(KEYED.length >= 10 && MANAGEMENT.length >= 13);
	for (const { id, parameters, queried_ids } of [...KEYED, ...MANAGEMENT])
		for (const name of [...parameters, ...queried_ids]) ok(name in UNKNOWN, `${id}: ${name}`);
	const covered = new Set([...KEYED, ...MANAGEMENT].map(({ id }) => id));
	const others = OPERATIONS.filter(({ id }) => !covered.has(id));
	for (const { kind, path } of others)
		ok(kind === "public" || kind === "service" || kind === "person" || path === "/metrics" || path.startsWith("/api/v1/operator/"), path);
	ok(KEYED.some(({ queried_ids }) => queried_ids.includes("key_id")));
});

for (const operation of OPERATIONS.filter(({ kind }) => kind !== "public")) {
	test(`${operation.method} ${operation.path} accepts only its own kind of credential`, async () => {
		const { credential } = await makeService(server);
		const { headers, ...call } = buildCall(operation, foreign.values);
		const credentials: [string, Record<string, string>][] = [
			["none", {}],
			["key", { "x-api-key": foreign.raw_key }],
			["operator", server.bearer],
			["service", { authorization: `Bearer ${credential}` }],
			["key as bearer", { authorization: `Bearer ${foreign.raw_key}` }],
		];
		for (const [kind, sent] of credentials) {
			if (kind === operation.kind) continue;
			const answer = await server.send({ ...call, headers: { ...headers, ...sent } });
			equal(answer.status, 401, `${kind}: ${answer.text}`);
			assertProblem(answer, answer.code === "key_missing" || answer.code === "credential_missing" ? answer.code : "credential_invalid", [
				foreign.word,
				foreign.raw_key,
				credential,
			]);
			if (operation.kind === "key") equal(answer.code, "key_missing");
		}
	});
}

test("a site id that two tenants share refers to each tenant's own site", async () => {
	const own = await newWorld();
	for (const world of [own, foreign]) {
		const site = expectStatus(await server.keyed(world.raw_key, "GET", `/sites/${SHARED_SITE}`), 200);
		equal(site.json.name, `Main street of ${world.word}`);
	}
	const { id } = await makeText(server, own.raw_key, SHARED_SITE);
	assertProblem(await server.keyed(foreign.raw_key, "GET", `/sites/${SHARED_SITE}/documents/${id}/content`), "not_found", [own.word]);
	const list = expectStatus(await server.keyed(foreign.raw_key, "GET", `/sites/${SHARED_SITE}/documents`), 200);
	deepEqual(list.json.data, []);
});

test("another tenant's site ids in a body are refused like unknown ones", async () => {
	const own = await newWorld();
	for (const site_ids of [[foreign.values.site_id], ["s-nobody"]]) {
		const body = { name: "prod-a-b", environment: "prod", owner: "O", site_ids };
		const create = await server.management(own.values.tenant_id, "POST", "/api-keys", body);
		const patch = await server.management(own.values.tenant_id, "PATCH", `/api-keys/${own.values.key_id}`, { site_ids });
		for (const answer of [create, patch]) assertProblem(answer, "invalid_request", site_ids);
	}
});

test("a key that is restricted to sites gets 404 for every other site", async () => {
	const { values, raw_key, word } = await newWorld();
	const { tenant_id, site_id, document_id } = values;
	const bound = await makeKey(server, tenant_id, { site_ids: [SHARED_SITE] });
	const sites = expectStatus(await server.keyed(bound.raw_key, "GET", `/tenants/${tenant_id}/sites`), 200).as<{ data: { id: string }[] }>();
	deepEqual(
		sites.data.map(({ id }) => id),
		[SHARED_SITE],
	);
	const own = expectStatus(await server.keyed(bound.raw_key, "POST", `/sites/${SHARED_SITE}/documents/text`, { title: "T", content: "C" }), 201);
	const routes: [string, (site: string) => string, unknown?][] = [
		["GET", (site) => `/sites/${site}`],
		["GET", (site) => `/sites/${site}/documents`],
		["POST", (site) => `/sites/${site}/documents/text`, { title: "T", content: "C" }],
		["GET", (site) => `/sites/${site}/documents/${document_id}`],
		["GET", (site) => `/sites/${site}/documents/${document_id}/content`],
		["DELETE", (site) => `/sites/${site}/documents/${document_id}`],
	];
	for (const [method, path, body] of routes) {
		const hidden = await server.keyed(bound.raw_key, method, path(site_id), body);
		const unknown = await server.keyed(bound.raw_key, method, path("s-nobody"), body);
		assertProblem(hidden, "not_found", [`Site ${word}`]);
		equal(withoutRequestId(hidden), withoutRequestId(unknown));
	}
	// A document of a hidden site is not found below the visible site either, nor by a key with access to both.
	for (const key of [bound.raw_key, raw_key]) {
		const [through, unknown] = [
			await server.keyed(key, "GET", `/sites/${SHARED_SITE}/documents/${document_id}`),
			await server.keyed(key, "GET", `/sites/${SHARED_SITE}/documents/${UNKNOWN.document_id}`),
		];
		assertProblem(through, "not_found");
		equal(withoutRequestId(through), withoutRequestId(unknown));
		assertProblem(await server.keyed(key, "DELETE", `/sites/${SHARED_SITE}/documents/${document_id}`), "not_found");
	}
	expectStatus(await server.keyed(raw_key, "GET", `/sites/${site_id}/documents/${document_id}`), 200);
	const nowhere = await makeKey(server, tenant_id, { site_ids: [] });
	deepEqual((await server.keyed(nowhere.raw_key, "GET", `/tenants/${tenant_id}/sites`)).json.data, []);
	assertProblem(await server.keyed(nowhere.raw_key, "GET", `/sites/${SHARED_SITE}`), "not_found");
	expectStatus(await server.management(tenant_id, "PATCH", `/api-keys/${bound.id}`, { site_ids: [site_id] }), 200);
	expectStatus(await server.keyed(bound.raw_key, "GET", `/sites/${site_id}`), 200);
	assertProblem(await server.keyed(bound.raw_key, "GET", `/sites/${SHARED_SITE}/documents/${String(own.json.id)}`), "not_found");
});

/** A well-formed key that no server issued, optionally with this `kid`. */
function forgedKey(environment = "prod", kid = randomBase62(12), secret = randomBase62(32)): string {
	const body = `kw_${environment}_${kid}${secret}`;
	return body + checksum(body);
}

test("an unknown kid and a wrong secret get the same bytes in every state of the key", async () => {
	const { values, raw_key } = await newWorld();
	const { tenant_id } = values;
	const [paused, revoked, bound] = [
		await makeKey(server, tenant_id),
		await makeKey(server, tenant_id),
		await makeKey(server, tenant_id, { allowed_ips: ["203.0.113.1"] }),
	];
	expectStatus(await server.management(tenant_id, "POST", `/api-keys/${paused.id}/pause`), 200);
	expectStatus(await server.management(tenant_id, "POST", `/api-keys/${revoked.id}/revoke`, { reason: "other" }), 200);
	const getKid = (key: string): string => key.slice(-50, -38);
	const getSecret = (key: string): string => key.slice(-38, -6);
	const wrong = [
		forgedKey("prod", getKid(raw_key)),
		forgedKey("prod", getKid(paused.raw_key)),
		forgedKey("prod", getKid(revoked.raw_key)),
		forgedKey("prod", getKid(bound.raw_key)),
		forgedKey("prod", getKid(raw_key), getSecret(paused.raw_key)),
		forgedKey("dev", getKid(raw_key), getSecret(raw_key)),
		forgedKey("staging", getKid(revoked.raw_key), getSecret(revoked.raw_key)),
	];
	const { credential } = await makeService(server);
	for (const path of ["/whoami", `/tenants/${tenant_id}/limits`, "/sites/s-nobody"]) {
		const unknown = await server.keyed(forgedKey(), "GET", path);
		assertProblem(unknown, "key_invalid");
		for (const key of [...wrong, ...wrong, forgedKey("staging"), forgedKey()])
			equal(withoutRequestId(await server.keyed(key, "GET", path)), withoutRequestId(unknown));
	}
	const asked = withoutRequestId(await server.verify(credential, { raw_key: forgedKey(), tenant_id }));
	for (const key of wrong) equal(withoutRequestId(await server.verify(credential, { raw_key: key, tenant_id })), asked);
	notEqual(wrong[0], raw_key);
});

test("a secret in another key's row does not work: rows that were swapped or forged in the database are refused", async () => {
	const { values } = await newWorld();
	const [one, two] = [await makeKey(server, values.tenant_id), await makeKey(server, values.tenant_id)];
	const kids = [one, two].map(({ key }) => key.secrets[0]?.kid ?? "");
	await database.rows("update secrets s set mac = o.mac from secrets o where (s.kid = $1 and o.kid = $2) or (s.kid = $2 and o.kid = $1)", kids);
	for (const { raw_key } of [one, two]) assertProblem(await server.keyed(raw_key, "GET", "/whoami"), "key_invalid");
	const moved = await makeKey(server, values.tenant_id);
	const other = await makeKey(server, foreign.values.tenant_id);
	await database.rows("update secrets set tenant_id = $2, key_id = $3 where key_id = $1", [moved.id, foreign.values.tenant_id, other.id]);
	assertProblem(await server.keyed(moved.raw_key, "GET", "/whoami"), "key_invalid");
	const raised = await makeKey(server, values.tenant_id, { environment: "dev", name: newName("dev-bot") });
	await database.rows("update keys set environment = 'prod' where id = $1", [raised.id]);
	assertProblem(await server.keyed(raised.raw_key, "GET", "/whoami"), "key_invalid");
});

test("verify: another tenant's ids and unknown ids get the same response", async () => {
	const own = await newWorld();
	const { credential } = await makeService(server);
	const answer = async (question: object) => expectStatus(await server.verify(credential, { raw_key: own.raw_key, ...question }), 200);
	for (const [others, unknown] of [
		[{ tenant_id: foreign.values.tenant_id }, { tenant_id: "t-nobody" }],
		[{ site_id: foreign.values.site_id }, { site_id: "s-nobody" }],
	] as const) {
		const [first, second] = [await answer(others), await answer(unknown)];
		deepEqual([first.json.allowed, first.json.status, first.json.code], [false, 404, "not_found"]);
		equal(withoutRequestId(first), withoutRequestId(second));
		ok(!first.text.includes(foreign.word));
	}
	equal((await answer({ tenant_id: own.values.tenant_id, site_id: own.values.site_id })).json.allowed, true);
});

test(`${RANDOM_OPERATIONS} random operations of three tenants with ids of all three: only the acting tenant's rows change, and it reads no data of the others`, async () => {
	const worlds = [await newWorld(), await newWorld(), await newWorld()];
	const index = fc.nat(worlds.length - 1);
	const step = fc.record({
		actor: index,
		operation: fc.constantFrom(...KEYED, ...MANAGEMENT.filter(({ id }) => !/(?:revoke|replay)$/.test(id))),
		owners: fc.record({
			tenant_id: fc.oneof(index, fc.constant(-1)),
			site_id: index,
			document_id: index,
			key_id: index,
			member_id: index,
			invitation_id: index,
			handover_id: index,
			source_id: index,
			rotation_id: index,
			portal_session_id: index,
			webhook_id: index,
			delivery_id: index,
			alert_id: index,
			rehearsal_id: index,
			request_id: index,
		}),
		shared: fc.boolean(),
	});
	let accepted = 0;
	let before = await database.dump();
	for (const { actor, operation, owners, shared } of fc.sample(step, { numRuns: RANDOM_OPERATIONS, seed: 20_261_122 })) {
		const world = worlds[actor] ?? foreign;
		const of = (name: keyof World["values"]): string => (owners[name] === -1 ? world : (worlds[owners[name]] ?? foreign)).values[name];
		const values = {
			tenant_id: of("tenant_id"),
			site_id: shared ? SHARED_SITE : of("site_id"),
			document_id: of("document_id"),
			key_id: of("key_id"),
			member_id: of("member_id"),
			invitation_id: of("invitation_id"),
			handover_id: of("handover_id"),
			source_id: of("source_id"),
			rotation_id: of("rotation_id"),
			webhook_id: of("webhook_id"),
			delivery_id: of("delivery_id"),
			alert_id: of("alert_id"),
			rehearsal_id: of("rehearsal_id"),
			request_id: of("request_id"),
			...(operation.parameters.includes("rotation_id") ? { key_id: (worlds[owners.key_id] ?? foreign).rotating_key_id } : {}),
		};
		const acting_tenant = operation.kind === "key" ? world.values.tenant_id : values.tenant_id;
		const answer = await ask(operation, world, values);
		ok(answer.status < 500, answer.text);
		if (answer.status < 300) accepted += 1;
		for (const other of worlds.filter((candidate) => candidate.values.tenant_id !== acting_tenant))
			ok(!answer.text.includes(other.word), `${operation.id} returned ${other.word}`);
		const now = await database.dump();
		const { added, removed } = difference(before, now);
		for (const row of [...added, ...removed]) {
			if (row.tenant_id === null) ok(GLOBAL_TABLES.has(row.table), row.table);
			else equal(row.tenant_id, acting_tenant, `${operation.id} changed ${row.table}: ${row.text}`);
		}
		before = now;
	}
	ok(accepted > RANDOM_OPERATIONS / 5, `${accepted} were accepted`);
});

/** Body fields that refer to existing resources. For resources of a tenant, another tenant's id must be refused like an unknown one. */
const REFERENCES: Readonly<Record<string, { unknown: string; theirs?: keyof World["values"]; with?: object }>> = {
	member_id: { unknown: UNKNOWN.member_id ?? "", theirs: "member_id" },
	site_ids: { unknown: UNKNOWN.site_id ?? "", theirs: "site_id" },
	key_ids: { unknown: UNKNOWN.key_id ?? "", theirs: "key_id", with: { filter: undefined } },
	expected_key_ids: { unknown: UNKNOWN.key_id ?? "", theirs: "key_id", with: { preview: false } },
	permissions: { unknown: "nobody:read" },
	plan_id: { unknown: "plan-nobody" },
	tenant_id: { unknown: UNKNOWN.tenant_id ?? "", theirs: "tenant_id" },
};
/** Ids and names that the caller chooses for a new resource. */
const CHOSEN = new Set(["id", "external_id", "external_user_id", "capability", "capabilities"]);

test("references in a body are resolved within the tenant: another tenant's id is refused like an unknown one, and nothing changes", async () => {
	const own = await newWorld();
	const { browser } = await newMember(server, own.values.tenant_id, "viewer");
	const named = STORED_TEXTS.filter(({ field }) => /(?:^|_)ids?$|^permissions$|^capabilit/.test(field) && !CHOSEN.has(field));
	deepEqual([...new Set(named.map(({ field }) => field))].sort(), Object.keys(REFERENCES).sort(), "each field is known to this test");
	for (const { operation, field, name, body } of named) {
		const reference = REFERENCES[field];
		const values = { ...valuesFor(operation, own), plan_id: "plan-1" };
		const before = await database.dump();
		const answers: Answer[] = [];
		for (const id of [reference?.unknown ?? "", ...(reference?.theirs ? [foreign.values[reference.theirs]] : [])]) {
			const { headers, ...call } = buildCall(operation, values);
			const sent = { ...call, body: { ...Object(body(id)), ...reference?.with } };
			answers.push(
				operation.kind === "person"
					? await browser.bare({ ...sent, headers: { ...headers, origin: server.url } })
					: await server.send({ ...sent, headers: { ...headers, ...server.bearer } }),
			);
		}
		for (const answer of answers) {
			// A tenant in the body of a person's own route is not found, as one in a path is.
			ok(
				["invalid_request", "conflict", ...(field === "tenant_id" ? ["not_found"] : [])].includes(answer.code ?? ""),
				`${operation.id} ${name}: ${answer.status} ${answer.text}`,
			);
			if (answer.code === "invalid_request") assertPointer(answer, name);
			ok(!answer.text.includes(foreign.word));
			equal(withoutRequestId(answer), withoutRequestId(answers[0] ?? answer));
		}
		deepEqual(difference(before, await database.dump()), { added: [], removed: [] }, `${operation.id} ${name}`);
	}
});

/** Cursors forged with knowledge of their encoding. */
const FORGED_POSITIONS: readonly unknown[] = [
	...[["x"], ["2026-02-30T00:00:00.000Z", "x"], ["0000-01-01T00:00:00.000Z", "x"], ["-000001-01-01T00:00:00.000Z", "x"], ["", ""], ["\ud800"], []],
	...[["created", "desc", "2026-02-30T00:00:00.000000Z", "x"], ["created", "desc", "0000-01-01T00:00:00.000000Z", "x"], [["x"]], { 0: "x" }, null, 1],
];
const FORGED = [
	...FORGED_POSITIONS.flatMap((position) => {
		const text = Buffer.from(JSON.stringify(position)).toString("base64url");
		return [text, "A".repeat(22) + text, encodeURIComponent("=".repeat(22)) + text];
	}),
	...["x", "null", "W10", "A".repeat(22), "A".repeat(2_048), "%F0%9F%91%8D", "'--", "%20"],
];

test("a list accepts only its own cursors: a forged one, one of another list or of other filters is a 400, never a 500", async () => {
	const own = await newWorld();
	const lists = OPERATIONS.filter(({ queried }) => queried.includes("cursor"));
	ok(lists.length >= 12);
	const given: { path: string; cursor: string }[] = [];
	const operators = expectStatus(await server.operator("POST", "/webhooks", WEBHOOK_BODY), 201).as<{ webhook: { id: string } }>().webhook.id;
	for (const operation of lists) {
		const values = { ...valuesFor(operation, own), ...(operation.path.startsWith("/api/v1/operator/") ? { webhook_id: operators } : {}) };
		const { path, method } = buildCall(operation, values);
		const headers: Record<string, string> = operation.kind === "key" ? { "x-api-key": own.raw_key } : server.bearer;
		const ask = (query: string) => server.send({ method, path: `${path}${path.includes("?") ? "&" : "?"}${query}`, headers });
		const first = expectStatus(await ask("limit=1"), 200).as<{ data: unknown[]; next_cursor: string | null }>();
		const cursor = first.next_cursor;
		const flipped = cursor === null ? [] : [`${cursor.startsWith("A") ? "B" : "A"}${cursor.slice(1)}`, cursor.slice(0, -1), `${cursor}A`];
		for (const wrong of [...FORGED, ...flipped, ...given.map((other) => other.cursor)]) {
			const answer = await ask(`cursor=${wrong}`);
			assertProblem(answer, "invalid_request");
			equal(answer.as<{ errors: { pointer: string }[] }>().errors[0]?.pointer, "/query/cursor", `${path} ${wrong}`);
		}
		if (cursor === null) continue;
		given.push({ path, cursor });
		const second = expectStatus(await ask(`limit=2&cursor=${cursor}`), 200).as<{ data: unknown[] }>();
		notEqual(JSON.stringify(second.data[0]), JSON.stringify(first.data[0]), "the next page");
	}
	ok(given.length >= 6, `${given.length} lists have a second page`);
	const keys = given.find(({ path }) => path.endsWith("/api-keys"));
	for (const filter of ["sort=name", "order=asc", "environment=prod", "search=a"])
		assertProblem(await server.management(own.values.tenant_id, "GET", `/api-keys?${filter}&cursor=${keys?.cursor}`), "invalid_request");
	assertProblem(await server.management(foreign.values.tenant_id, "GET", `/api-keys?cursor=${keys?.cursor}`), "invalid_request");
});
