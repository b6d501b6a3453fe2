import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../../testing/audit.ts";
import { TestBrowser, type TestPeople, testPeople } from "../../../testing/people.ts";
import { change } from "../../audit/change.ts";
import { ManualClock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import { makeOneTimeToken } from "../../core/one-time-token.ts";
import { read } from "../../database/transaction.ts";
import { putPlan } from "../../plans/plans.ts";
import { createTenant, updateTenant } from "../../tenants/tenants.ts";
import { endSession } from "../people/own-session.ts";
import { createPortalLink, redeemPortalSession } from "../portal/links.ts";
import { endPortalOfTenant } from "../portal/sessions.ts";
import { sweepSessions } from "../sweep.ts";
import { acceptInvitation, type JoinContext } from "./accept-invitation.ts";
import { inviteFirstOwner } from "./first-owner.ts";
import { readInvitation } from "./read-invitation.ts";

const PASSWORD = "correct horse battery";

const clock = new ManualClock(Date.now());
let db: TestDatabase;
let people: TestPeople;
let made = 0;

before(async () => {
	db = await testDatabase({ clock });
	people = testPeople(db, { clock });
	await putPlan(db.context(), { plan_id: "plan", name: "Plan", capabilities: ["m2m_api"] });
});
after(async () => {
	await people.close();
	await db.close();
});

async function newTenant(): Promise<string> {
	made += 1;
	return (await createTenant(db.context(), { id: `tenant-${made}`, name: `Tenant ${made}`, plan_id: "plan" })).id;
}

function newEmail(): string {
	made += 1;
	return `person-${made}@example.com`;
}

/** A link that the inviting owner sees; with `link_proves` one that an operator hands over. */
async function invite(tenant_id: string, email: string | null, role = "admin", link_proves = false): Promise<string> {
	const { text, digest: token_digest } = makeOneTimeToken("kwi");
	const now = clock.now();
	const created_by = { kind: "operator", name: "Olivia" };
	await change(db.context(), async (tx) => {
		const id = newId("inv");
		const times = { created_at: new Date(now), expires_at: new Date(now + 86_400_000) };
		await tx
			.insertInto("invitations")
			.values({ tenant_id, id, email, role, token_digest, link_proves, created_by: JSON.stringify(created_by), ...times })
			.execute();
		return { result: undefined, audit: [{ action: "invitation.created", target: { kind: "invitation", id }, tenant_id }] };
	});
	return text;
}

function joining(anonymous = new TestBrowser()): JoinContext & { anonymous: TestBrowser } {
	return {
		...db.context({ scope: "", actor: { kind: "system", name: "public" } }),
		sign_in: people.sign_in,
		session_cookies: people.cookies,
		anonymous,
	};
}

async function getMembers(tenant_id: string): Promise<{ email: string | null; role: string }[]> {
	return read(db.context(), (tx) =>
		tx
			.selectFrom("members as m")
			.innerJoin("people as p", "p.id", "m.person_id")
			.select(["p.email", "m.role"])
			.where("m.tenant_id", "=", tenant_id)
			.orderBy("p.email")
			.execute(),
	);
}

async function getAudit(tenant_id: string): Promise<{ action: string; actor: unknown }[]> {
	const rows = await read(db.context(), (tx) =>
		tx.selectFrom("audit_entries").select(["action", "details"]).where("chain", "=", tenant_id).orderBy("seq").execute(),
	);
	return rows.map(({ action, details }) => ({ action, actor: (details as { actor: unknown }).actor }));
}

/** Guarantee: the entry's actor has an id. */
function asActor(actor: unknown): { id: string } {
	return actor as { id: string };
}

test("accepting an invitation creates an account, a member and a session, and the audit log names the person", async () => {
	const tenant_id = await newTenant();
	const email = newEmail();
	const token = await invite(tenant_id, email);
	deepEqual(await readInvitation(joining(), { token }), {
		tenant: { id: tenant_id, name: `Tenant ${tenant_id.slice(7)}` },
		role: "admin",
		email,
		invited_by: "Olivia",
		expires_at: new Date(clock.now() + 86_400_000).toISOString(),
		account_exists: false,
		makes_operator: false,
	});
	const context = joining();
	deepEqual(await acceptInvitation(context, { token, name: "  Paul ", password: PASSWORD }), { tenant_id });
	deepEqual(await getMembers(tenant_id), [{ email, role: "admin" }]);
	const signed_in = await people.sessions.find(context.anonymous.cookie_header);
	ok(signed_in && "kind" in signed_in && signed_in.kind === "member" && signed_in.email === email && signed_in.name === "Paul");
	const joined = (await getAudit(tenant_id)).at(-1);
	equal(joined?.action, "member.joined");
	deepEqual({ ...asActor(joined?.actor), id: "" }, { kind: "member", id: "", name: "Paul", email });
	match(asActor(joined?.actor).id, /^mem_/);
});

test("an invitation is accepted once: of eight concurrent requests one joins, and the others get 404", async () => {
	const tenant_id = await newTenant();
	const token = await invite(tenant_id, null, "viewer");
	const attempts = Array.from({ length: 8 }, (_, index) =>
		acceptInvitation(joining(new TestBrowser(`192.0.2.${index}`)), { token, name: "P", email: newEmail(), password: PASSWORD }),
	);
	const answers = await Promise.allSettled(attempts);
	equal(answers.filter(({ status }) => status === "fulfilled").length, 1);
	for (const answer of answers)
		if (answer.status === "rejected") ok(["not_found", "rate_limited"].includes(answer.reason.code), answer.reason.message);
	equal((await getMembers(tenant_id)).length, 1);
	await rejects(readInvitation(joining(), { token }), { code: "not_found" });
});

test("unknown, used, cancelled and expired invitations get the same response", async () => {
	const tenant_id = await newTenant();
	const [cancelled, expired] = [await invite(tenant_id, null), await invite(tenant_id, null)];
	await change(db.context(), async (tx) => {
		const digest = makeOneTimeToken("kwi").digest;
		await tx
			.updateTable("invitations")
			.set({ cancelled_at: new Date() })
			.where("tenant_id", "=", tenant_id)
			.where("token_digest", "!=", digest)
			.execute();
		return { result: undefined, audit: [{ action: "x", target: { kind: "x", id: "x" }, tenant_id }] };
	});
	const used = await invite(tenant_id, newEmail());
	await acceptInvitation(joining(), { token: used, name: "P", password: PASSWORD });
	const waiting = await invite(tenant_id, null);
	clock.advance(86_400_000);
	const details = new Set<string>();
	for (const token of [cancelled, expired, used, waiting, makeOneTimeToken("kwi").text, "kwi_short", ""])
		for (const ask of [() => readInvitation(joining(), { token }), () => acceptInvitation(joining(), { token, password: PASSWORD })])
			await rejects(ask, (error: { code: string; detail: string }) => {
				equal(error.code, "not_found");
				details.add(error.detail);
				return true;
			});
	equal(details.size, 1);
});

test("an existing account joins with its password and keeps its name; a wrong password joins nothing", async () => {
	const [first, second] = [await newTenant(), await newTenant()];
	const email = newEmail();
	await acceptInvitation(joining(), { token: await invite(first, email), name: "Paul", password: PASSWORD });
	const token = await invite(second, email, "owner");
	equal((await readInvitation(joining(), { token })).account_exists, false, "a link that does not verify the address does not reveal its account");
	const wrong = joining();
	await rejects(acceptInvitation(wrong, { token, password: "wrong password" }), { code: "credential_invalid" });
	deepEqual([await getMembers(second), wrong.anonymous.lines], [[], []]);
	await acceptInvitation(joining(), { token, name: "Other name", password: PASSWORD });
	deepEqual(await getMembers(second), [{ email, role: "owner" }]);
	await rejects(acceptInvitation(joining(), { token: await invite(second, email), password: PASSWORD }), { code: "conflict" });
	const { rows } = await peopleNamed(email);
	deepEqual(rows, [{ name: "Paul" }]);
});

async function peopleNamed(email: string): Promise<{ rows: { name: string }[] }> {
	return { rows: await read(db.context(), (tx) => tx.selectFrom("people").select("name").where("email", "=", email).execute()) };
}

test("the address is the invitation's; without one it is required, and a new account needs a name", async () => {
	const tenant_id = await newTenant();
	const named = await invite(tenant_id, "named@example.com");
	const open = await invite(tenant_id, null);
	const wrong: [{ token: string; name?: string; email?: string }, string][] = [
		[{ token: named, name: "P", email: "other@example.com" }, "/email"],
		[{ token: open, name: "P" }, "/email"],
	];
	await rejects(acceptInvitation(joining(), { token: named, password: PASSWORD }), { code: "credential_invalid", message: /send the name/ });
	for (const [input, pointer] of wrong)
		await rejects(
			acceptInvitation(joining(), { ...input, password: PASSWORD }),
			(error: { code: string; metadata: { errors: { pointer: string }[] } }) => {
				deepEqual([error.code, error.metadata.errors[0]?.pointer], ["invalid_request", pointer]);
				return true;
			},
		);
	await acceptInvitation(joining(), { token: named, name: "P", email: "Named@Example.com", password: PASSWORD });
	deepEqual(await getMembers(tenant_id), [{ email: "named@example.com", role: "admin" }]);
});

test("joining a suspended tenant is refused, and the invitation stays pending", async () => {
	const tenant_id = await newTenant();
	const token = await invite(tenant_id, newEmail());
	await updateTenant(db.context(), { tenant_id, status: "suspended" });
	await rejects(acceptInvitation(joining(), { token, name: "P", password: PASSWORD }), { code: "tenant_suspended" });
	await updateTenant(db.context(), { tenant_id, status: "active" });
	await acceptInvitation(joining(), { token, name: "P", password: PASSWORD });
});

test("a tenant without an owner gets a link at each start, of which only the last works; with an owner none", async () => {
	const tenant_id = await newTenant();
	const first = await inviteFirstOwner(db.context(), tenant_id);
	const second = await inviteFirstOwner(db.context(), tenant_id);
	await rejects(readInvitation(joining(), { token: first ?? "" }), { code: "not_found" });
	const email = newEmail();
	await acceptInvitation(joining(), { token: second ?? "", name: "Olivia", email, password: PASSWORD });
	deepEqual(await getMembers(tenant_id), [{ email, role: "owner" }]);
	equal(await inviteFirstOwner(db.context(), tenant_id), null);
});

const PERSON = { external_user_id: "user-7", name: "Paula Portal", email: "Paula@Example.com", role: "admin" } as const;

async function portalLink(tenant_id: string): Promise<string> {
	const { url, expires_at } = await createPortalLink({ ...db.context(), public_url: "http://127.0.0.1:8787" }, { tenant_id, ...PERSON });
	equal(Date.parse(expires_at) - clock.now(), 300_000);
	const [address, token = ""] = url.split("#");
	equal(address, "http://127.0.0.1:8787/portal");
	return token;
}

test("a portal link begins one session of an hour for the person that the operator named", async () => {
	const tenant_id = await newTenant();
	const token = await portalLink(tenant_id);
	const context = joining();
	const answers = await Promise.allSettled(Array.from({ length: 10 }, () => redeemPortalSession(joining(), { token })));
	equal(answers.filter(({ status }) => status === "fulfilled").length, 1);
	await rejects(redeemPortalSession(context, { token }), { code: "not_found" });
	deepEqual(context.anonymous.lines, []);

	await redeemPortalSession(context, { token: await portalLink(tenant_id) });
	const found = await people.sessions.find(context.anonymous.cookie_header);
	ok(found && "kind" in found && found.kind === "portal");
	const { id, expires_at, ...rest } = found;
	deepEqual(rest, { kind: "portal", tenant_id, ...PERSON, email: "paula@example.com", confirmed: false });
	equal(expires_at.getTime() - clock.now(), 3_600_000);
	ok(id.startsWith("ptl_"));
	clock.advance(3_599_999);
	ok("kind" in ((await people.sessions.find(context.anonymous.cookie_header)) ?? {}));
	clock.advance(1);
	equal("code" in ((await people.sessions.find(context.anonymous.cookie_header)) ?? {}), true);
	deepEqual(
		(await getAudit(tenant_id))
			.map(({ action }) => action)
			.filter((action) => action.startsWith("portal"))
			.slice(-2),
		["portal_session.created", "portal_session.redeemed"],
	);
});

test("a portal link expires after five minutes and is not accepted as an invitation", async () => {
	const tenant_id = await newTenant();
	const token = await portalLink(tenant_id);
	await rejects(readInvitation(joining(), { token }), { code: "not_found" });
	clock.advance(300_000);
	await rejects(redeemPortalSession(joining(), { token }), { code: "not_found" });
});

test("an ended portal session is refused at once, and a browser holds one session at a time", async () => {
	const tenant_id = await newTenant();
	const context = joining();
	await acceptInvitation(context, { token: await invite(tenant_id, newEmail()), name: "P", password: PASSWORD });
	await redeemPortalSession(context, { token: await portalLink(tenant_id) });
	const cookie = context.anonymous.cookie_header;
	const found = await people.sessions.find(cookie);
	ok(found && "kind" in found && found.kind === "portal");
	await endSession({ ...context, enders: [], signed_in: found });
	equal("code" in ((await people.sessions.find(cookie)) ?? {}), true);
	ok(!/kw_(session|portal)=/.test(context.anonymous.cookie_header));
});

test("an ended portal link is not redeemed by a request that read the clock earlier", async () => {
	const tenant_id = await newTenant();
	const token = await portalLink(tenant_id);
	const { id } = await read(db.context(), (tx) =>
		tx.selectFrom("portal_sessions").select("id").where("tenant_id", "=", tenant_id).executeTakeFirstOrThrow(),
	);
	const early = { ...joining(), clock: new ManualClock(clock.now() + 1_000) };
	clock.advance(3_000);
	const caller = { kind: "operator" } as const;
	await endPortalOfTenant({ ...db.context({ scope: tenant_id }), caller, enders: [] }, { tenant_id, portal_session_id: id });
	await rejects(redeemPortalSession(early, { token }), { code: "not_found" });
});

test("the sweep deletes ended sessions and links and keeps live ones", async () => {
	const tenant_id = await newTenant();
	const context = joining();
	await redeemPortalSession(context, { token: await portalLink(tenant_id) });
	await sweepSessions({ database: db.database, clock });
	ok("kind" in ((await people.sessions.find(context.anonymous.cookie_header)) ?? {}));
	clock.advance(31 * 86_400_000);
	await sweepSessions({ database: db.database, clock });
	const left = await read(db.context(), async (tx) => ({
		portal: await tx.selectFrom("portal_sessions").select("id").execute(),
		sessions: await tx.selectFrom("sign_in_sessions").select("id").execute(),
	}));
	deepEqual(left, { portal: [], sessions: [] });
});
