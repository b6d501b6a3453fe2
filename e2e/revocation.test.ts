import { deepEqual, equal, ok } from "node:assert/strict";
import { Agent } from "node:http";
import { after, before, test } from "node:test";
import type { ErrorCode } from "../server/src/core/error.ts";
import { type Answer, inParallel, send } from "./client.ts";
import { Database } from "./database.ts";
import { buildForm, FORM_TYPE } from "./operations.ts";
import { assertProblem } from "./problem.ts";
import { requestText, Wire } from "./raw-socket.ts";
import { type Server, startServer } from "./server.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeService, makeSite, makeText, makeWorld } from "./things.ts";

const REVOCATIONS = 200;
const LOAD_LANES = 8;
/** How many requests of the load follow the last revocation, to assert that it stays in effect. */
const LOAD_TAIL_MS = 200;

let server: Server;

before(async () => {
	server = await startServer({ env: { KEYWRIGHT_LOG_LEVEL: "warn" } });
});

after(() => server.stop());

/** A change with the requests that it must refuse. Each is sent before the change and again right after its 2xx. */
interface Change {
	readonly name: string;
	readonly code: ErrorCode;
	readonly prepare?: (world: World) => Promise<Answer>;
	readonly ask: (world: World) => Promise<Answer>;
	readonly make: (world: World) => Promise<Answer>;
	/** Reverts the change, if it can be reverted. */
	readonly undo?: (world: World) => Promise<Answer>;
}

type World = Awaited<ReturnType<typeof makeWorld>>;

const whoami = ({ raw_key }: World) => server.keyed(raw_key, "GET", "/whoami");
const keyPath = ({ made }: World) => `/api-keys/${made.id}`;
const patchKey = (world: World, fields: object) => server.management(world.tenant.id, "PATCH", keyPath(world), fields);
const patchTenant = (world: World, fields: object) => server.operator("PATCH", `/tenants/${world.tenant.id}`, fields);

const CHANGES: readonly Change[] = [
	{
		name: "revoked",
		code: "key_revoked",
		ask: whoami,
		make: (world) => server.management(world.tenant.id, "POST", `${keyPath(world)}/revoke`, { reason: "suspected_exposure" }),
	},
	{
		name: "paused",
		code: "key_paused",
		ask: whoami,
		make: (world) => server.management(world.tenant.id, "POST", `${keyPath(world)}/pause`),
		undo: (world) => server.management(world.tenant.id, "POST", `${keyPath(world)}/resume`),
	},
	{
		name: "bound to other addresses",
		code: "ip_not_allowed",
		ask: whoami,
		make: (world) => patchKey(world, { allowed_ips: ["203.0.113.1"] }),
		undo: (world) => patchKey(world, { allowed_ips: null }),
	},
	{
		name: "left without a permission",
		code: "permission_missing",
		ask: (world) => server.keyed(world.raw_key, "GET", `/tenants/${world.tenant.id}/limits`),
		make: (world) => patchKey(world, { permissions: ["sites:read"] }),
		undo: (world) => patchKey(world, { permissions: ["tenant:read"] }),
	},
	{
		name: "bound to other sites",
		code: "not_found",
		ask: (world) => server.keyed(world.raw_key, "GET", `/sites/${world.site.id}`),
		make: (world) => patchKey(world, { site_ids: [] }),
		undo: (world) => patchKey(world, { site_ids: [world.site.id] }),
	},
	{
		name: "of a tenant that is suspended",
		code: "tenant_suspended",
		ask: whoami,
		make: (world) => patchTenant(world, { status: "suspended" }),
		undo: (world) => patchTenant(world, { status: "active" }),
	},
	{
		name: "used from a browser that the tenant blocks",
		code: "client_not_allowed",
		ask: ({ raw_key }) => server.keyed(raw_key, "GET", "/whoami", undefined, { origin: "https://shop.example" }),
		prepare: (world) => patchTenant(world, { client_policy: "observe" }),
		make: (world) => patchTenant(world, { client_policy: "block" }),
		undo: (world) => patchTenant(world, { client_policy: "observe" }),
	},
	{
		name: "of a plan that lost the capability",
		code: "capability_not_in_plan",
		ask: (world) => server.keyed(world.raw_key, "GET", `/sites/${world.site.id}/documents`),
		make: ({ plan_id }) => server.operator("PUT", `/plans/${plan_id}`, { name: "P", capabilities: ["m2m_api"] }),
		undo: ({ plan_id }) => server.operator("PUT", `/plans/${plan_id}`, { name: "P", capabilities: ["m2m_api", "documents"] }),
	},
	{
		name: "of a plan without requests left",
		code: "quota_exceeded",
		ask: whoami,
		make: (world) => patchTenant(world, { limits: { quota_requests_per_month: 0 } }),
		undo: (world) => patchTenant(world, { limits: null }),
	},
	{
		name: "at a site that is now another environment's",
		code: "environment_mismatch",
		ask: (world) => server.keyed(world.raw_key, "GET", `/sites/${world.site.id}`),
		make: (world) => server.management(world.tenant.id, "PATCH", `/sites/${world.site.id}`, { environment: "dev" }),
		undo: (world) => server.management(world.tenant.id, "PATCH", `/sites/${world.site.id}`, { environment: null }),
	},
	{
		name: "at a site that is deleted",
		code: "not_found",
		ask: (world) => server.keyed(world.raw_key, "GET", `/sites/${world.site.id}`),
		make: (world) => server.management(world.tenant.id, "DELETE", `/sites/${world.site.id}`),
	},
	{
		name: "of a tenant that is erased",
		code: "key_revoked",
		ask: whoami,
		make: (world) => server.operator("DELETE", `/tenants/${world.tenant.id}`),
	},
];

