import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../../testing/audit.ts";
import { testLog } from "../../../testing/database.ts";
import { TestBrowser, type TestPeople, testPeople } from "../../../testing/people.ts";
import { change } from "../../audit/change.ts";
import { newId } from "../../core/id.ts";
import { connectDatabase } from "../../database/database.ts";
import { inStatement } from "../../database/transaction.ts";
import { endOtherSignIns, endSignIn, listOwnSignIns } from "../account/sign-ins.ts";
import { confirmPassword, endSession } from "./own-session.ts";
import { changePassword, requestPasswordReset, resetPassword } from "./password.ts";
import { comparePassword } from "./password-hash.ts";
import { makePasswordLink } from "./password-link.ts";
import type { SignedInMember } from "./session.ts";
import { insertSignInLink } from "./sign-in-link-store.ts";
import { insertPerson } from "./store.ts";

const PASSWORD = "correct horse battery";
const NEXT = "another horse battery";

let db: TestDatabase;
let people: TestPeople;
let made = 0;

before(async () => {
	db = await testDatabase();
	people = testPeople(db);
});
after(async () => {
	await people.close();
	await db.close();
});

async function newPerson(): Promise<{ id: string; email: string }> {
	made += 1;
	const person = { id: newId("per"), name: "Olivia", email: `olivia-${made}@example.com`, proven: true, created_at: new Date() };
	const { password_hash } = await comparePassword(PASSWORD, []);
	await change(db.context(), async (tx) => {
		ok(await insertPerson(tx, { ...person, password_hash }));
		return { result: undefined, audit: [{ action: "person.made", target: { kind: "person", id: person.id } }] };
	});
	return person;
}

async function signIn(email: string, browser = new TestBrowser(), remember = true, password = PASSWORD): Promise<TestBrowser> {
	await people.sign_in.begin(browser, { email, password, remember });
	return browser;
}

async function makeMember(browser: TestBrowser): Promise<SignedInMember> {
	const found = await people.sessions.find(browser.cookie_header);
	ok(found !== null && "kind" in found && found.kind === "member", JSON.stringify(found));
	return found;
}

function asking(anonymous = new TestBrowser()) {
	return { ...db.context(), sign_in: people.sign_in, anonymous, mailPasswordLink: people.mailPasswordLink, mail: true };
}

async function isOut(browser: TestBrowser): Promise<boolean> {
	const found = await people.sessions.find(browser.cookie_header);
	return found === null || ("code" in found && found.code === "credential_invalid");
}

