/** A caller who is removed, demoted, signed out or suspended while the body arrives is refused. The tests are generated for every route. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { Route } from "../server/src/http/route.ts";
import { keyedRoutes, managementRoutes, operatorRoutes, personRoutes, serviceRoutes } from "../server/src/routes.ts";
import type { Answer } from "./client.ts";
import { Database, difference } from "./database.ts";
import { buildCall, OPERATIONS, type Operation } from "./operations.ts";
import { Browser, getToken, type Member, newMember, newPortalPerson, PASSWORD } from "./people.ts";
import { Wire } from "./raw-socket.ts";
import { type Server, startServer } from "./server.ts";
import { expectStatus, makeKey, makeService, makeWorld, newName } from "./things.ts";

const ROWS: readonly Route<never>[] = [
	...managementRoutes,
	...operatorRoutes,
	...personRoutes,
	...serviceRoutes,
	...keyedRoutes({ documents: true }),
];

/** A changing operation with its route's properties. */
interface Changing {
	readonly operation: Operation;
	readonly row: Route<never>;
}

/** Every route that is not a read, from the route list: a new route is tested automatically. */
const CHANGING: readonly Changing[] = ROWS.filter(({ method }) => method !== "GET").map((row) => {
	const path = row.path.replace(/:([a-z_]+)/g, "{$1}");
	const operation = OPERATIONS.find((candidate) => candidate.method === row.method && candidate.path === path);
	if (!operation) throw new Error(`${row.method} ${row.path} is not in openapi.json`);
	return { operation, row };
});
const MANAGED = CHANGING.filter(({ row }) => ["viewer", "admin", "owner"].includes(row.access));
const OPERATED = CHANGING.filter(({ row }) => row.access === "operator");
const PERSONAL = CHANGING.filter(({ row }) => row.access === "person");
const SERVED = CHANGING.filter(({ row }) => row.access === "service");
/** `revocation.test.ts` covers the upload, whose body is no JSON. */
const KEYED = CHANGING.filter(({ row }) => row.access === "key" && row.input !== "upload");

let server: Server;
let database: Database;
let values: Record<string, string>;
let tenant_id: string;
let owner: Member;
let operator: Member;

before(async () => {
	server = await startServer({ env: { KEYWRIGHT_LOG_LEVEL: "warn" } });
	database = await Database.open(server.data_dir);
	const { tenant, site, made } = await makeWorld(server);
	tenant_id = tenant.id;
	owner = await newMember(server, tenant_id, "owner");
	const other = await newMember(server, tenant_id, "admin");
	const elsewhere = await makeWorld(server);
	operator = await newOperator(elsewhere.tenant.id);
	const invited = await server.management(tenant_id, "POST", "/invitations", { role: "viewer" });
	const handed = await server.management(tenant_id, "POST", `/api-keys/${made.id}/handovers`, {});
	const rotating = await makeKey(server, tenant_id);
	const begun = await server.management(tenant_id, "POST", `/api-keys/${rotating.id}/rotate`, {});
	const source = [tenant_id, made.id, "src_1", "192.0.2.0/24", "other", made.key.secrets[0]?.kid];
	const columns = "tenant_id, key_id, source_id, network, agent, last_kid, first_seen_at, last_seen_at, requests, refused";
	await database.rows(`insert into key_sources (${columns}) values ($1, $2, $3, $4, $5, $6, now(), now(), 1, 0)`, source);
	const person = { external_user_id: "user-1", name: "Paula", role: "viewer" };
	expectStatus(await server.operator("POST", `/tenants/${tenant_id}/portal-sessions`, person), 201);
	const [portal] = await database.rows("select id from portal_sessions where tenant_id = $1", [tenant_id]);
	values = {
		...{
			portal_session_id: String(portal?.id),
			tenant_id,
			site_id: site.id,
			key_id: made.id,
			member_id: other.member_id,
			source_id: "src_1",
			plan_id: "plan-1",
		},
		invitation_id: expectStatus(invited, 201).as<{ invitation: { id: string } }>().invitation.id,
		handover_id: expectStatus(handed, 201).as<{ handover: { id: string } }>().handover.id,
		rotation_id: expectStatus(begun, 201).as<{ rotation: { id: string } }>().rotation.id,
		...{ rotating_key_id: rotating.id, person_id: String((await makePerson(operator)).person_id), name: "old", capability: "orders" },
		...{ permission: "orders:write", service_id: (await makeService(server)).id },
	};
});

