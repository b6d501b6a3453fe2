import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type MailTrap, mailTrap } from "../server/testing/mail-trap.ts";
import type { Answer } from "./client.ts";
import { Database, difference } from "./database.ts";
import { buildCall, MANAGEMENT } from "./operations.ts";
import { Browser, getToken, inviteToken, newMember, newPortalPerson, PASSWORD, type Role } from "./people.ts";
import { assertProblem, withoutRequestId } from "./problem.ts";
import { type Server, startServer } from "./server.ts";
import { expectStatus, makeWorld, newName } from "./things.ts";

const ROLES: readonly Role[] = ["viewer", "admin", "owner"];
const KEY_BODY = { name: "prod-order-bot", environment: "prod", owner: "Olivia" };

let server: Server;
let trap: MailTrap;
let database: Database;
let world: Awaited<ReturnType<typeof makeWorld>>;

before(async () => {
	trap = await mailTrap();
	const mail = { KEYWRIGHT_SMTP_URL: `smtp://127.0.0.1:${trap.port}`, KEYWRIGHT_MAIL_FROM: "keys@example.com" };
	server = await startServer({ demo: true, env: mail });
	database = await Database.open(server.data_dir);
	world = await makeWorld(server);
});
after(async () => {
	await database.close();
	await server.stop();
	await trap.close();
});

function ofTenant(path = ""): string {
	return `/api/v1/tenants/${world.tenant.id}${path}`;
}

test("the first owner joins by the printed link, chooses the tenant and creates a working key", async () => {
	const token = getToken(/Open the dashboard: (\S+)/.exec(server.logs.stderr)?.[1]);
	const browser = new Browser(server);
	const seen = expectStatus(await browser.send("POST", "/api/v1/invitations/read", { token }), 200).json;
	deepEqual([seen.tenant, seen.role, seen.email, seen.account_exists], [{ id: "demo", name: "Demo" }, "owner", null, false]);
	const join = { token, name: "Olivia Owner", email: "Olivia@Example.com", password: PASSWORD };
	deepEqual(expectStatus(await browser.send("POST", "/api/v1/invitations/accept", join), 200).json, { tenant_id: "demo" });
	const session = expectStatus(await browser.session(), 200).json;
	deepEqual(session.tenants, [{ id: "demo", name: "Demo", status: "active", role: "owner", plan: { id: "team", name: "Team" } }]);
	const { raw_key } = expectStatus(await browser.management("demo", "POST", "/api-keys", KEY_BODY), 201).json;
	expectStatus(await server.keyed(String(raw_key), "GET", "/whoami"), 200);
	assertProblem(await new Browser(server).send("POST", "/api/v1/invitations/accept", join), "not_found", [token]);
	ok(!`${server.logs.stdout}`.includes(token), "the link is in no log");
	const [entry] = await database.rows("select details from audit_entries where chain = 'demo' and action = 'key.created' order by seq desc limit 1");
	match(JSON.stringify(entry?.details), /"kind": ?"member".*olivia@example\.com|olivia@example\.com.*"kind": ?"member"/);
});

test("a wrong password and an unknown email address get the same bytes", async () => {
	const { email } = await newMember(server, world.tenant.id, "viewer");
	const answers: Answer[] = [];
	for (const [address, password] of [
		[email, "wrong password"],
		["nobody@example.com", "wrong password"],
		[email, ""],
	] as const)
		answers.push(await new Browser(server).signIn(address, password));
	for (const answer of answers) {
		assertProblem(answer, "credential_invalid", ["wrong password", email]);
		equal(withoutRequestId(answer), withoutRequestId(answers[0] as Answer));
		equal(answer.header("set-cookie"), "");
	}
	expectStatus(await new Browser(server).signIn(email.toUpperCase()), 200);
});

