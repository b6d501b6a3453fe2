import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Database, difference } from "./database.ts";
import { buildCall, MANAGEMENT, OPERATIONS } from "./operations.ts";
import { Browser, getToken, inviteToken, type Member, newMember, newPortalPerson, PASSWORD } from "./people.ts";
import { assertProblem, withoutRequestId } from "./problem.ts";
import { environmentWith, ROOT, type Server, startServer } from "./server.ts";
import { expectStatus, makeWorld, newName } from "./things.ts";

const KEY_BODY = { name: "prod-order-bot", environment: "prod", owner: "Olivia" };
const OPERATOR = OPERATIONS.filter(({ path }) => path.startsWith("/api/v1/operator/") || path === "/metrics");

let server: Server;
let database: Database;
let world: Awaited<ReturnType<typeof makeWorld>>;

before(async () => {
	server = await startServer({ demo: true, env: { KEYWRIGHT_LOG_LEVEL: "warn" } });
	database = await Database.open(server.data_dir);
	world = await makeWorld(server);
});
after(async () => {
	await database.close();
	await server.stop();
});

function getId(email: string): Promise<string> {
	return database.rows("select id from people where email = $1", [email]).then(([row]) => String(row?.id));
}

/** A signed-in operator who is also a viewer of `tenant_id`. */
async function newOperator(tenant_id = world.tenant.id): Promise<Member & { readonly person_id: string }> {
	const member = await newMember(server, tenant_id, "viewer");
	await becomeOperator(member);
	return { ...member, person_id: await getId(member.email) };
}

/** Invites the person as an operator, accepts by the link and signs in again. */
async function becomeOperator({ email, browser }: Member): Promise<void> {
	const { json } = expectStatus(await server.operator("POST", "/operators", { email: email.toUpperCase() }), 201);
	const accept = { token: getToken(json.url), password: PASSWORD };
	deepEqual(expectStatus(await browser.send("POST", "/api/v1/invitations/accept", accept), 200).json, { tenant_id: null });
}

test("only the link of the first start makes its recipient owner of the demo tenant and operator", async () => {
	const token = getToken(/Open the dashboard: (\S+)/.exec(server.logs.stderr)?.[1]);
	const browser = new Browser(server);
	equal(expectStatus(await browser.send("POST", "/api/v1/invitations/read", { token }), 200).json.makes_operator, true);
	const join = { token, name: "Olivia Owner", email: "olivia@example.com", password: PASSWORD };
	expectStatus(await browser.send("POST", "/api/v1/invitations/accept", join), 200);
	equal(expectStatus(await browser.session(), 200).json.operator, true);
	expectStatus(await browser.send("GET", "/api/v1/operator/tenants"), 200);
	const { data } = expectStatus(await browser.send("GET", "/api/v1/operator/operators"), 200).as<{ data: Record<string, unknown>[] }>();
	deepEqual(
		data.map(({ email, is_you, created_by }) => [email, is_you, created_by]),
		[["olivia@example.com", true, { kind: "member", name: "Olivia Owner" }]],
	);
	const [entry] = await database.rows("select target_id from audit_entries where chain = '*' and action = 'operator.added'");
	equal(entry?.target_id, await getId("olivia@example.com"));

	const invited = await inviteToken(server, world.tenant.id, "owner");
	equal(expectStatus(await browser.send("POST", "/api/v1/invitations/read", { token: invited }), 200).json.makes_operator, false);
	const owner = new Browser(server);
	const other = { token: invited, name: "Otto", email: `${newName("otto")}@example.com`, password: PASSWORD };
	expectStatus(await owner.send("POST", "/api/v1/invitations/accept", other), 200);
	equal(expectStatus(await owner.session(), 200).json.operator, false);
	assertProblem(await owner.send("GET", "/api/v1/operator/tenants"), "role_not_allowed");
});

test("every operator route refuses a tenant's owner, signed in or by portal link, and nothing changes", async () => {
	const { browser } = await newMember(server, world.tenant.id, "owner");
	const portal = await newPortalPerson(server, world.tenant.id, "owner");
	ok(OPERATOR.length >= 20);
	const before = await database.dump();
	for (const operation of OPERATOR)
		for (const person of [browser, portal]) {
			const { method, path, body, headers } = buildCall(operation, { tenant_id: world.tenant.id, plan_id: "plan-1", person_id: "per_x" });
			const answer = await person.send(method, path, body, headers);
			assertProblem(answer, "role_not_allowed");
			match(String(answer.json.detail), /operator of this instance/);
		}
	deepEqual(difference(before, await database.dump()), { added: [], removed: [] });
	for (const person of [browser, portal]) equal(expectStatus(await person.session(), 200).json.operator, false);
});

