/** What a person changes about their own account: name and e-mail address. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../../testing/audit.ts";
import { testLog } from "../../../testing/database.ts";
import { TestBrowser, type TestPeople, testPeople } from "../../../testing/people.ts";
import { change } from "../../audit/change.ts";
import { newId } from "../../core/id.ts";
import { inStatement, read } from "../../database/transaction.ts";
import { requestPasswordReset, resetPassword, signInByEmail } from "../people/password.ts";
import { comparePassword } from "../people/password-hash.ts";
import { insertPerson } from "../people/store.ts";
import { type AddressContext, changeAddress, requestAddressChange } from "./address.ts";
import { renamePerson } from "./name.ts";

const PASSWORD = "correct horse battery";

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

function newEmail(): string {
	made += 1;
	return `person-${made}@example.com`;
}

async function newPerson(email = newEmail(), proven = true): Promise<{ id: string; email: string; browser: TestBrowser }> {
	const id = newId("per");
	const { password_hash } = await comparePassword(PASSWORD, []);
	await change(db.context(), async (tx) => {
		ok(await insertPerson(tx, { id, name: "Olivia", email, proven, password_hash, created_at: new Date() }));
		return { result: undefined, audit: [{ action: "person.made", target: { kind: "person", id } }] };
	});
	const browser = new TestBrowser(`192.0.2.${made % 250}`);
	await people.sign_in.beginSession(browser, id);
	return { id, email, browser };
}

/** The context of a request that `browser` sends. */
async function from(browser: TestBrowser): Promise<AddressContext> {
	const signed_in = await people.sessions.find(browser.cookie_header);
	ok(signed_in !== null && "kind" in signed_in && signed_in.kind === "member", "signed in");
	const { person_id: id, name, email } = signed_in;
	const { sign_in, mailAddressLink, mailAddressChanged } = people;
	return {
		...db.context({ actor: { kind: "member", id, name, email } }),
		...{ sign_in, mailAddressLink, mailAddressChanged, signed_in, anonymous: browser, mail: true },
	};
}

async function isOut(browser: TestBrowser): Promise<boolean> {
	const found = await people.sessions.find(browser.cookie_header);
	return found === null || "code" in found;
}

/** Asks for the address; returns the token in the mail to it. */
async function linkTo(email: string, browser: TestBrowser): Promise<string> {
	deepEqual(await requestAddressChange(await from(browser), { email, password: PASSWORD }), { mailed: true });
	const sent = people.address_links.at(-1);
	equal(sent?.email, email);
	return sent?.token ?? "";
}

async function getAccounts(email: string): Promise<{ id: string; proven: boolean }[]> {
	return read(db.context(), (tx) => tx.selectFrom("people").select(["id", "email_verified as proven"]).where("email", "=", email).execute());
}

function signIn(email: string, browser: TestBrowser) {
	const context = {
		...db.context(),
		sign_in: people.sign_in,
		session_cookies: people.cookies,
		anonymous: browser,
		mailSignInLink: people.mailSignInLink,
	};
	return signInByEmail({ ...context, mail: false, log: testLog }, { email, password: PASSWORD });
}

test("a new address is in use once its link was opened: other sessions end, the former address is informed and signs in no more", async () => {
	const { id, email: former, browser: here } = await newPerson();
	const elsewhere = new TestBrowser();
	await signIn(former, elsewhere);
	const email = newEmail();
	const earlier = await linkTo(email, here);
	const token = await linkTo(email, here);
	deepEqual([await getAccounts(email), people.informed.includes(former)], [[], false], "an unopened link changes nothing");
	await rejects(changeAddress(await from(here), { token: earlier }), { code: "not_found" });
	const cookie = here.cookie_header;
	deepEqual(await changeAddress(await from(here), { token }), { email });
	deepEqual(await getAccounts(email), [{ id, proven: true }]);
	ok(people.informed.includes(former) && !people.informed.includes(email));
	ok((await isOut(elsewhere)) && !(await isOut(here)) && here.cookie_header !== cookie, "the copied cookie of this session is out as well");
	await rejects(signIn(former, new TestBrowser()), { code: "credential_invalid" });
	await signIn(email, new TestBrowser());
	await rejects(changeAddress(await from(here), { token }), { code: "not_found" });
});