test("a password reset by mail does not disclose unknown addresses, works once and ends the other sessions", async () => {
	const { email, browser } = await newMember(server, world.tenant.id, "viewer");
	const ask = (address: string) => new Browser(server).send("POST", "/api/auth/request-password-reset", { email: address });
	const [known, unknown] = [await ask(email), await ask("nobody@example.com")];
	deepEqual(expectStatus(known, 200).json, { mail: true });
	equal(withoutRequestId(known), withoutRequestId(unknown));
	const to = (address: string) => trap.mails.filter((mail) => mail.to.includes(address) && mail.text.includes("/reset-password#"));
	for (const until = performance.now() + 5_000; to(email).length === 0 && performance.now() < until; await sleep(20));
	deepEqual([to(email).length, to("nobody@example.com").length], [1, 0]);
	const token = /\/reset-password#(\S+)/.exec(to(email)[0]?.text ?? "")?.[1];
	const reset = () => new Browser(server).send("POST", "/api/auth/reset-password", { token, newPassword: "another horse battery" });
	expectStatus(await reset(), 204);
	assertProblem(await reset(), "not_found");
	assertProblem(await browser.session(), "credential_invalid");
	expectStatus(await new Browser(server).signIn(email, "another horse battery"), 200);
	ok(!server.logs.stdout.includes(String(token)));
});

test("the operator creates a reset link without mail, which sets a new password once and ends the other sessions", async () => {
	const { email, browser } = await newMember(server, world.tenant.id, "viewer");
	const { json } = expectStatus(await server.operator("POST", "/password-resets", { email }), 201);
	match(String(json.url), new RegExp(`^${server.url}/reset-password#`));
	const token = getToken(json.url);
	const set = (newPassword: string) => new Browser(server).send("POST", "/api/auth/reset-password", { token, newPassword });
	assertProblem(await set("short"), "invalid_request");
	expectStatus(await set("another horse battery"), 204);
	assertProblem(await set("a third horse battery"), "not_found", [token]);
	assertProblem(await browser.session(), "credential_invalid");
	assertProblem(await new Browser(server).signIn(email), "credential_invalid");
	expectStatus(await new Browser(server).signIn(email, "another horse battery"), 200);
	assertProblem(await server.operator("POST", "/password-resets", { email: "nobody@example.com" }), "not_found");
});

test("only documented paths exist: there is no self-service sign-up, and no other route of the auth library", async () => {
	const body = { email: "x@example.com", password: PASSWORD, name: "X" };
	for (const path of [
		"sign-up/email",
		"get-session",
		"list-sessions",
		"delete-user",
		"update-user",
		"ok",
		"error",
		"sign-in/social",
		"verify-password",
	])
		for (const method of ["GET", "POST"])
			assertProblem(await server.send({ method, path: `/api/auth/${path}`, ...(method === "POST" ? { body } : {}) }), "not_found");
});

test("a page of another site can neither read nor write with a person's cookies", async () => {
	const { browser } = await newMember(server, world.tenant.id, "owner");
	const before = await database.dump();
	const foreign: Record<string, string>[] = [
		{ origin: "https://evil.example" },
		{ origin: "null" },
		{ "sec-fetch-site": "cross-site" },
		{ "sec-fetch-site": "same-site" },
		{},
	];
	for (const headers of foreign) {
		for (const [method, path, body] of [
			["POST", ofTenant("/api-keys"), KEY_BODY],
			["DELETE", ofTenant(`/sites/${world.site.id}`), undefined],
			["PATCH", ofTenant(`/api-keys/${world.made.id}`), { name: "renamed" }],
			["DELETE", "/api/v1/session", undefined],
			["POST", "/api/auth/sign-out", undefined],
			["POST", "/api/auth/change-password", { currentPassword: PASSWORD, newPassword: "another horse battery" }],
		] as const) {
			const answer = await browser.bare({ method, path, headers, body });
			assertProblem(answer, "cross_site_request");
			equal(answer.header("access-control-allow-origin"), "");
		}
	}
	for (const path of ["/api/v1/session", ofTenant("/api-keys")])
		assertProblem(await browser.bare({ method: "GET", path, headers: { "sec-fetch-site": "cross-site" } }), "cross_site_request");
	const form = await browser.bare({
		method: "POST",
		path: ofTenant("/sites"),
		headers: { origin: server.url, "content-type": "application/x-www-form-urlencoded" },
		body: "name=X",
	});
	assertProblem(form, "unsupported_media_type");
	const sign_in = { method: "POST", path: "/api/auth/sign-in/email", body: { email: "a@example.com", password: "x" } };
	assertProblem(await server.send({ ...sign_in, headers: { origin: "https://evil.example" } }), "cross_site_request");
	const changed = difference(before, await database.dump());
	deepEqual(changed, { added: [], removed: [] });
	expectStatus(await browser.bare({ method: "GET", path: "/api/v1/session", headers: { "sec-fetch-site": "same-origin" } }), 200);
	const localhost = server.url.replace("127.0.0.1", "localhost");
	expectStatus(await browser.bare({ method: "POST", path: ofTenant("/sites"), headers: { origin: localhost }, body: { name: "S" } }), 201);
});