for (const { name, code, prepare, ask, make, undo } of CHANGES) {
	test(`a key that is ${name} is refused on the first request after the 2xx of the change${undo ? ", and accepted on the first after the change was reverted" : ""}`, async () => {
		for (let round = 0; round < 5; round += 1) {
			const world = await makeWorld(server);
			await prepare?.(world);
			expectStatus(await ask(world), 200);
			const made = await make(world);
			ok(made.status === 200 || made.status === 204, made.text);
			assertProblem(await ask(world), code);
			if (!undo) continue;
			expectStatus(await undo(world), 200);
			expectStatus(await ask(world), 200);
			expectStatus(await make(world), 200);
			assertProblem(await ask(world), code);
		}
	});
}

test("a repeated revoke, pause or resume is acknowledged only when it is in effect, with the same response", async () => {
	const world = await makeWorld(server);
	for (const [action, code] of [
		["pause", "key_paused"],
		["revoke", "key_revoked"],
	] as const) {
		const body = action === "revoke" ? { reason: "other" } : undefined;
		const answers = await inParallel(6, 6, () => server.management(world.tenant.id, "POST", `${keyPath(world)}/${action}`, body));
		for (const answer of answers) expectStatus(answer, 200);
		assertProblem(await whoami(world), code);
	}
	const key = expectStatus(await server.management(world.tenant.id, "POST", `${keyPath(world)}/revoke`, { reason: "ownership_changed" }), 200);
	equal(key.json.revoke_reason, "other");
});

test("a revoked service credential is refused on its next request", async () => {
	const { raw_key } = await makeWorld(server);
	const { id, credential } = await makeService(server);
	expectStatus(await server.verify(credential, { raw_key }), 200);
	expectStatus(await server.operator("DELETE", `/services/${id}`), 204);
	assertProblem(await server.verify(credential, { raw_key }), "credential_invalid");
});

test("/verify refuses a revoked key at once, like the server's own routes", async () => {
	const world = await makeWorld(server);
	const { credential } = await makeService(server);
	const ask = async () => (await server.verify(credential, { raw_key: world.raw_key })).json;
	equal((await ask()).allowed, true);
	expectStatus(await server.management(world.tenant.id, "POST", `${keyPath(world)}/revoke`, { reason: "other" }), 200);
	const { allowed, status, code } = await ask();
	deepEqual([allowed, status, code], [false, 401, "key_revoked"]);
});

test("an upload that was accepted before its key was revoked is not stored afterwards", async () => {
	const { tenant, site, raw_key, made } = await makeWorld(server);
	const body = buildForm("z".repeat(200_000));
	const wire = await Wire.open(server.port);
	const lines = [`X-API-Key: ${raw_key}`, `Content-Type: ${FORM_TYPE}`, `Content-Length: ${body.length}`, "Expect: 100-continue"];
	wire.write(requestText("POST", `/api/v1/m2m/sites/${site.id}/documents`, lines));
	equal((await wire.answer()).status, 100);
	wire.write(body.subarray(0, 100_000));
	expectStatus(await server.management(tenant.id, "POST", `/api-keys/${made.id}/revoke`, { reason: "other" }), 200);
	wire.write(body.subarray(100_000));
	assertProblem(await wire.answer(), "key_revoked");
	wire.destroy();
	const other = await makeKey(server, tenant.id);
	deepEqual((await server.keyed(other.raw_key, "GET", `/sites/${site.id}/documents`)).json.data, []);
	const { documents, storage_bytes } = (await server.keyed(other.raw_key, "GET", `/tenants/${tenant.id}/limits`)).json;
	deepEqual(
		[documents, storage_bytes],
		[
			{ max: null, used: 0 },
			{ max: null, used: 0 },
		],
	);
});

/** One request of the load; times are of this process's clock. */
interface Sent {
	readonly key: number;
	readonly sent_ms: number;
	readonly allowed: boolean;
}

/** Sends requests with `keys` in turn over its own connections until `isOver`; records when each was sent and whether it was accepted. */
async function load(keys: readonly MadeKey[], isOver: () => boolean): Promise<Sent[]> {
	const log: Sent[] = [];
	const agent = new Agent({ keepAlive: true });
	async function lane(first: number): Promise<void> {
		for (let turn = first; !isOver(); turn += LOAD_LANES) {
			const key = turn % keys.length;
			const sent_ms = performance.now();
			const headers = { "x-api-key": keys[key]?.raw_key ?? "" };
			const answer = await send(server.url, { method: "GET", path: "/api/v1/m2m/whoami", headers }, agent);
			ok(answer.status === 200 || answer.code === "key_revoked" || answer.code === "unavailable", answer.text);
			log.push({ key, sent_ms, allowed: answer.status === 200 });
		}
	}
	await Promise.all(Array.from({ length: LOAD_LANES }, (_, index) => lane(index)));
	agent.destroy();
	return log;
}