test("a stolen session without the password asks for nothing, and neither does it guess for long", async () => {
	const { browser } = await newPerson();
	const before_all = people.address_links.length;
	const wrong = async () => requestAddressChange(await from(browser), { email: newEmail(), password: "a guess at it" });
	for (let tries = 0; tries < 10; tries += 1) await rejects(wrong(), { code: "invalid_request" });
	await rejects(wrong(), { code: "rate_limited" });
	equal(people.address_links.length, before_all);
});

test("a link is worth nothing in another person's session: who opens a stranger's link loses and gains nothing", async () => {
	const thief = await newPerson();
	const victim = await newPerson(newEmail(), false);
	const token = await linkTo(victim.email, thief.browser);
	await rejects(changeAddress(await from(victim.browser), { token }), { code: "conflict" });
	deepEqual(await getAccounts(victim.email), [{ id: victim.id, proven: false }]);
	ok(!(await isOut(victim.browser)));
});

test("an address belongs to the account that has verified it; accounts that have not lose it to the one that does", async () => {
	const owner = await newPerson();
	const asking = await newPerson();
	const taken = await linkTo(owner.email, asking.browser);
	await rejects(changeAddress(await from(asking.browser), { token: taken }), { code: "conflict", message: /Another account has verified/ });
	deepEqual(await getAccounts(owner.email), [{ id: owner.id, proven: true }]);
	const squatter = await newPerson(newEmail(), false);
	const token = await linkTo(squatter.email, asking.browser);
	await changeAddress(await from(asking.browser), { token });
	deepEqual(await getAccounts(squatter.email), [{ id: asking.id, proven: true }]);
	ok(await isOut(squatter.browser));
});

test("of two people who verify one address at once, one has it and the other is refused", async () => {
	const email = newEmail();
	const two = [await newPerson(), await newPerson()] as const;
	const tokens = [await linkTo(email, two[0].browser), await linkTo(email, two[1].browser)] as const;
	const contexts = [await from(two[0].browser), await from(two[1].browser)] as const;
	const ends = await Promise.allSettled([0, 1].map((at) => changeAddress(contexts[at === 0 ? 0 : 1], { token: tokens[at === 0 ? 0 : 1] })));
	deepEqual(ends.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
	for (const end of ends) if (end.status === "rejected") equal(end.reason.code, "conflict");
	equal((await getAccounts(email)).length, 1);
});

test("a link to set a password that was mailed to the former address ends with it, and a link to the address with a new password", async () => {
	const { email: former, browser } = await newPerson();
	const asked = { ...db.context(), sign_in: people.sign_in, anonymous: browser, mailPasswordLink: people.mailPasswordLink, mail: true };
	await requestPasswordReset(asked, { email: former });
	const reset = people.resets.at(-1)?.token ?? "";
	await changeAddress(await from(browser), { token: await linkTo(newEmail(), browser) });
	await rejects(resetPassword(asked, { token: reset, newPassword: "another horse battery" }), { code: "not_found" });
	const pending = await linkTo(newEmail(), browser);
	const { email } = (await from(browser)).signed_in;
	await requestPasswordReset(asked, { email: email ?? "" });
	const signed_in = await from(browser);
	await resetPassword(asked, { token: people.resets.at(-1)?.token ?? "", newPassword: "another horse battery" });
	await rejects(changeAddress(signed_in, { token: pending }), { code: "not_found" });
});

test("three links to an address, or by a person, are mailed in 15 minutes", async () => {
	const { browser } = await newPerson();
	for (let sent = 0; sent < 3; sent += 1) await linkTo(newEmail(), browser);
	await rejects(linkTo(newEmail(), browser), { code: "rate_limited" });
	const flooded = newEmail();
	for (let sent = 0; sent < 3; sent += 1) await linkTo(flooded, (await newPerson()).browser);
	const last = await newPerson();
	await rejects(linkTo(flooded, last.browser), { code: "rate_limited" });
});

test("a person changes their own name while they are signed in", async () => {
	const { id, browser } = await newPerson();
	const context = await from(browser);
	deepEqual(await renamePerson(context, { name: " Olivia Owner " }), { name: "Olivia Owner" });
	equal((await from(browser)).signed_in.name, "Olivia Owner");
	await inStatement(people.own, (tx) => tx.deleteFrom("sign_in_sessions").where("person_id", "=", id).execute());
	await rejects(renamePerson(context, { name: "Too late" }), { code: "credential_invalid" });
});