test("an owner who invites themselves or requests the operator role keeps their role", async () => {
	const owner = await newMember(server, world.tenant.id, "owner");
	assertProblem(await owner.browser.send("POST", "/api/v1/operator/operators", { email: owner.email }), "role_not_allowed");
	assertProblem(await owner.browser.management(world.tenant.id, "POST", "/invitations", { role: "operator" }), "invalid_request");
	const forged = await owner.browser.management(world.tenant.id, "POST", "/invitations", { role: "owner", makes_operator: true });
	assertProblem(forged, "unknown_field");
	assertProblem(await owner.browser.send("POST", "/api/v1/operator/password-resets", { email: "olivia@example.com" }), "role_not_allowed");
	equal(expectStatus(await owner.browser.session(), 200).json.operator, false);
});

test("an operator's session works on every tenant, with operator rights where they are no member or a lesser one, and is audited by name", async () => {
	const other = await makeWorld(server);
	const operator = await newOperator();
	for (const tenant_id of [other.tenant.id, world.tenant.id]) {
		const made = expectStatus(await operator.browser.management(tenant_id, "POST", "/api-keys", KEY_BODY), 201).as<{
			key: Record<string, unknown>;
		}>();
		deepEqual(made.key.created_by, { kind: "operator", id: operator.person_id, name: `Member ${operator.email}` });
		const [entry] = await database.rows("select details from audit_entries where chain = $1 and action = 'key.created' order by seq desc limit 1", [
			tenant_id,
		]);
		const { actor } = (entry?.details ?? {}) as { actor: Record<string, unknown> };
		deepEqual([actor.kind, actor.id, actor.email], ["operator", operator.person_id, operator.email]);
		equal(expectStatus(await operator.browser.management(tenant_id, "GET", "/access"), 200).json.role, "operator");
	}
	assertProblem(await operator.browser.management("t-nobody", "GET", "/api-keys"), "not_found");
	for (const operation of MANAGEMENT) {
		const { method, path, body, headers } = buildCall(operation, { tenant_id: other.tenant.id });
		const answer = await operator.browser.send(method, path, body, headers);
		ok(answer.status < 500 && ![401, 403].includes(answer.status), `${operation.id}: ${answer.text}`);
	}
});

test("where an operator is an owner, they act as the member that they are", async () => {
	const { tenant } = await makeWorld(server);
	const owner = await newMember(server, tenant.id, "owner");
	await becomeOperator(owner);
	const made = expectStatus(await owner.browser.management(tenant.id, "POST", "/api-keys", KEY_BODY), 201).as<{ key: Record<string, unknown> }>();
	deepEqual((made.key.created_by as { kind: string; id: string }).kind, "member");
	equal(expectStatus(await owner.browser.management(tenant.id, "GET", "/access"), 200).json.role, "owner");
});

test("sessions from before a person became an operator are ended, so that a stolen one gains no rights", async () => {
	const member = await newMember(server, world.tenant.id, "viewer");
	const stolen = member.browser.copy();
	const reset = expectStatus(await server.operator("POST", "/password-resets", { email: member.email }), 201);
	await becomeOperator(member);
	assertProblem(await stolen.session(), "credential_invalid");
	const token = getToken(reset.json.url);
	assertProblem(await new Browser(server).send("POST", "/api/auth/reset-password", { token, newPassword: "another horse battery" }), "not_found");
	expectStatus(await member.browser.send("GET", "/api/v1/operator/plans"), 200);
	// A repetition is refused and ends no session.
	assertProblem(await server.operator("POST", "/operators", { email: member.email }), "conflict");
	equal(expectStatus(await member.browser.session(), 200).json.operator, true);
});