test("a cookie with another credential is refused as two identities on every kind of route", async () => {
	const { browser } = await newMember(server, world.tenant.id, "owner");
	const portal = await newPortalPerson(server, world.tenant.id, "owner");
	const others: Record<string, string>[] = [server.bearer, { "x-api-key": world.raw_key }, { authorization: "" }, { "x-api-key": "" }];
	for (const person of [browser, portal])
		for (const headers of others)
			for (const path of [ofTenant("/api-keys"), "/api/v1/session", "/api/v1/m2m/whoami", "/api/v1/operator/plans"])
				assertProblem(await person.bare({ method: "GET", path, headers }), "multiple_credentials", [world.raw_key]);
	const both = { cookie: `${browser.cookie}; ${portal.cookie}` };
	assertProblem(await server.send({ method: "GET", path: "/api/v1/session", headers: both }), "multiple_credentials");
	const twice = { cookie: `${browser.cookie}; ${browser.cookie}` };
	assertProblem(await server.send({ method: "GET", path: "/api/v1/session", headers: twice }), "multiple_credentials");
});

test("a person's cookie is not accepted as a credential of the operator, a key or a service", async () => {
	const { browser } = await newMember(server, world.tenant.id, "owner");
	assertProblem(await browser.send("GET", "/api/v1/operator/plans"), "role_not_allowed");
	assertProblem(await browser.send("POST", `/api/v1/operator/tenants/${world.tenant.id}/portal-sessions`, {}), "role_not_allowed");
	assertProblem(await browser.send("GET", "/api/v1/m2m/whoami"), "key_missing");
	assertProblem(await browser.send("POST", "/api/v1/verify", { raw_key: world.raw_key }), "credential_missing");
	assertProblem(await browser.send("GET", "/metrics"), "role_not_allowed");
});

test("another tenant and an unknown tenant get the same response, for members and portal persons", async () => {
	const other = await makeWorld(server);
	for (const browser of [(await newMember(server, world.tenant.id, "owner")).browser, await newPortalPerson(server, world.tenant.id, "owner")]) {
		for (const [method, path, body] of [
			["GET", "/api-keys", undefined],
			["GET", `/api-keys/${other.made.id}`, undefined],
			["POST", "/api-keys", KEY_BODY],
			["DELETE", `/sites/${other.site.id}`, undefined],
		] as const) {
			const [foreign, unknown] = [
				await browser.management(other.tenant.id, method, path, body),
				await browser.management("t-nobody", method, path, body),
			];
			assertProblem(foreign, "not_found", [other.tenant.id]);
			equal(withoutRequestId(foreign), withoutRequestId(unknown));
		}
	}
});