test("the session cookie is HttpOnly, and its signature cannot be computed from a copy of the database", async () => {
	const { id, email } = await newPerson();
	const browser = await signIn(email);
	const member = await makeMember(browser);
	deepEqual([member.person_id, member.email], [id, email]);
	ok(Date.now() - member.confirmed_at.getTime() < 60_000);
	match(browser.lines[0] ?? "", /^kw_session=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
	const [stored] = await inStatement(people.own, (tx) => tx.selectFrom("sign_in_sessions").select("token").where("person_id", "=", id).execute());
	ok(stored && browser.cookie_header.includes(stored.token));
	for (const forged of [
		stored?.token,
		`${stored?.token}.${"A".repeat(43)}%3D`,
		`${browser.cookie_header.slice("kw_session=".length, browser.cookie_header.indexOf(";"))}x`,
	])
		ok(await isOutWith(`kw_session=${forged}`), String(forged));
});

async function isOutWith(cookie_header: string): Promise<boolean> {
	const found = await people.sessions.find(cookie_header);
	return found !== null && "code" in found && found.code === "credential_invalid";
}

test("over HTTPS the library's cookies have the __Host- prefix", async () => {
	const secure = testPeople(db, { public_url: "https://keys.example.com" });
	try {
		const { email } = await newPerson();
		const browser = new TestBrowser();
		await secure.sign_in.begin(browser, { email, password: PASSWORD, remember: false });
		equal(browser.lines.length, 3);
		for (const line of browser.lines.slice(0, 2)) match(line, /^__Host-kw_(session|brief)=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
		match(browser.lines[2] ?? "", /^__Host-kw_device=[^;]+; Max-Age=15552000; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
		ok((await secure.sign_in.sessionOf(browser.cookie_header)) !== null);
		equal(await secure.sign_in.sessionOf(browser.cookie_header.replace("__Host-", "")), null, "set by a sister host");
	} finally {
		await secure.close();
	}
});

test("a wrong password, an unknown address and an empty password get the same refusal", async () => {
	const { email } = await newPerson();
	const wrong = { code: "credential_invalid", message: /e-mail address or the password/ };
	for (const [address, password] of [
		[email, "wrong password"],
		["nobody@example.com", PASSWORD],
		[email, ""],
	] as const) {
		const browser = new TestBrowser();
		await rejects(signIn(address, browser, true, password), wrong);
		deepEqual(browser.lines, []);
	}
});

test("a mailed link sets a new password once and ends all of the person's sessions", async () => {
	const { email } = await newPerson();
	const [laptop, phone] = [await signIn(email), await signIn(email)];
	const anonymous = new TestBrowser();
	await requestPasswordReset(asking(anonymous), { email });
	const reset = people.resets.at(-1);
	equal(reset?.email, email);
	const stored = await inStatement(people.own, (tx) => tx.selectFrom("sign_in_links").selectAll().execute());
	ok(stored.length > 0 && !JSON.stringify(stored).includes(reset?.token ?? "none"), "a copy of the database opens no account");
	await rejects(resetPassword(asking(anonymous), { token: `${reset?.token}x`, newPassword: NEXT }), { code: "not_found" });
	await resetPassword(asking(anonymous), { token: reset?.token ?? "", newPassword: NEXT });
	ok((await isOut(laptop)) && (await isOut(phone)));
	await rejects(resetPassword(asking(anonymous), { token: reset?.token ?? "", newPassword: PASSWORD }), { code: "not_found" });
	await rejects(signIn(email), { code: "credential_invalid" });
	await signIn(email, new TestBrowser(), true, NEXT);
});

test("an expired link does not set a password", async () => {
	const { id, email } = await newPerson();
	const { token, row } = makePasswordLink({ id, email, name: "Olivia", proven: true }, null, Date.now() - 3_600_001);
	await inStatement(people.own, (tx) => insertSignInLink(tx, row));
	await rejects(resetPassword(asking(), { token, newPassword: NEXT }), { code: "not_found" });
	await signIn(email);
});

test("a password link for an unknown address sends no mail, and one address is mailed three times at most", async () => {
	const { email } = await newPerson();
	const before = people.resets.length;
	await requestPasswordReset(asking(), { email: "nobody@example.com" });
	equal(people.resets.length, before);
	for (let turn = 0; turn < 6; turn += 1) await requestPasswordReset(asking(new TestBrowser(`198.51.100.${turn}`)), { email });
	equal(people.resets.length, before + 3);
});

test("changing the password needs the old one, ends the other sessions and sets a new cookie", async () => {
	const { email } = await newPerson();
	const [here, elsewhere] = [await signIn(email), await signIn(email)];
	const getContext = async () => ({ ...db.context(), sign_in: people.sign_in, anonymous: here, signed_in: await makeMember(here) });
	await rejects(changePassword(await getContext(), { currentPassword: "wrong", newPassword: NEXT }), { code: "invalid_request" });
	const old_cookie = here.cookie_header;
	await changePassword(await getContext(), { currentPassword: PASSWORD, newPassword: NEXT });
	ok(await isOut(elsewhere));
	ok(await isOutWith(old_cookie));
	equal((await makeMember(here)).email, email);
});

test("confirming the password applies to this session only; ending a session leaves the others", async () => {
	const { email } = await newPerson();
	const [here, elsewhere] = [await signIn(email), await signIn(email)];
	const long_ago = new Date(Date.now() - 7_200_000);
	await inStatement(people.own, (tx) => tx.updateTable("sign_in_sessions").set({ confirmed_at: long_ago }).execute());
	const context = { ...db.context(), sign_in: people.sign_in, anonymous: here, session_cookies: people.cookies, signed_in: await makeMember(here) };
	deepEqual(context.signed_in.confirmed_at, long_ago);
	await rejects(confirmPassword(context, { password: "wrong" }), { code: "invalid_request" });
	deepEqual((await makeMember(here)).confirmed_at, long_ago);
	await confirmPassword(context, { password: PASSWORD });
	ok(Date.now() - (await makeMember(here)).confirmed_at.getTime() < 60_000);
	deepEqual((await makeMember(elsewhere)).confirmed_at, long_ago);
	const cookie = here.cookie_header;
	await endSession({ ...context, enders: [] });
	ok(!here.cookie_header.includes("kw_session"));
	ok(await isOutWith(cookie));
	await makeMember(elsewhere);
});

test("a person sees where they are signed in, and ends all of it but the session that they use", async () => {
	const { id, email } = await newPerson();
	const [first, here, third] = [await signIn(email), await signIn(email), await signIn(email)];
	const stranger = await signIn((await newPerson()).email);
	const signed_in = await makeMember(here);
	const context = { ...db.context({ actor: { kind: "member", id, name: "Olivia", email } }), signed_in };
	const { data } = await listOwnSignIns(context);
	deepEqual(
		data.map(({ current }) => current),
		[true, false, false],
	);
	const [own, latest] = data;
	await endSignIn(context, { sign_in_id: latest?.id ?? "" });
	ok((await isOut(third)) && !(await isOut(first)));
	await rejects(endSignIn(context, { sign_in_id: latest?.id ?? "" }), { code: "not_found" });
	await rejects(endSignIn(context, { sign_in_id: own?.id ?? "" }), { code: "conflict" });
	const strangers = await makeMember(stranger);
	await rejects(endSignIn(context, { sign_in_id: strangers.session_id }), { code: "not_found" });
	deepEqual(await endOtherSignIns(context), { ended: 1 });
	ok(await isOut(first));
	for (const browser of [here, stranger]) await makeMember(browser);
	equal((await listOwnSignIns(context)).data.length, 1);
	deepEqual(await endOtherSignIns(context), { ended: 0 });
	await endSession({ ...context, anonymous: here, session_cookies: people.cookies, enders: [] });
	await rejects(endOtherSignIns(context), { code: "credential_invalid" });
});

test("without the database sign-in and sign-out are 503, never 401", async () => {
	const cookie_header = (await signIn((await newPerson()).email)).cookie_header;
	const away = connectDatabase({ url: "postgresql://nobody@127.0.0.1:1/none", log: testLog });
	const stranded = testPeople({ ...db, database: away });
	const anonymous = new TestBrowser();
	try {
		const unavailable = { code: "unavailable" };
		await rejects(stranded.sign_in.begin(anonymous, { email: "olivia@example.com", password: PASSWORD, remember: true }), unavailable);
		await rejects(stranded.sessions.find(cookie_header), unavailable);
		const context = { ...asking(anonymous), database: away, sign_in: stranded.sign_in };
		await rejects(requestPasswordReset(context, { email: "olivia@example.com" }), unavailable);
		await rejects(resetPassword(context, { token: `kwr_${"A".repeat(43)}`, newPassword: NEXT }), unavailable);
		await rejects(stranded.sign_in.comparePerson("per_x", PASSWORD), unavailable);
	} finally {
		await stranded.close();
		await away.close();
	}
});

test("a session ends at its expiry, whatever its cookie says", async () => {
	const { id, email } = await newPerson();
	const browser = await signIn(email);
	await inStatement(people.own, (tx) =>
		tx
			.updateTable("sign_in_sessions")
			.set({ expires_at: new Date(Date.now() - 1_000) })
			.where("person_id", "=", id)
			.execute(),
	);
	ok(await isOut(browser));
});
