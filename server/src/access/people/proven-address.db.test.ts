/** Address ownership: several accounts may have one address until one of them verifies it and takes it over. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { testLog } from "../../../testing/database.ts";
import { TestBrowser, type TestPeople, testPeople } from "../../../testing/people.ts";
import { type TeamFixture, teamFixture } from "../../../testing/team.ts";
import { read } from "../../database/transaction.ts";
import { invite } from "../../tenants/team/invite.ts";
import { acceptInvitation, type JoinContext } from "../joining/accept-invitation.ts";
import { readInvitation } from "../joining/read-invitation.ts";
import { inviteOperator } from "../operators/invitations.ts";
import { requestPasswordReset, resetPassword, signInByEmail } from "./password.ts";
import { createPasswordReset } from "./password-reset.ts";

const OWN = "correct horse battery";
const SQUATTED = "a squatter's password";
const PUBLIC_URL = "https://keys.example.com";

let team: TeamFixture;
let people: TestPeople;
let made = 0;

before(async () => {
	team = await teamFixture();
	people = testPeople(team.db, { clock: team.clock });
});
after(async () => {
	await people.close();
	await team.close();
});

function visiting(anonymous = new TestBrowser(`192.0.2.${made % 250}`)): JoinContext & { anonymous: TestBrowser } {
	const public_context = team.db.context({ scope: "", actor: { kind: "system", name: "public" } });
	return { ...public_context, sign_in: people.sign_in, session_cookies: people.cookies, anonymous };
}

function newEmail(): string {
	made += 1;
	return `cto-${made}@example.com`;
}

function getToken(text: string | undefined): string {
	return /#(kw[a-z]_[0-9A-Za-z_-]+)/.exec(text ?? "")?.[1] ?? "";
}

/** Invites as an owner; returns the link that the owner sees and the one in the mail. */
async function inviteAsOwner(email: string): Promise<{ shown: string; mailed: string; tenant_id: string }> {
	const tenant_id = await team.tenant();
	const owner = await team.member(tenant_id, "owner");
	const { url } = await invite(team.context(tenant_id, owner), { tenant_id, role: "owner", email });
	return { shown: getToken(url), mailed: getToken(team.mails.at(-1)?.text), tenant_id };
}

/** An owner who accepts the link that they see, with another person's address. */
async function squat(email: string, password = SQUATTED): Promise<TestBrowser> {
	const context = visiting();
	await acceptInvitation(context, { token: (await inviteAsOwner(email)).shown, name: "Not the CTO", password });
	return context.anonymous;
}

async function operatorLink(email: string): Promise<string> {
	return getToken((await inviteOperator(team.context("*"), { email })).url);
}

async function getAccounts(email: string): Promise<{ name: string; proven: boolean }[]> {
	const query = (tx: Parameters<Parameters<typeof read>[1]>[0]) =>
		tx.selectFrom("people").select(["name", "email_verified as proven"]).where("email", "=", email).orderBy("created_at").execute();
	return read(team.db.context(), query);
}

async function isSignedIn(anonymous: TestBrowser): Promise<boolean> {
	const found = await people.sessions.find(anonymous.cookie_header);
	return found !== null && "kind" in found;
}

function signIn(email: string, password: string, context = visiting()) {
	return signInByEmail({ ...context, mailSignInLink: people.mailSignInLink, mail: false, log: testLog }, { email, password });
}

async function operators(): Promise<(string | null)[]> {
	const rows = await read(team.db.context(), (tx) =>
		tx.selectFrom("operators as o").innerJoin("people as p", "p.id", "o.person_id").select("p.email").execute(),
	);
	return rows.map(({ email }) => email);
}

test("an account that an owner created for another's address loses it to the person who accepts the operator's link", async () => {
	const email = newEmail();
	const squatter = await squat(email);
	ok(await isSignedIn(squatter));
	const token = await operatorLink(email);
	ok(!(await operators()).includes(email), "an invitation to a tenant does not make an operator");
	deepEqual((await readInvitation(visiting(), { token })).account_exists, false);
	const real = visiting();
	deepEqual(await acceptInvitation(real, { token, name: "The CTO", password: OWN }), { tenant_id: null });
	ok((await operators()).includes(email));
	ok((await isSignedIn(real.anonymous)) && !(await isSignedIn(squatter)));
	deepEqual(await getAccounts(email), [{ name: "The CTO", proven: true }]);
	await rejects(signIn(email, SQUATTED), { code: "credential_invalid" });
	await signIn(email, OWN);
	await rejects(acceptInvitation(visiting(), { token, name: "Again", password: OWN }), { code: "not_found" });
});

test("a mailed link verifies the address and takes it over; the link that the owner sees does not", async () => {
	const email = newEmail();
	const squatter = await squat(email);
	const { mailed } = await inviteAsOwner(email);
	const real = visiting();
	await acceptInvitation(real, { token: mailed, name: "The CTO", password: OWN });
	deepEqual(await getAccounts(email), [{ name: "The CTO", proven: true }]);
	ok(!(await isSignedIn(squatter)));
	const later = await squat(email);
	ok((await isSignedIn(later)) && (await isSignedIn(real.anonymous)), "an account beside a verified one learns nothing and takes nothing");
	deepEqual(await getAccounts(email), [
		{ name: "The CTO", proven: true },
		{ name: "Not the CTO", proven: false },
	]);
	await signIn(email, OWN);
	await signIn(email, SQUATTED);
});