test("each management operation accepts exactly its role and higher ones, for members and portal persons", async () => {
	const { tenant } = await makeWorld(server);
	ok(MANAGEMENT.length >= 20 && MANAGEMENT.every(({ role }) => role !== "none"));
	for (const role of ROLES) {
		const people = [(await newMember(server, tenant.id, role)).browser, await newPortalPerson(server, tenant.id, role)];
		for (const operation of MANAGEMENT) {
			// Removing a member, and its preview, also depend on the member: see the tests of the team.
			if (operation.parameters.includes("member_id") && operation.role === "viewer" && role !== "owner") continue;
			const { method, path, body, headers } = buildCall(operation, { tenant_id: tenant.id });
			const may = ROLES.indexOf(role) >= ROLES.indexOf(operation.role as Role);
			for (const browser of people) {
				const answer = await browser.send(method, path, body, headers);
				if (may) ok(answer.status < 500 && ![401, 403].includes(answer.status), `${role}, ${operation.id}: ${answer.text}`);
				else {
					assertProblem(answer, "role_not_allowed");
					deepEqual([answer.json.role_needed, answer.json.role], [operation.role, role], operation.id);
				}
			}
		}
	}
});

test("a demoted or removed person loses access with the next request, and a removed person's session reaches no tenant", async () => {
	const { tenant } = await makeWorld(server);
	const owner = await newMember(server, tenant.id, "owner");
	const admin = await newMember(server, tenant.id, "admin");
	expectStatus(await admin.browser.management(tenant.id, "POST", "/sites", { name: "One" }), 201);
	expectStatus(await owner.browser.management(tenant.id, "PATCH", `/members/${admin.member_id}`, { role: "viewer" }), 200);
	const refused = await admin.browser.management(tenant.id, "POST", "/sites", { name: "Two" });
	assertProblem(refused, "role_not_allowed");
	match(String(refused.json.detail), /admin.*viewer/);
	expectStatus(await admin.browser.management(tenant.id, "GET", "/sites"), 200);
	expectStatus(await owner.browser.management(tenant.id, "DELETE", `/members/${admin.member_id}`), 204);
	const [gone, unknown] = [await admin.browser.management(tenant.id, "GET", "/sites"), await admin.browser.management("t-nobody", "GET", "/sites")];
	assertProblem(gone, "not_found");
	equal(withoutRequestId(gone), withoutRequestId(unknown));
	deepEqual(expectStatus(await admin.browser.session(), 200).json.tenants, []);
});

test("signing out ends only this session, and its cookie no longer works", async () => {
	const { browser, email } = await newMember(server, world.tenant.id, "viewer");
	const elsewhere = new Browser(server);
	expectStatus(await elsewhere.signIn(email), 200);
	const kept = browser.copy();
	expectStatus(await browser.send("DELETE", "/api/v1/session"), 204);
	ok(!/kw_(session|portal)=/.test(browser.cookie));
	assertProblem(await browser.session(), "credential_missing");
	assertProblem(await kept.session(), "credential_invalid");
	assertProblem(await kept.management(world.tenant.id, "GET", "/api-keys"), "credential_invalid");
	expectStatus(await elsewhere.session(), 200);
	expectStatus(await elsewhere.send("POST", "/api/auth/sign-out"), 204);
	assertProblem(await elsewhere.session(), "credential_missing");
});