test("an account that an owner created for an unverified address does not become an operator: accepting the operator's link takes it over", async () => {
	const owner = await newMember(server, world.tenant.id, "owner");
	const email = `${newName("cto")}@example.com`;
	const { json } = expectStatus(await owner.browser.management(world.tenant.id, "POST", "/invitations", { role: "viewer", email }), 201);
	const fake = new Browser(server);
	const squat = { token: getToken(json.url), name: "Not the CTO", password: "a squatter's password" };
	expectStatus(await fake.send("POST", "/api/v1/invitations/accept", squat), 200);
	const { json: made } = expectStatus(await server.operator("POST", "/operators", { email }), 201);
	assertProblem(await fake.send("GET", "/api/v1/operator/tenants"), "role_not_allowed");
	const { data } = expectStatus(await server.operator("GET", "/operator-invitations"), 200).as<{ data: { email: string }[] }>();
	ok(data.some((waiting) => waiting.email === email));
	const cto = new Browser(server);
	const accept = { token: getToken(made.url), name: "The CTO", password: PASSWORD };
	expectStatus(await cto.send("POST", "/api/v1/invitations/accept", accept), 200);
	expectStatus(await cto.send("GET", "/api/v1/operator/tenants"), 200);
	assertProblem(await fake.session(), "credential_invalid");
	assertProblem(await new Browser(server).signIn(email, "a squatter's password"), "credential_invalid");
});

test("a page of another site cannot use an operator's cookie", async () => {
	const { browser } = await newOperator();
	const before = await database.dump();
	const call = { method: "POST", path: "/api/v1/operator/services", body: { name: "Evil" } };
	for (const headers of [
		{ origin: "https://evil.example" },
		{ "sec-fetch-site": "cross-site" },
		{ "sec-fetch-site": "same-site" },
		{ origin: "null", "sec-fetch-site": "same-origin" },
		{},
	])
		assertProblem(await browser.bare({ ...call, headers }), "cross_site_request");
	const read = await browser.bare({ method: "GET", path: "/api/v1/operator/operators", headers: { "sec-fetch-site": "cross-site" } });
	assertProblem(read, "cross_site_request");
	const form = { method: "POST", path: call.path, body: "name=Evil", headers: { origin: server.url, "content-type": "text/plain" } };
	assertProblem(await browser.bare(form), "unsupported_media_type");
	deepEqual(difference(before, await database.dump()), { added: [], removed: [] });
});

test("the order of checks: credential, cross-site, role, password, body", async () => {
	const operator = await newOperator();
	const { browser: owner } = await newMember(server, world.tenant.id, "owner");
	const post = (browser: Browser, origin: string) => browser.send("POST", "/api/v1/operator/services", { wrong: true }, { origin });
	assertProblem(await post(new Browser(server), "https://evil.example"), "credential_missing");
	assertProblem(await post(owner, "https://evil.example"), "cross_site_request");
	await database.rows("update sign_in_sessions set confirmed_at = now() - interval '61 minutes', created_at = now() - interval '2 hours'");
	assertProblem(await post(owner, server.url), "role_not_allowed");
	assertProblem(await post(operator.browser, server.url), "confirmation_needed");
	expectStatus(await operator.browser.send("POST", "/api/v1/session/confirm", { password: PASSWORD }), 204);
	assertProblem(await post(operator.browser, server.url), "invalid_request");
});

test("an hour after sign-in, operations that create secrets, delete or invite require an operator's password; reads do not", async () => {
	const operator = await newOperator();
	await database.rows("update sign_in_sessions set confirmed_at = now() - interval '61 minutes' where person_id = $1", [operator.person_id]);
	const asked = OPERATOR.filter(
		({ method, id }) => method === "DELETE" || /^post_operator_(services|operators|password_resets|tenants_by_tenant_id_portal_sessions)$/.test(id),
	);
	ok(asked.length >= 8);
	for (const operation of asked) {
		const { method, path, body, headers } = buildCall(operation, { tenant_id: "t-nobody", plan_id: "p-nobody", person_id: "per_x" });
		assertProblem(await operator.browser.send(method, path, body, headers), "confirmation_needed");
	}
	for (const operation of OPERATOR.filter(({ method, parameters }) => method === "GET" && parameters.length === 0))
		expectStatus(await operator.browser.send("GET", operation.path), 200);
});