test("verifying the address while signing in to an account that has it keeps that account", async () => {
	const email = newEmail();
	const mine = await squat(email, OWN);
	const other = await squat(email);
	const { mailed } = await inviteAsOwner(email);
	await acceptInvitation(visiting(), { token: mailed, password: OWN });
	ok((await isSignedIn(mine)) && !(await isSignedIn(other)));
	deepEqual(await getAccounts(email), [{ name: "Not the CTO", proven: true }]);
});

test("accounts with the same unverified address each sign in with their own password", async () => {
	const email = newEmail();
	await squat(email, "the first person's");
	await squat(email, "the second person's");
	const [first, second] = [visiting(), visiting()];
	await signIn(email, "the first person's", first);
	await signIn(email, "the second person's", second);
	const ids = await Promise.all([first, second].map(({ anonymous }) => people.sessions.find(anonymous.cookie_header)));
	equal(new Set(ids.map((found) => (found && "kind" in found && found.kind === "member" ? found.person_id : null))).size, 2);
	await rejects(signIn(email, "neither of these"), { code: "credential_invalid" });
	await rejects(createPasswordReset({ ...team.context("*"), public_url: PUBLIC_URL }, { email }), { code: "conflict" });
});

test("a mailed password link verifies the address, and so does one that an operator hands over", async () => {
	const asking = () => ({ ...visiting(), mailPasswordLink: people.mailPasswordLink, mail: true });
	for (const by of ["mail", "operator"] as const) {
		const email = newEmail();
		const squatter = await squat(email);
		if (by === "mail") await requestPasswordReset(asking(), { email });
		const url = by === "mail" ? null : (await createPasswordReset({ ...team.context("*"), public_url: PUBLIC_URL }, { email })).url;
		const token = url === null ? (people.resets.at(-1)?.token ?? "") : getToken(url);
		await resetPassword(visiting(), { token, newPassword: OWN });
		ok(!(await isSignedIn(squatter)));
		deepEqual(await getAccounts(email), [{ name: "Not the CTO", proven: true }]);
		await signIn(email, OWN);
	}
	const email = newEmail();
	const [one, two] = [await squat(email, "the first person's"), await squat(email, "the second person's")];
	const before = people.resets.length;
	await requestPasswordReset(asking(), { email });
	equal(people.resets.length, before + 2, "each account that names the address gets a link of its own");
	await resetPassword(visiting(), { token: people.resets.at(-1)?.token ?? "", newPassword: OWN });
	ok(!(await isSignedIn(one)) && !(await isSignedIn(two)));
	await rejects(resetPassword(visiting(), { token: people.resets.at(-2)?.token ?? "", newPassword: SQUATTED }), { code: "not_found" });
	equal((await getAccounts(email)).length, 1);
});

test("of two concurrent verifications of one address one succeeds", async () => {
	const email = newEmail();
	const links = [await inviteAsOwner(email), await inviteAsOwner(email), await inviteAsOwner(email)];
	const answers = await Promise.allSettled(
		links.map(({ mailed }, index) =>
			acceptInvitation(visiting(new TestBrowser(`198.51.100.${index}`)), { token: mailed, name: "P", password: `${OWN} ${index}` }),
		),
	);
	equal(answers.filter(({ status }) => status === "fulfilled").length, 1);
	for (const answer of answers) if (answer.status === "rejected") ok(["conflict", "credential_invalid"].includes(answer.reason.code), answer.reason);
	equal((await getAccounts(email)).length, 1);
});

test("an account that lost its address has no session, even one that began concurrently", async () => {
	const email = newEmail();
	const anonymous = await squat(email);
	await team.superuser.query("update people set email = null where email = $1", [email]);
	equal(await isSignedIn(anonymous), false);
});

test("the migration marks operators' addresses verified, for one account per address", async () => {
	const migration = readFileSync(join(import.meta.dirname, "../../../migrations/0007_proven_addresses.sql"), "utf8");
	const [statement = ""] = /^update people .*operators\);$/m.exec(migration) ?? [];
	await team.superuser.query(
		"insert into people (id, name, email) values ('per_old', 'Old', 'old@example.com'), ('per_new', 'New', 'old@example.com')",
	);
	await rejects(team.superuser.query("update people set email_verified = true where email = 'old@example.com'"), /people_proven_email/);
	await team.superuser.query("insert into operators (person_id, created_by) values ('per_old', '{}')");
	await team.superuser.query(statement);
	const { rows } = await team.superuser.query("select id, email_verified from people where email = 'old@example.com' order by id");
	deepEqual(rows, [
		{ id: "per_new", email_verified: false },
		{ id: "per_old", email_verified: true },
	]);
});
