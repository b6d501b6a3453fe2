/** Password attempts: other callers' guesses must not lock the owner out. The tests set the clock. */
import { deepEqual, doesNotReject, equal, fail, match, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../../testing/audit.ts";
import { testLog } from "../../../testing/database.ts";
import { TestBrowser, type TestPeople, testPeople } from "../../../testing/people.ts";
import { change } from "../../audit/change.ts";
import { ManualClock } from "../../core/clock.ts";
import { ApiError } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import { inStatement } from "../../database/transaction.ts";
import { sweepSessions } from "../sweep.ts";
import { confirmPassword } from "./own-session.ts";
import { signInByEmail } from "./password.ts";
import { comparePassword } from "./password-hash.ts";
import { WRONG_SIGN_IN } from "./sign-in.ts";
import { signInByLink } from "./sign-in-by-link.ts";
import { insertPerson } from "./store.ts";

const PASSWORD = "correct horse battery";
const WRONG = { code: "credential_invalid" };
const THROTTLED = { code: "rate_limited" };
const MAILED_WITHIN_MS = 10_000;

const clock = new ManualClock(Date.now());
let db: TestDatabase;
/** Two nodes on one database. */
let nodes: readonly [TestPeople, TestPeople];
let made = 0;

before(async () => {
	db = await testDatabase({ clock });
	nodes = [testPeople(db, { clock }), testPeople(db, { clock })];
});
after(async () => {
	for (const node of nodes) await node.close();
	await db.close();
});

async function newPerson(): Promise<{ id: string; email: string }> {
	made += 1;
	const person = { id: newId("per"), name: "Olivia", email: `olivia-${made}@example.com`, proven: true, created_at: new Date(clock.now()) };
	const { password_hash } = await comparePassword(PASSWORD, []);
	await change(db.context(), async (tx) => {
		ok(await insertPerson(tx, { ...person, password_hash }));
		return { result: undefined, audit: [{ action: "person.made", target: { kind: "person", id: person.id } }] };
	});
	return person;
}

function context(anonymous: TestBrowser, node: TestPeople = nodes[0], mail = true) {
	const { sign_in, cookies: session_cookies, mailSignInLink } = node;
	return { ...db.context({ scope: "" }), sign_in, session_cookies, mailSignInLink, anonymous, mail, log: testLog };
}

function attempt(anonymous: TestBrowser, email: string, password: string, node?: TestPeople) {
	return signInByEmail(context(anonymous, node), { email, password });
}

/** Wrong passwords, of which only the first is hashed: a hash takes 100 ms of CPU time, and a wrong one spends the same budgets without it. */
async function guess(times: number, anonymousOf: (turn: number) => TestBrowser, email: string): Promise<void> {
	await rejects(attempt(anonymousOf(0), email, "wrong"), WRONG);
	for (let turn = 1; turn < times; turn += 1) {
		const { sign_in } = nodes[turn % 2 === 0 ? 0 : 1];
		const { budgets } = await sign_in.approach(anonymousOf(turn), email);
		const wrong = () => new ApiError("credential_invalid", WRONG_SIGN_IN);
		await rejects(
			sign_in.guarded(budgets, async () => null, wrong),
			WRONG,
		);
	}
}

/** Ten wrong passwords from each of ten other addresses, alternating between the nodes. */
function guessFromOtherAddresses(email: string): Promise<void> {
	return guess(100, (turn) => new TestBrowser(`198.51.100.${Math.floor(turn / 10)}`), email);
}

/** Ten wrong passwords without the device cookie from one address, which spends its shared budget. */
function guessFromSameAddress(email: string, anonymous = new TestBrowser()): Promise<void> {
	return guess(10, () => new TestBrowser(anonymous.address), email);
}

function nextHour(): void {
	clock.advance(3_600_000);
}

async function mailsTo(email: string, count: number): Promise<string[]> {
	for (const until = performance.now() + MAILED_WITHIN_MS; performance.now() < until; ) {
		const found = nodes.flatMap(({ sign_in_links }) => sign_in_links).filter((link) => link.email === email);
		if (found.length >= count) return found.map(({ token }) => token);
		await new Promise((resolve) => setImmediate(resolve));
	}
	fail("no link to sign in was mailed");
}

test("other callers' attempts do not lock the owner out of a known device; unknown devices wait", async () => {
	const { email } = await newPerson();
	const own = new TestBrowser("203.0.113.5");
	await attempt(own, email, PASSWORD);
	await guessFromOtherAddresses(email);
	await doesNotReject(attempt(own, email, PASSWORD), "other callers' attempts lock the owner out of the known device");
	await rejects(
		attempt(new TestBrowser("203.0.113.5"), email, PASSWORD),
		THROTTLED,
		"without the cookie the attempt spends the shared budget, even from the same address",
	);
	nextHour();
	await attempt(new TestBrowser("203.0.113.6"), email, PASSWORD);
});

test("a known device has its own budget of ten wrong passwords in 15 minutes, counted by all nodes", async () => {
	const { email } = await newPerson();
	const own = new TestBrowser();
	await attempt(own, email, PASSWORD);
	for (let turn = 0; turn < 10; turn += 1) await rejects(attempt(own, email, `wrong ${turn}`, nodes[turn % 2]), WRONG);
	for (const node of nodes)
		await rejects(attempt(own, email, PASSWORD, node), (error: { code: string; metadata: { retry_after_seconds: number } }) => {
			deepEqual([error.code, error.metadata.retry_after_seconds], ["rate_limited", 900]);
			return true;
		});
	await attempt(new TestBrowser(), email, PASSWORD);
	clock.advance(900_000);
	await attempt(own, email, PASSWORD);
});

test("concurrent guesses are all counted, over all nodes", async () => {
	const { email } = await newPerson();
	const guesses = Array.from({ length: 14 }, (_, turn) => attempt(new TestBrowser("192.0.2.9"), email, "wrong", nodes[turn % 2]));
	const answers = await Promise.allSettled(guesses);
	const wrong = answers.filter((answer) => answer.status === "rejected" && answer.reason.code === "credential_invalid");
	ok(wrong.length <= 10, `${wrong.length} were tried`);
});

test("an address without an account is throttled in the same way, with the same responses", async () => {
	const answers: unknown[] = [];
	for (const email of [(await newPerson()).email, "nobody@example.com"]) {
		const seen: unknown[] = [];
		for (let turn = 0; turn < 12; turn += 1) {
			const error = await attempt(new TestBrowser(`192.0.2.${email.length}`), email, `wrong ${turn}`).catch((refused: unknown) => refused);
			const { code, detail, metadata } = error as { code: string; detail: string; metadata: object };
			seen.push([code, detail, metadata]);
		}
		answers.push(seen);
		equal((seen.at(-1) as string[])[0], "rate_limited");
		match((seen.at(-1) as string[])[1] ?? "", /password was not checked/);
	}
	deepEqual(answers[0], answers[1]);
});

test("a locked-out person is mailed a one-time sign-in link for 15 minutes, which makes the device known; one mail in 15 minutes", async () => {
	const { email } = await newPerson();
	await guessFromSameAddress(email);
	for (let turn = 0; turn < 5; turn += 1) await rejects(attempt(new TestBrowser(), email, PASSWORD), THROTTLED);
	const [token = ""] = await mailsTo(email, 1);
	const own = new TestBrowser();
	await signInByLink(context(own), { token });
	const found = await nodes[0].sessions.find(own.cookie_header);
	ok(found && "kind" in found && found.kind === "member" && found.email === email);
	await rejects(signInByLink(context(new TestBrowser()), { token }), { code: "not_found" });
	await attempt(own, email, PASSWORD);
	clock.advance(900_000);
	await guessFromSameAddress(email);
	await rejects(attempt(new TestBrowser(), email, PASSWORD), THROTTLED);
	const tokens = await mailsTo(email, 2);
	equal(tokens.length, 2);
	clock.advance(900_000);
	await rejects(signInByLink(context(new TestBrowser()), { token: tokens.at(-1) ?? "" }), { code: "not_found" });
	nextHour();
});

test("without mail the error does not promise a link", async () => {
	const { email } = await newPerson();
	const own = new TestBrowser("192.0.2.30");
	await guess(10, () => own, email);
	const next = signInByEmail(context(own, nodes[0], false), { email, password: "wrong" });
	await rejects(next, (error: { detail: string }) => !/mailed/.test(error.detail));
});

test("a signed-in person can confirm the password while other callers' attempts are throttled", async () => {
	const { email } = await newPerson();
	const own = new TestBrowser();
	await attempt(own, email, PASSWORD);
	await guessFromSameAddress(email);
	const found = await nodes[0].sessions.find(own.cookie_header);
	ok(found && "kind" in found && found.kind === "member");
	const signed_in = { ...context(own), signed_in: found };
	await confirmPassword(signed_in, { password: PASSWORD });
	for (let turn = 0; turn < 10; turn += 1) await rejects(confirmPassword(signed_in, { password: "wrong" }), { code: "invalid_request" });
	await rejects(confirmPassword(signed_in, { password: PASSWORD }), THROTTLED);
	nextHour();
});

test("a device cookie belongs to one person, cannot be forged and expires after 180 days", async () => {
	const [victim, attacker] = [await newPerson(), await newPerson()];
	const own = new TestBrowser("192.0.2.77");
	await attempt(own, attacker.email, PASSWORD);
	const forged = new TestBrowser("192.0.2.78");
	forged.setCookies([`kw_device=${"A".repeat(16)}.abc.${"A".repeat(22)}; Path=/`]);
	for (const anonymous of [own, forged]) {
		await guess(10, () => anonymous, victim.email);
		await rejects(attempt(anonymous, victim.email, PASSWORD), THROTTLED);
	}
	await attempt(own, attacker.email, PASSWORD);
	clock.advance(181 * 86_400_000);
	await guessFromSameAddress(attacker.email, own);
	await rejects(attempt(own, attacker.email, PASSWORD), THROTTLED);
	ok(own.cookie_header.includes("kw_device="));
	ok(!Buffer.from(own.cookie_header).toString("latin1").includes(attacker.id), "the cookie does not reveal the person");
});

test("the number of counter rows is bounded, and the sweep deletes ended windows", async () => {
	const count = async () =>
		(await inStatement(nodes[0].own, (tx) => tx.selectFrom("sign_in_attempts").select("bucket").execute())).map(({ bucket }) => bucket);
	for (let turn = 0; turn < 20; turn += 1) await rejects(attempt(new TestBrowser(`203.0.113.${turn}`), `nobody-${turn}@example.com`, "wrong"), WRONG);
	const buckets = await count();
	ok(buckets.length >= 20 && buckets.every((bucket) => bucket >= 0 && bucket < 2 ** 20));
	clock.advance(3_600_001);
	await sweepSessions({ database: db.database, clock });
	deepEqual(await count(), []);
});