test("a removed operator is refused from the next request on, and their invitations as operator are void", async () => {
	const { tenant } = await makeWorld(server);
	const [one, two] = [await newOperator(), await newOperator()];
	const { json } = expectStatus(await two.browser.management(tenant.id, "POST", "/invitations", { role: "owner" }), 201);
	const token = getToken(json.url);
	expectStatus(await two.browser.management(tenant.id, "GET", "/api-keys"), 200);
	expectStatus(await one.browser.send("DELETE", `/api/v1/operator/operators/${two.person_id}`), 204);
	assertProblem(await two.browser.send("GET", "/api/v1/operator/tenants"), "role_not_allowed");
	assertProblem(await two.browser.send("DELETE", `/api/v1/operator/operators/${one.person_id}`), "role_not_allowed");
	const [gone, unknown] = [await two.browser.management(tenant.id, "GET", "/api-keys"), await two.browser.management("t-nobody", "GET", "/api-keys")];
	assertProblem(gone, "not_found");
	equal(withoutRequestId(gone), withoutRequestId(unknown));
	expectStatus(await two.browser.management(world.tenant.id, "GET", "/api-keys"), 200);
	assertProblem(await two.browser.management(world.tenant.id, "POST", "/api-keys", KEY_BODY), "role_not_allowed");
	assertProblem(await new Browser(server).send("POST", "/api/v1/invitations/read", { token }), "not_found");
	assertProblem(await one.browser.send("DELETE", `/api/v1/operator/operators/${two.person_id}`), "not_found");
});

test("of two operators who remove each other concurrently one remains", async () => {
	const pair = [await newOperator(), await newOperator()] as const;
	const answers = await Promise.all(
		pair.map(({ browser }, index) => browser.send("DELETE", `/api/v1/operator/operators/${pair[1 - index]?.person_id}`)),
	);
	deepEqual(answers.map(({ status }) => status).sort(), [204, 403]);
});

test("only the operator token, not a signed-in operator, creates a password reset link for another operator", async () => {
	const [one, two] = [await newOperator(), await newOperator()];
	const ask = (email: string) => one.browser.send("POST", "/api/v1/operator/password-resets", { email });
	for (const { email } of [one, two]) assertProblem(await ask(email), "role_not_allowed", [email]);
	const { email } = await newMember(server, world.tenant.id, "viewer");
	expectStatus(await ask(email), 201);
	expectStatus(await server.operator("POST", "/password-resets", { email: two.email }), 201);
});

test("an operator keeps their account when their last tenant is erased", async () => {
	const { tenant } = await makeWorld(server);
	const operator = await newOperator(tenant.id);
	const member = await newMember(server, tenant.id, "viewer");
	expectStatus(await operator.browser.send("DELETE", `/api/v1/operator/tenants/${tenant.id}`), 204);
	const session = expectStatus(await operator.browser.session(), 200).json;
	deepEqual([session.tenants, session.operator], [[], true]);
	assertProblem(await member.browser.session(), "credential_invalid");
});

test("the command of docs/dashboard.md that adds an operator runs unchanged", async () => {
	const page = readFileSync(join(ROOT, "docs/dashboard.md"), "utf8");
	const [define = ""] = /^operator\(\) .*$/m.exec(page) ?? [];
	const [add = ""] = /^operator .*\/operator\/operators".*$/m.exec(page) ?? [];
	const { email } = await newMember(server, world.tenant.id, "viewer");
	const script = `set -e\ncd "$FOLDER"\n${define.replace(".keywright/", "")}\n${add.replace("dana@acme.example", email)}`;
	const env = environmentWith({ KEYWRIGHT_URL: server.url, FOLDER: server.data_dir });
	const { promise, resolve, reject } = Promise.withResolvers<string>();
	execFile("bash", ["-c", script], { env, timeout: 20_000 }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
	equal((JSON.parse(await promise) as { invitation: { email: string } }).invitation.email, email);
});

test("the last operator can be removed: the operator token still works and adds another", async () => {
	const { data } = expectStatus(await server.operator("GET", "/operators"), 200).as<{ data: { person_id: string; is_you: boolean }[] }>();
	ok(data.every(({ is_you }) => !is_you));
	for (const { person_id } of data) expectStatus(await server.operator("DELETE", `/operators/${person_id}`), 204);
	deepEqual(expectStatus(await server.operator("GET", "/operators"), 200).json, { data: [] });
	await newOperator();
});