test("the order of checks: credential, cross-site, membership, standing, role, body", async () => {
	const { tenant } = await makeWorld(server);
	const { browser: viewer } = await newMember(server, tenant.id, "viewer");
	const stranger = (await newMember(server, world.tenant.id, "owner")).browser;
	const path = `/api/v1/tenants/${tenant.id}/api-keys`;
	const post = (browser: Browser, headers: Record<string, string>) =>
		browser.bare({ method: "POST", path, headers: { "content-type": "application/json", ...headers }, body: "{ no JSON" });
	const [own, evil] = [{ origin: server.url }, { origin: "https://evil.example" }];
	assertProblem(await post(new Browser(server), evil), "credential_missing");
	assertProblem(await post(stranger, evil), "cross_site_request");
	assertProblem(await post(stranger, own), "not_found");
	assertProblem(await post(viewer, own), "role_not_allowed");
	expectStatus(await server.operator("PATCH", `/tenants/${tenant.id}`, { status: "suspended" }), 200);
	assertProblem(await post(stranger, own), "not_found");
	assertProblem(await post(viewer, own), "tenant_suspended");
	expectStatus(await viewer.management(tenant.id, "GET", "/api-keys"), 200);
	const session = expectStatus(await viewer.session(), 200).as<{ tenants: { status: string }[] }>();
	equal(session.tenants[0]?.status, "suspended");
	expectStatus(await server.operator("PATCH", `/tenants/${tenant.id}`, { status: "active" }), 200);
	const { browser: admin } = await newMember(server, tenant.id, "admin");
	assertProblem(await post(admin, own), "invalid_request");
});

test("a portal link works once, and its person's actions are audited under their name and email address", async () => {
	const { tenant } = await makeWorld(server);
	const person = { external_user_id: "user-77", name: "Paula Portal", email: "paula@example.com", role: "admin" };
	const { json } = expectStatus(await server.operator("POST", `/tenants/${tenant.id}/portal-sessions`, person), 201);
	const token = getToken(json.url);
	match(String(json.url), new RegExp(`^${server.url}/portal#kwp_`));
	assertProblem(await server.send({ method: "GET", path: "/api/v1/portal-sessions/redeem" }), "method_not_allowed");
	const browser = new Browser(server);
	deepEqual(expectStatus(await browser.send("POST", "/api/v1/portal-sessions/redeem", { token }), 200).json, { tenant_id: tenant.id });
	const again = await new Browser(server).send("POST", "/api/v1/portal-sessions/redeem", { token });
	const unknown = await new Browser(server).send("POST", "/api/v1/portal-sessions/redeem", { token: `kwp_${"A".repeat(43)}` });
	assertProblem(again, "not_found", [token]);
	equal(withoutRequestId(again), withoutRequestId(unknown));
	const session = expectStatus(await browser.session(), 200).as<{ person: Record<string, unknown>; tenants: { id: string; role: string }[] }>();
	deepEqual([session.person.kind, session.person.name, session.person.email], ["portal", "Paula Portal", "paula@example.com"]);
	deepEqual(
		session.tenants.map(({ id, role }) => [id, role]),
		[[tenant.id, "admin"]],
	);
	const made = expectStatus(await browser.management(tenant.id, "POST", "/api-keys", KEY_BODY), 201).as<{ key: { created_by: object } }>();
	const maker = { kind: "portal", id: session.person.id, name: "Paula Portal" };
	deepEqual(made.key.created_by, { ...made.key.created_by, ...maker });
	const [entry] = await database.rows(
		"select details -> 'actor' as actor from audit_entries where chain = $1 and action = 'key.created' order by seq desc",
		[tenant.id],
	);
	deepEqual(entry?.actor, { ...maker, email: "paula@example.com" });
	assertProblem(await browser.send("POST", "/api/v1/session/confirm", { password: PASSWORD }), "conflict");
	const dump = JSON.stringify(await database.dump());
	for (const secret of [token, browser.cookie.split("=")[1] ?? "none"]) ok(!dump.includes(secret), "a copy of the database opens nothing");
	expectStatus(await browser.send("DELETE", "/api/v1/session"), 204);
	assertProblem(await browser.session(), "credential_missing");
});