after(async () => {
	await database.close();
	await server.stop();
});

/** An operator who is also a viewer of the tenant. */
async function newOperator(of_tenant_id: string): Promise<Member> {
	const member = await newMember(server, of_tenant_id, "viewer");
	const { json: asked } = expectStatus(await server.operator("POST", "/operators", { email: member.email }), 201);
	expectStatus(await member.browser.send("POST", "/api/v1/invitations/accept", { token: getToken(asked.url), password: PASSWORD }), 200);
	return member;
}

async function makePerson(member: Member): Promise<Record<string, unknown>> {
	const [person] = await database.rows("select id as person_id from people where email = $1", [member.email]);
	return person ?? {};
}

/** The part of the body that is sent first: with chunks, its first characters. */
const HELD_AFTER = 1;

/** A request whose head was accepted and whose body is partly sent. */
interface Held {
	readonly changing: Changing;
	readonly wire: Wire;
	readonly rest: string;
}

function callOf({ operation }: Changing): ReturnType<typeof buildCall> {
	return buildCall(operation, operation.parameters.includes("rotation_id") ? { ...values, key_id: values.rotating_key_id ?? "" } : values);
}

/** Sends the head and waits for `100 Continue`, which the server sends when the gate has accepted the head. */
async function hold(changing: Changing, credential: Credential): Promise<Held> {
	const { operation, row } = changing;
	const call = callOf(changing);
	// A route without input: an empty chunked body whose last chunk is delayed.
	const text = row.input === "none" ? "" : JSON.stringify(call.body);
	const body = `${text === "" ? "" : `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`}0\r\n\r\n`;
	const host = new URL(server.url).host;
	const headers = { host, "content-type": "application/json", "transfer-encoding": "chunked", expect: "100-continue", ...credential };
	const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
	const wire = await Wire.open(Number(new URL(server.url).port));
	wire.write(`${operation.method} ${call.path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
	const asked = await wire.answer();
	equal(asked.status, 100, `${operation.id}: ${asked.text}`);
	wire.write(body.slice(0, HELD_AFTER));
	return { changing, wire, rest: body.slice(HELD_AFTER) };
}

async function finish({ wire, rest }: Held): Promise<Answer> {
	wire.write(rest);
	try {
		return await wire.answer();
	} finally {
		wire.destroy();
	}
}

function asPage(browser: Browser): Record<string, string> {
	return { cookie: browser.cookie, origin: server.url };
}

type Credential = Readonly<Record<string, string>>;
type Expected = (changing: Changing) => readonly [number, string];

/**
 * Delays the body of a request to each of `those`, ends the eligibility, sends the rest. Each is refused like a new request, and no row of the
 * database differs from the state right after the eligibility ended.
 */
async function refused(
	those: readonly Changing[],
	credential: Credential | ((changing: Changing) => Credential),
	expected: Expected,
	endStanding: () => Promise<() => Promise<unknown>>,
): Promise<void> {
	ok(those.length > 0, "there are such routes");
	const held: Held[] = [];
	for (const changing of those) held.push(await hold(changing, typeof credential === "function" ? credential(changing) : credential));
	const restore = await endStanding();
	try {
		const before = await database.dump();
		const answers: Answer[] = [];
		for (const one of held) answers.push(await finish(one));
		const { added, removed } = difference(before, await database.dump());
		deepEqual([...added, ...removed], [], "something was written");
		for (const [index, answer] of answers.entries()) {
			const changing = those[index];
			ok(changing);
			deepEqual([answer.status, answer.json.code], expected(changing), `${changing.operation.id}: ${answer.text}`);
		}
	} finally {
		for (const { wire } of held) wire.destroy();
		await restore();
	}
}

/** Removes the rows, and restores them afterwards. */
async function without(table: string, where: string, value: unknown): Promise<() => Promise<unknown>> {
	const rows = await database.rows(`delete from ${table} where ${where} returning to_jsonb(${table}) as row`, [value]);
	ok(rows.length > 0, `there is something in ${table} to remove`);
	return async () => {
		for (const { row } of rows)
			await database.rows(`insert into ${table} select (jsonb_populate_record(null::${table}, $1)).*`, [JSON.stringify(row)]);
	};
}

/** Changes a column, and restores it afterwards. */
async function altered(statement: string, back: string, value: unknown): Promise<() => Promise<unknown>> {
	await database.rows(statement, [value]);
	return () => database.rows(back, [value]);
}

const always =
	(status: number, code: string): Expected =>
	() => [status, code];
const NOT_FOUND = always(404, "not_found");
const ROLE = always(403, "role_not_allowed");
const SIGNED_OUT = always(401, "credential_invalid");
/** Number of operations, of a tenant and of the operator, whose requests can be repeated at least. */
const REPEATED_LEAST = 5;
const UNCONFIRMED = always(403, "confirmation_needed");

async function signedOut(member: Member): Promise<() => Promise<unknown>> {
	return without("sign_in_sessions", "person_id = $1", (await makePerson(member)).person_id);
}

async function unconfirmed(member: Member): Promise<() => Promise<unknown>> {
	const { person_id } = await makePerson(member);
	const set = (time: string) => `update sign_in_sessions set confirmed_at = ${time} where person_id = $1`;
	return altered(set("now() - interval '2 hours'"), set("now()"), person_id);
}

async function endedPortal(): Promise<() => Promise<unknown>> {
	const set = (time: string) => `update portal_sessions set session_expires_at = ${time} where tenant_id = $1 and redeemed_at is not null`;
	return altered(set("now() - interval '1 second'"), set("now() + interval '1 hour'"), tenant_id);
}

suite("a body that arrives after its sender lost access changes nothing", { concurrency: false }, () => {
	test("a member who was removed", () => refused(MANAGED, asPage(owner.browser), NOT_FOUND, () => without("members", "id = $1", owner.member_id)));

	test("a member whose role no longer suffices", async () => {
		const demote = (role: string) =>
			altered(`update members set role = '${role}' where id = $1`, "update members set role = 'owner' where id = $1", owner.member_id);
		const needs = (...roles: string[]) => MANAGED.filter(({ row }) => roles.includes(row.access));
		await refused(needs("owner"), asPage(owner.browser), ROLE, () => demote("admin"));
		await refused(needs("owner", "admin"), asPage(owner.browser), ROLE, () => demote("viewer"));
	});

	test("a member who was signed out", () => refused(MANAGED, asPage(owner.browser), SIGNED_OUT, () => signedOut(owner)));

	test("a member whose password was last entered too long ago", () => {
		const confirmed = MANAGED.filter(({ row }) => row.confirm === true);
		return refused(confirmed, asPage(owner.browser), UNCONFIRMED, () => unconfirmed(owner));
	});

	test("every caller of a suspended tenant, except on routes that stay available", async () => {
		const stopped = MANAGED.filter(({ row }) => row.while_suspended !== true);
		const suspend = () =>
			altered("update tenants set status = 'suspended' where id = $1", "update tenants set status = 'active' where id = $1", tenant_id);
		for (const credential of [asPage(owner.browser), server.bearer]) await refused(stopped, credential, always(403, "tenant_suspended"), suspend);
	});

	test("a person of a portal whose session was ended", async () => {
		const portal = await newPortalPerson(server, tenant_id, "owner");
		await refused([...MANAGED, ...PERSONAL], asPage(portal), SIGNED_OUT, endedPortal);
	});

	test("an operator who was removed, in the operator API and in a tenant", async () => {
		const code: Expected = ({ row }) => (row.access === "operator" ? [403, "role_not_allowed"] : [404, "not_found"]);
		const { person_id } = await makePerson(operator);
		await refused([...OPERATED, ...MANAGED], asPage(operator.browser), code, () => without("operators", "person_id = $1", person_id));
	});

	test("an operator who was signed out", () => refused([...OPERATED, ...MANAGED], asPage(operator.browser), SIGNED_OUT, () => signedOut(operator)));

	test("an operator whose password was last entered too long ago", () => {
		const confirmed = [...OPERATED, ...MANAGED].filter(({ row }) => row.confirm === true);
		return refused(confirmed, asPage(operator.browser), UNCONFIRMED, () => unconfirmed(operator));
	});

	test("a person who was signed out, about their own session", () => refused(PERSONAL, asPage(owner.browser), SIGNED_OUT, () => signedOut(owner)));

	test("a service whose credential was revoked", async () => {
		const { id, credential } = await makeService(server);
		await refused(SERVED, { authorization: `Bearer ${credential}` }, SIGNED_OUT, async () => {
			expectStatus(await server.operator("DELETE", `/services/${id}`), 204);
			return async () => undefined;
		});
	});

	test("a key that was revoked", async () => {
		const permissions = ["documents:write", "key:rotate"];
		const [used, { id, raw_key }] = [await makeKey(server, tenant_id, { permissions }), await makeKey(server, tenant_id, { permissions })];
		const text = { title: "T", content: "C" };
		// The tenant's first document, refused or not, makes the row that counts them.
		expectStatus(await server.keyed(used.raw_key, "POST", `/sites/${values.site_id}/documents/text`, text), 201);
		expectStatus(await server.keyed(raw_key, "POST", "/key/rotate", {}), 201);
		await refused(KEYED, { "x-api-key": raw_key }, always(401, "key_revoked"), async () => {
			expectStatus(await server.management(tenant_id, "POST", `/api-keys/${id}/revoke`, { reason: "other" }), 200);
			return async () => undefined;
		});
	});

	test("a member and an operator who were removed, also when they repeat a request that was answered before", async () => {
		const credentialOf = (browser: Browser) => (changing: Changing) => ({ ...asPage(browser), "idempotency-key": changing.operation.id });
		const answeredBefore = async (those: readonly Changing[], browser: Browser): Promise<Changing[]> => {
			const answered: Changing[] = [];
			for (const changing of those.filter(({ operation }) => operation.method === "POST" && operation.status === 201)) {
				const call = callOf(changing);
				const answer = await server.send({ ...call, headers: { ...call.headers, ...credentialOf(browser)(changing) } });
				if (answer.status === 201) answered.push(changing);
			}
			return answered;
		};
		const managed = await answeredBefore(MANAGED, owner.browser);
		// An operator of its own: what one has made is counted below.
		const other = await newOperator((await makeWorld(server)).tenant.id);
		const operated = await answeredBefore(OPERATED, other.browser);
		ok(managed.length >= REPEATED_LEAST && operated.length >= REPEATED_LEAST, `${managed.length} and ${operated.length}`);
		await refused(managed, credentialOf(owner.browser), NOT_FOUND, () => without("members", "id = $1", owner.member_id));
		const { person_id } = await makePerson(other);
		await refused(operated, credentialOf(other.browser), ROLE, () => without("operators", "person_id = $1", person_id));
	});
});

interface Ends {
	readonly ends: { readonly kind: string; readonly id: string; readonly name: string | null }[];
	readonly keys_shown: { readonly key_id: string; readonly how: string }[];
}

interface OperatorEnds {
	readonly ends: { readonly kind: string; readonly id: string; readonly tenant_id: string | null }[];
	readonly keys_shown: { readonly key_id: string; readonly how: string; readonly tenant_id: string }[];
}

async function reveal(url: unknown): Promise<Answer> {
	return server.send({ method: "POST", path: "/api/v1/handovers/reveal", body: { token: getToken(url), name: "Dora" } });
}

async function accept(url: unknown): Promise<Answer> {
	const body = { token: getToken(url), name: "Nora", email: `${newName("new")}@example.com`, password: PASSWORD };
	return server.send({ method: "POST", path: "/api/v1/invitations/accept", body });
}

const KEY = { name: "prod-handed-over", environment: "prod", owner: "Olivia" };

/** A handover link to a new key, created by the person of the browser. */
async function handedOver(browser: Browser): Promise<{ url: unknown; key_id: string }> {
	const made = expectStatus(await browser.management(tenant_id, "POST", "/api-keys", { ...KEY, handover: {} }), 201);
	return { url: made.json.handover_url, key_id: made.as<{ key: { id: string } }>().key.id };
}

async function invited(browser: Browser): Promise<unknown> {
	return expectStatus(await browser.management(tenant_id, "POST", "/invitations", { role: "owner" }), 201).json.url;
}

async function getAudit(action: string, target_id: string): Promise<unknown[]> {
	const where = "action = $1 and target_id = $2";
	return (await database.rows(`select details -> 'facts' as facts from audit_entries where ${where}`, [action, target_id])).map(({ facts }) => facts);
}

suite("unused links of a person end when the person loses access", { concurrency: false }, () => {
	test("a removed admin's links neither reveal a key nor add a secret to a live one; the preview lists them and the keys shown to the admin", async () => {
		const admin = await newMember(server, tenant_id, "admin");
		const handed = await handedOver(admin.browser);
		const shown = expectStatus(await admin.browser.management(tenant_id, "POST", "/api-keys", KEY), 201);
		const { key } = shown.as<{ key: { id: string } }>();
		const rotating = await makeKey(server, tenant_id);
		const begun = await admin.browser.management(tenant_id, "POST", `/api-keys/${rotating.id}/rotate`, { handover: {} });
		const { rotation, handover_url } = expectStatus(begun, 201).as<{ rotation: { id: string }; handover_url: string }>();
		const path = `/members/${admin.member_id}`;
		const preview = expectStatus(await owner.browser.management(tenant_id, "GET", `${path}/removal-preview`), 200).as<Ends>();
		deepEqual(preview.ends.map(({ kind }) => kind).sort(), ["handover", "handover", "rotation"]);
		deepEqual(
			preview.keys_shown.map(({ key_id, how }) => [key_id, how]),
			[[key.id, "shown"]],
		);
		const demotion = expectStatus(await owner.browser.management(tenant_id, "GET", `${path}/removal-preview?role=admin`), 200).as<Ends>();
		deepEqual(demotion.ends, []);
		const other = await newMember(server, tenant_id, "admin");
		expectStatus(await other.browser.management(tenant_id, "GET", `${path}/removal-preview`), 403);
		expectStatus(await owner.browser.management(tenant_id, "DELETE", path), 204);

		equal(expectStatus(await reveal(handed.url), 409).json.code, "conflict");
		equal(expectStatus(await reveal(handover_url), 409).json.code, "conflict");
		const { secrets } = expectStatus(await server.management(tenant_id, "GET", `/api-keys/${rotating.id}`), 200).as<{ secrets: unknown[] }>();
		equal(secrets.length, 1);
		const ended = await server.management(tenant_id, "GET", `/api-keys/${rotating.id}/rotations/${rotation.id}`);
		equal(expectStatus(ended, 200).json.status, "cancelled");
		const [cancelled] = await getAudit("handover.cancelled", handed.key_id);
		equal((cancelled as { because: string }).because, "member.removed");
		const events = await database.rows("select 1 from outbox where type = 'rotation.cancelled' and data ->> 'rotation_id' = $1", [rotation.id]);
		equal(events.length, 1);
		const [removed] = await getAudit("member.removed", admin.member_id);
		deepEqual((removed as { ended: { kind: string }[] }).ended.map(({ kind }) => kind).sort(), ["handover", "handover", "rotation"]);
	});

	test("a demotion ends exactly the links that the new role may not create, and its preview lists them", async () => {
		const second = await newMember(server, tenant_id, "owner");
		const [invitation, handed, later] = [await invited(second.browser), await handedOver(second.browser), await handedOver(second.browser)];
		const path = `/members/${second.member_id}`;
		const demote = (role: string) => owner.browser.management(tenant_id, "PATCH", path, { role });
		const preview = async (role: string) => {
			const answer = await owner.browser.management(tenant_id, "GET", `${path}/removal-preview?role=${role}`);
			return expectStatus(answer, 200)
				.as<Ends>()
				.ends.map(({ kind }) => kind)
				.sort();
		};
		deepEqual(
			[await preview("owner"), await preview("admin"), await preview("viewer")],
			[[], ["invitation"], ["handover", "handover", "invitation"]],
		);
		expectStatus(await demote("admin"), 200);
		expectStatus(await accept(invitation), 404);
		expectStatus(await reveal(handed.url), 200);
		deepEqual(await preview("viewer"), ["handover"]);
		expectStatus(await demote("viewer"), 200);
		expectStatus(await reveal(later.url), 409);
	});

	test("a removed operator's links start no session and set no password, and sessions from such links end with everything created in them, as the preview lists", async () => {
		const { person_id } = await makePerson(operator);
		const person = { external_user_id: "user-9", name: "Paula", role: "owner", confirmed: true };
		const link = async () => {
			const made = await operator.browser.send("POST", `/api/v1/operator/tenants/${tenant_id}/portal-sessions`, person);
			return getToken(expectStatus(made, 201).json.url);
		};
		const portal = new Browser(server);
		expectStatus(await portal.send("POST", "/api/v1/portal-sessions/redeem", { token: await link() }), 200);
		const [waiting, handed, by_portal, by_operator] = [
			await link(),
			await handedOver(portal),
			await invited(portal),
			await invited(operator.browser),
		];
		const reset = async () => {
			const made = await operator.browser.send("POST", "/api/v1/operator/password-resets", { email: owner.email });
			return { token: getToken(expectStatus(made, 201).json.url), newPassword: "taken over by a link" };
		};
		const take = (body: unknown) => server.send({ method: "POST", path: "/api/auth/reset-password", body });
		const [unseen, ended] = [await reset(), await reset()];
		const colleague = await operator.browser.send("POST", "/api/v1/operator/operators", { email: `${newName("colleague")}@example.com` });
		const restore = await without("operators", "person_id = $1", person_id);
		expectStatus(await take(unseen), 404);
		await restore();
		const key = expectStatus(await operator.browser.management(tenant_id, "POST", "/api-keys", KEY), 201).as<{ key: { id: string } }>().key;
		const preview = expectStatus(await server.operator("GET", `/operators/${person_id}/removal-preview`), 200).as<OperatorEnds>();
		expectStatus(await server.operator("GET", "/operators/per_unknown/removal-preview"), 404);
		expectStatus(await server.operator("DELETE", `/operators/${person_id}`), 204);
		expectStatus(await new Browser(server).send("POST", "/api/v1/portal-sessions/redeem", { token: waiting }), 404);
		expectStatus(await portal.management(tenant_id, "GET", "/api-keys"), 401);
		expectStatus(await reveal(handed.url), 409);
		for (const url of [by_portal, by_operator, expectStatus(colleague, 201).json.url]) expectStatus(await accept(url), 404);
		expectStatus(await take(ended), 404);
		expectStatus(await new Browser(server).signIn(owner.email), 200);
		const [removed] = await getAudit("operator.removed", String(person_id));
		const kinds = (removed as { ended: { kind: string }[] }).ended.map(({ kind }) => kind);
		const resets = ["password_reset", "password_reset"];
		deepEqual(kinds.sort(), ["handover", "invitation", "invitation", "operator_invitation", ...resets, "portal_link", "portal_session"].sort());
		deepEqual(preview.ends.map(({ kind }) => kind).sort(), kinds);
		const tenants = Map.groupBy(preview.ends, ({ kind }) => /^(?:password|operator)/.test(kind));
		deepEqual(
			[true, false].map((of_none) => [...new Set(tenants.get(of_none)?.map((thing) => thing.tenant_id))]),
			[[null], [tenant_id]],
		);
		deepEqual(
			preview.keys_shown.filter(({ tenant_id: of }) => of === tenant_id).map(({ key_id, how }) => [key_id, how]),
			[[key.id, "shown"]],
		);
	});

	test("ending a portal session ends the links that were created in it", async () => {
		const newestId = async () => {
			const [newest] = await database.rows("select id from portal_sessions where tenant_id = $1 order by created_at desc limit 1", [tenant_id]);
			return String(newest?.id);
		};
		const ways = [
			(portal: Browser) => portal.send("DELETE", "/api/v1/session"),
			async () => owner.browser.management(tenant_id, "DELETE", `/portal-sessions/${await newestId()}`),
			async (portal: Browser) => portal.management(tenant_id, "DELETE", `/portal-sessions/${await newestId()}`),
		];
		for (const end of ways) {
			const portal = await newPortalPerson(server, tenant_id, "owner");
			const [handed, invitation] = [await handedOver(portal), await invited(portal)];
			expectStatus(await end(portal), 204);
			expectStatus(await portal.management(tenant_id, "GET", "/api-keys"), 401);
			expectStatus(await reveal(handed.url), 409);
			expectStatus(await accept(invitation), 404);
			const [ended] = await getAudit("portal_session.ended", await newestId());
			deepEqual((ended as { ended: { kind: string }[] }).ended.map(({ kind }) => kind).sort(), ["handover", "invitation"]);
		}
	});

	test("what was created in a portal session expires with it, whatever lifetime was asked for, and a shorter lifetime is kept", async () => {
		const portal = await newPortalPerson(server, tenant_id, "owner");
		const [session] = await database.rows("select session_expires_at from portal_sessions where tenant_id = $1 order by created_at desc limit 1", [
			tenant_id,
		]);
		const ends_at = session?.session_expires_at;
		ok(ends_at instanceof Date);
		const end = ends_at.toISOString();
		const expiry = async (path: string, field: string, body: unknown) => {
			const made = expectStatus(await portal.management(tenant_id, "POST", path, body), 201);
			return made.as<Record<string, { expires_at: string }>>()[field]?.expires_at ?? "";
		};
		const week = { expires_in_seconds: 604_800 };
		const [first, second] = [await makeKey(server, tenant_id), await makeKey(server, tenant_id)];
		deepEqual(
			[
				await expiry(`/api-keys/${first.id}/handovers`, "handover", week),
				await expiry(`/api-keys/${second.id}/rotate`, "handover", { handover: week }),
				await expiry("/invitations", "invitation", { role: "viewer", ...week }),
			],
			[end, end, end],
		);
		const shorter = await expiry("/invitations", "invitation", { role: "viewer", expires_in_seconds: 600 });
		ok(shorter !== "" && shorter < end);
		const by_owner = expectStatus(await owner.browser.management(tenant_id, "POST", "/invitations", { role: "viewer", ...week }), 201);
		ok(by_owner.as<{ invitation: { expires_at: string } }>().invitation.expires_at > end);
	});

	test("a link is refused if its creator has lost access, even if the link itself was not ended", async () => {
		const gone = await newMember(server, tenant_id, "owner");
		const [handed, invitation] = [await handedOver(gone.browser), await invited(gone.browser)];
		await without("members", "id = $1", gone.member_id);
		expectStatus(await reveal(handed.url), 409);
		expectStatus(await accept(invitation), 404);
	});
});

/** Enough that every two of the requests below overlap in either order. */
const ROUNDS = 6;

test("changes that race with the end of their callers' access do not deadlock: each succeeds or is refused", async () => {
	const second = await newMember(server, tenant_id, "owner");
	const runner = await newOperator(tenant_id);
	const { person_id } = await makePerson(runner);
	const portal = await newPortalPerson(server, tenant_id, "owner");
	const [key, revoked] = [await makeKey(server, tenant_id), await makeKey(server, tenant_id)];
	const browsers = [owner.browser, second.browser, runner.browser, portal];
	const race = (round: number): Promise<Answer>[] => [
		...browsers.flatMap((browser) => [
			browser.management(tenant_id, "POST", "/api-keys", { ...KEY, handover: {} }),
			browser.management(tenant_id, "PATCH", `/api-keys/${key.id}`, { labels: { round: String(round) } }),
			browser.management(tenant_id, "POST", `/api-keys/${revoked.id}/revoke`, { reason: "other" }),
			browser.management(tenant_id, "PATCH", `/members/${second.member_id}`, { role: round % 2 === 0 ? "admin" : "owner" }),
		]),
		runner.browser.send("PUT", "/api/v1/operator/plans/raced", { name: `Plan ${round}`, capabilities: ["m2m_api"] }),
		runner.browser.send("PATCH", `/api/v1/operator/tenants/${tenant_id}`, { name: `Tenant ${round}` }),
		second.browser.management(tenant_id, "POST", "/invitations", { role: "viewer" }),
	];
	const answers: Answer[] = [];
	for (let round = 0; round < ROUNDS; round += 1) answers.push(...(await Promise.all(race(round))));
	const ends = [
		server.operator("DELETE", `/operators/${person_id}`),
		owner.browser.management(tenant_id, "DELETE", `/members/${second.member_id}`),
		portal.send("DELETE", "/api/v1/session"),
	];
	answers.push(...(await Promise.all([...race(ROUNDS), ...ends, ...race(ROUNDS + 1)])));
	deepEqual(
		answers.filter(({ status }) => status >= 500).map(({ text }) => text),
		[],
	);
	for (const { created_by } of await database.rows(
		"select created_by from handovers where tenant_id = $1 and claimed_at is null and cancelled_at is null and expires_at > now()",
		[tenant_id],
	)) {
		const { id } = created_by as { id?: string };
		ok(id !== second.member_id && id !== person_id, "a link outlived its maker");
	}
});