test(`${REVOCATIONS} revocations under load: no request that was sent after the 2xx of its revocation was read is accepted`, {
	timeout: 110_000,
}, async () => {
	const { tenant } = await makeWorld(server);
	const keys = await inParallel(REVOCATIONS, 8, () => makeKey(server, tenant.id));
	const acknowledged_ms: number[] = [];
	let over = false;
	const loading = load(keys, () => over);
	for (const { id, raw_key } of keys) {
		const answer = await server.management(tenant.id, "POST", `/api-keys/${id}/revoke`, { reason: "suspected_exposure" });
		expectStatus(answer, 200);
		acknowledged_ms.push(performance.now());
		assertProblem(await server.keyed(raw_key, "GET", "/whoami"), "key_revoked");
	}
	await new Promise((resolve) => setTimeout(resolve, LOAD_TAIL_MS));
	over = true;
	const log = await loading;
	const violations = log.filter(({ key, sent_ms, allowed }) => allowed && sent_ms > (acknowledged_ms[key] ?? Number.POSITIVE_INFINITY));
	deepEqual(violations, []);
	const after_ack = log.filter(({ key, sent_ms }) => sent_ms > (acknowledged_ms[key] ?? Number.POSITIVE_INFINITY));
	const before_ack = log.filter(({ key, sent_ms, allowed }) => allowed && sent_ms < (acknowledged_ms[key] ?? 0));
	ok(after_ack.length > REVOCATIONS && before_ack.length > REVOCATIONS, `${before_ack.length} before, ${after_ack.length} after`);
});

test("DELETE of a tenant revokes its keys, then erases personal data in rows, files and audit details; its id is not reused", async () => {
	const { tenant, site, raw_key, plan_id } = await makeWorld(server);
	const second = await makeKey(server, tenant.id, {
		name: "prod-erna-bot",
		owner: { name: "Erna Erasable", email: "erna@erasable.example" },
		labels: { seat: "Erasable" },
	});
	const { id } = await makeText(server, raw_key, site.id, "Erasable content");
	expectStatus(await server.operator("PATCH", `/tenants/${tenant.id}`, { name: "Erasable GmbH", external_id: "Erasable-7" }), 200);
	const neighbour = await makeWorld(server);

	expectStatus(await server.operator("DELETE", `/tenants/${tenant.id}`), 204);
	for (const key of [raw_key, second.raw_key]) {
		for (const path of ["/whoami", `/tenants/${tenant.id}/limits`, `/sites/${site.id}/documents/${id}/content`])
			assertProblem(await server.keyed(key, "GET", path), "key_revoked", ["Erasable", "Erna"]);
	}
	assertProblem(await server.management(tenant.id, "GET", "/api-keys"), "not_found");
	assertProblem(await server.operator("GET", `/tenants/${tenant.id}`), "not_found");
	assertProblem(await server.operator("DELETE", `/tenants/${tenant.id}`), "not_found");
	assertProblem(await server.operator("PUT", `/tenants/${tenant.id}`, { name: "Again", plan_id }), "conflict");
	deepEqual((await server.operator("GET", "/tenants?external_id=Erasable-7")).json.data, []);
	const database = await Database.open(server.data_dir);
	const left = (await database.dump()).filter(({ text }) => /Erasable|Erna|erna@/.test(text));
	await database.close();
	deepEqual(left, []);
	expectStatus(await server.keyed(neighbour.raw_key, "GET", "/whoami"), 200);
	expectStatus(await server.operator("DELETE", `/plans/${plan_id}`), 204);
});

test("a change of a plan applies at once to the keys of all of its tenants, and of no other plan", async () => {
	const plan_id = await makePlan(server);
	const worlds = await Promise.all(
		[1, 2, 3].map(async () => {
			const tenant = expectStatus(await server.operator("POST", "/tenants", { name: "T", plan_id }), 201).as<{ id: string }>();
			const site = await makeSite(server, tenant.id);
			return { site, keys: await Promise.all([makeKey(server, tenant.id), makeKey(server, tenant.id)]) };
		}),
	);
	const other = await makeWorld(server);
	const ask = async () =>
		Promise.all(worlds.flatMap(({ site, keys }) => keys.map(({ raw_key }) => server.keyed(raw_key, "GET", `/sites/${site.id}/documents`))));
	for (const answer of await ask()) expectStatus(answer, 200);
	await makePlan(server, { id: plan_id, capabilities: ["m2m_api"] });
	for (const answer of await ask()) assertProblem(answer, "capability_not_in_plan");
	expectStatus(await server.keyed(other.raw_key, "GET", `/sites/${other.site.id}/documents`), 200);
});