test("an expired portal link starts no session, and a portal session ends after one hour", async () => {
	const { tenant } = await makeWorld(server);
	const person = { external_user_id: "user-78", name: "Paula", role: "viewer" };
	const { json } = expectStatus(await server.operator("POST", `/tenants/${tenant.id}/portal-sessions`, person), 201);
	await database.rows("update portal_sessions set expires_at = now() - interval '1 second' where tenant_id = $1", [tenant.id]);
	assertProblem(await new Browser(server).send("POST", "/api/v1/portal-sessions/redeem", { token: getToken(json.url) }), "not_found");
	const browser = await newPortalPerson(server, tenant.id, "viewer");
	await database.rows("update portal_sessions set session_expires_at = now() where tenant_id = $1", [tenant.id]);
	assertProblem(await browser.management(tenant.id, "GET", "/api-keys"), "credential_invalid");
});

test("a person can have different roles in two tenants, and an Idempotency-Key is scoped to the person", async () => {
	const [one, two] = [await makeWorld(server), await makeWorld(server)];
	const { browser, email } = await newMember(server, one.tenant.id, "admin");
	const token = await inviteToken(server, two.tenant.id, "viewer", email);
	expectStatus(await browser.send("POST", "/api/v1/invitations/accept", { token, password: PASSWORD }), 200);
	const session = expectStatus(await browser.session(), 200).as<{ tenants: { id: string; role: string }[] }>();
	deepEqual(Object.fromEntries(session.tenants.map(({ id, role }) => [id, role])), { [one.tenant.id]: "admin", [two.tenant.id]: "viewer" });
	expectStatus(await browser.management(one.tenant.id, "POST", "/sites", { name: "S" }), 201);
	assertProblem(await browser.management(two.tenant.id, "POST", "/sites", { name: "S" }), "role_not_allowed");
	const colleague = await newMember(server, one.tenant.id, "admin");
	const same = { "idempotency-key": newName("once") };
	const make = (who: Browser) => who.management(one.tenant.id, "POST", "/sites", { name: "Once" }, same);
	const [mine, theirs, repeated] = [await make(browser), await make(colleague.browser), await make(browser)];
	notEqual(mine.json.id, theirs.json.id);
	equal(repeated.json.id, mine.json.id);
});

test("the response to an owner's invitation does not disclose whether the address has an account", async () => {
	const { tenant } = await makeWorld(server);
	const owner = await newMember(server, tenant.id, "owner");
	const { email: known, browser } = await newMember(server, world.tenant.id, "viewer");
	const answers: unknown[] = [];
	for (const email of [known, `${newName("stranger")}@example.com`]) {
		const { json } = expectStatus(await owner.browser.management(tenant.id, "POST", "/invitations", { role: "viewer", email }), 201);
		const token = getToken(json.url);
		const fake = new Browser(server);
		const { email: read_email, expires_at, ...seen } = expectStatus(await fake.send("POST", "/api/v1/invitations/read", { token }), 200).json;
		const wrong = await fake.send("POST", "/api/v1/invitations/accept", { token, password: "not their password" });
		assertProblem(wrong, "credential_invalid");
		const accepted = await fake.send("POST", "/api/v1/invitations/accept", { token, name: "Fake", password: "not their password" });
		equal(read_email, email);
		ok(typeof expires_at === "string");
		answers.push([seen, withoutRequestId(wrong), accepted.status, accepted.json]);
	}
	deepEqual(answers[0], answers[1]);
	expectStatus(await browser.session(), 200);
	expectStatus(await new Browser(server).signIn(known), 200);
});

test("a portal session cannot create permanent access unless its link says confirmed, and the refusal says what to do", async () => {
	const { tenant } = await makeWorld(server);
	const member = await newMember(server, tenant.id, "viewer");
	const stored = () =>
		database.rows("select id, role from invitations where tenant_id = $1 union all select id, role from members where tenant_id = $1", [tenant.id]);
	const before = await stored();
	const come = async (confirmed?: boolean) => {
		const person = { external_user_id: newName("user"), name: "Paula Portal", role: "owner", ...(confirmed === undefined ? {} : { confirmed }) };
		const { json } = expectStatus(await server.operator("POST", `/tenants/${tenant.id}/portal-sessions`, person), 201);
		const browser = new Browser(server);
		expectStatus(await browser.send("POST", "/api/v1/portal-sessions/redeem", { token: getToken(json.url) }), 200);
		return browser;
	};
	const invitation = { role: "owner", email: "paula@example.com" };
	for (const unconfirmed of [await come(), await come(false)]) {
		const ways = [
			await unconfirmed.management(tenant.id, "POST", "/invitations", invitation),
			await unconfirmed.management(tenant.id, "PATCH", `/members/${member.member_id}`, { role: "owner" }),
		];
		for (const answer of ways) {
			assertProblem(answer, "confirmation_needed", [invitation.email]);
			match(String(answer.json.detail), /makes with `confirmed`/);
		}
		deepEqual(await stored(), before);
		expectStatus(await unconfirmed.management(tenant.id, "POST", "/sites", { name: "Not of people" }), 201);
	}
	const confirmed = await come(true);
	expectStatus(await confirmed.management(tenant.id, "POST", "/invitations", invitation), 201);
	expectStatus(await confirmed.management(tenant.id, "PATCH", `/members/${member.member_id}`, { role: "admin" }), 200);
});

interface PortalSessions {
	readonly data: readonly { readonly id: string; readonly name: string; readonly status: string; readonly is_you: boolean }[];
}

test("owners and the operator can list portal sessions and links, and ending one takes effect with its next request", async () => {
	const { tenant } = await makeWorld(server);
	const [owner, admin] = [await newMember(server, tenant.id, "owner"), await newMember(server, tenant.id, "admin")];
	const [anonymous, second] = [await newPortalPerson(server, tenant.id, "owner"), await newPortalPerson(server, tenant.id, "viewer")];
	const late = { external_user_id: "u-late", name: "Late", role: "viewer" };
	const waiting = expectStatus(await server.operator("POST", `/tenants/${tenant.id}/portal-sessions`, late), 201);
	const list = async (who: Browser) => expectStatus(await who.management(tenant.id, "GET", "/portal-sessions"), 200).as<PortalSessions>().data;
	const listed = await list(owner.browser);
	deepEqual(
		listed.map(({ name, status, is_you }) => [name, status, is_you]),
		[
			["Late", "waiting", false],
			["Paula Portal", "active", false],
			["Paula Portal", "active", false],
		],
	);
	ok(!/kwp_|token|digest|session_expires/.test(JSON.stringify(listed)));
	deepEqual(
		(await list(anonymous)).map(({ is_you }) => is_you),
		[false, false, true],
	);
	for (const low of [admin.browser, second]) {
		assertProblem(await low.management(tenant.id, "GET", "/portal-sessions"), "role_not_allowed");
		for (const { id } of listed) assertProblem(await low.management(tenant.id, "DELETE", `/portal-sessions/${id}`), "role_not_allowed");
	}
	const [link, of_second, own] = listed;
	ok(link && of_second && own);
	const path = ({ id }: { id: string }) => `/portal-sessions/${id}`;
	expectStatus(await owner.browser.management(tenant.id, "DELETE", path(of_second)), 204);
	assertProblem(await second.management(tenant.id, "GET", "/api-keys"), "credential_invalid");
	expectStatus(await anonymous.management(tenant.id, "DELETE", path(own)), 204);
	assertProblem(await anonymous.management(tenant.id, "GET", "/portal-sessions"), "credential_invalid");
	expectStatus(await server.management(tenant.id, "DELETE", path(link)), 204);
	assertProblem(await new Browser(server).send("POST", "/api/v1/portal-sessions/redeem", { token: getToken(waiting.json.url) }), "not_found");
	deepEqual(expectStatus(await server.management(tenant.id, "GET", "/portal-sessions"), 200).json, { data: [], next_cursor: null });
	for (const gone of [link, own, { id: "ptl_none" }]) assertProblem(await owner.browser.management(tenant.id, "DELETE", path(gone)), "not_found");
});
