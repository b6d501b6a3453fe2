/** Rotation of a key's secret, from the view of the tenant's owner and of the programs that use the key. */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, type Fields, send } from "./client.ts";
import { Database } from "./database.ts";
import { assertProblem } from "./problem.ts";
import { AGENTS, type ProgramName, type Programs, writePrograms } from "./rotation-programs.ts";
import { ROOT, type Server, startServer } from "./server.ts";
import { expectStatus, type MadeKey, makeKey, makeWorld } from "./things.ts";

/** Every ten seconds the server completes the rotations that have become safe. */
const BY_ITSELF_DEADLINE_MS = 25_000;
/** A usage flush starts one second after the previous one has ended. */
const SHOWN_DEADLINE_MS = 5_000;
const DAY_MS = 86_400_000;
const NAMES: Readonly<Record<ProgramName, string>> = { curl: "Backup script", node: "Order server", python: "Nightly report" };
const EVERYWHERE: readonly ProgramName[] = ["curl", "node", "python"];
const SELF = ["tenant:read", "key:rotate"];

interface RotationSource {
	readonly id: string;
	readonly name: string | null;
	readonly agent: string;
	readonly told_apart: boolean;
	readonly not_told_apart: { readonly code: string } | null;
	readonly tell_apart_by: string | null;
	readonly old: { readonly requests: number } | null;
	readonly new: { readonly requests: number } | null;
	readonly confirmation: { readonly at: string; readonly void: boolean } | null;
	readonly moved: boolean;
	readonly waits_until: string | null;
}
interface Rotation {
	readonly id: string;
	readonly status: string;
	readonly predecessor: { readonly kid: string };
	readonly successor: { readonly kid: string } | null;
	readonly old_ends_at: string | null;
	readonly hard_stop_at: string | null;
	readonly started_at: string;
	readonly ended_how: string | null;
	readonly expires_at: string | null;
	readonly expires_at_before: string | null;
	readonly steps: readonly { readonly name: string; readonly done: boolean }[];
	readonly sources: readonly RotationSource[];
	readonly safe_to_complete: boolean;
	readonly reasons: readonly { readonly code: string; readonly detail: string }[];
}
interface Begun {
	readonly raw_key: string;
	readonly rotation: Rotation;
	readonly key: { readonly id: string; readonly expires_at: string | null };
}
interface Sources {
	readonly data: readonly { readonly id: string; readonly agent: string }[];
	readonly dead: readonly { readonly kid: string; readonly name: string | null; readonly requests: number; readonly requests_today: number }[];
}

let server: Server;
let database: Database;
let tenant_id: string;
let programs: Programs;

before(async () => {
	// A busy machine once answered a first call with 503: likely a lease that was renewed late, which was not proven.
	server = await startServer({ env: { KEYWRIGHT_LOG_LEVEL: "warn", KEYWRIGHT_LEASE_SECONDS: "60" } });
	database = await Database.open(server.data_dir);
	tenant_id = (await makeWorld(server)).tenant.id;
	programs = writePrograms(server, tenant_id);
});
after(async () => {
	await programs.remove();
	await database.close();
	await server.stop();
});

const ofKey = (key_id: string, method: string, rest: string, body?: unknown) =>
	server.management(tenant_id, method, `/api-keys/${key_id}${rest}`, body);
const whoami = (raw_key: string) => server.keyed(raw_key, "GET", "/whoami");
const stepsDone = ({ steps }: Rotation) => steps.filter(({ done }) => done).map(({ name }) => name);

async function rotate(key_id: string, input: Fields = {}): Promise<Begun> {
	return expectStatus(await ofKey(key_id, "POST", "/rotate", input), 201).as<Begun>();
}

async function readRotation(key_id: string, rotation_id: string): Promise<Rotation> {
	return expectStatus(await ofKey(key_id, "GET", `/rotations/${rotation_id}`), 200).as<Rotation>();
}

/** The rotation once `holds` returns true, or its state at the deadline. */
async function waitForRotation(
	key_id: string,
	rotation_id: string,
	condition: (rotation: Rotation) => boolean,
	within_ms = SHOWN_DEADLINE_MS,
): Promise<Rotation> {
	for (const until = performance.now() + within_ms; ; await sleep(100)) {
		const rotation = await readRotation(key_id, rotation_id);
		if (condition(rotation) || performance.now() > until) return rotation;
	}
}

async function sourcesUntil(key_id: string, condition: (sources: Sources) => boolean): Promise<Sources> {
	for (const until = performance.now() + SHOWN_DEADLINE_MS; ; await sleep(100)) {
		const sources = expectStatus(await ofKey(key_id, "GET", "/sources"), 200).as<Sources>();
		if (condition(sources) || performance.now() > until) return sources;
	}
}

/** Moves all recorded sightings of the key's secrets into the past. Call it after all of them are recorded. */
async function letPass(key_id: string, seconds: number): Promise<void> {
	const columns = ["first_seen_at", "last_seen_at", "gap_window_started_at"].map((name) => `${name} = ${name} - $2::integer * interval '1 second'`);
	await database.rows(`update secret_sources set ${columns.join(", ")} where key_id = $1`, [key_id, seconds]);
	const used = "first_used_at = first_used_at - $2::integer * interval '1 second'";
	await database.rows(`update secret_activity set ${used} where kid in (select kid from secrets where key_id = $1)`, [key_id, seconds]);
}

/** A key that each of these programs has used three times, and the sources by the names that the owner gave them. */
async function usedKey(names: readonly ProgramName[]): Promise<MadeKey> {
	const made = await makeKey(server, tenant_id);
	for (const statuses of await Promise.all(names.map((name) => programs.call(name, made.raw_key, 3))))
		equal(statuses.join(), "200,200,200", `${statuses.join()}: ${server.logs.stdout}`);
	const { data } = await sourcesUntil(made.id, (sources) => sources.data.length === names.length);
	// Spreads the sightings over days: on a busy machine several uses are recorded at once and count as one.
	await database.rows("update secret_sources set sightings = greatest(sightings, 3) where key_id = $1", [made.id]);
	for (const name of names) {
		const source = data.find(({ agent }) => agent === AGENTS[name]);
		ok(source, `${name} is distinguished: ${JSON.stringify(data)}`);
		expectStatus(await server.management(tenant_id, "PUT", `/sources/${source.id}`, { name: NAMES[name] }), 200);
	}
	return made;
}

test("three programs behind one address: the missing one is named, and the old secret ends by itself only after it has moved", async () => {
	const made = await usedKey(EVERYWHERE);
	const { raw_key, rotation, key } = await rotate(made.id);
	deepEqual([rotation.status, key.id, stepsDone(rotation)], ["issued", made.id, ["created"]]);
	equal(Date.parse(rotation.hard_stop_at ?? "") - Date.parse(rotation.started_at), 30 * DAY_MS, "the hard stop is said at the start");
	// The program with the old secret calls first: when the others are recorded, so is this one.
	deepEqual(await programs.call("curl", made.raw_key), [200]);
	deepEqual(await programs.call("node", raw_key), [200]);
	deepEqual(await programs.call("python", raw_key), [200]);
	const proving = await waitForRotation(
		made.id,
		rotation.id,
		({ reasons }) => reasons.filter(({ code }) => code === "not_silent_long_enough").length === 2,
	);
	equal(proving.status, "proving");
	ok(
		proving.sources.every(({ moved }) => !moved),
		"a first use of the new secret is not enough: the old one must be silent for ten minutes",
	);
	await letPass(made.id, 600);
	const missing = await readRotation(made.id, rotation.id);
	deepEqual(
		missing.sources
			.filter(({ moved }) => moved)
			.map(({ name }) => name)
			.sort(),
		["Nightly report", "Order server"],
	);
	deepEqual(
		missing.reasons.map(({ code }) => code),
		["old_secret_only"],
	);
	match(missing.reasons[0]?.detail ?? "", /Backup script/);
	const early = await ofKey(made.id, "POST", `/rotations/${rotation.id}/complete`, {});
	assertProblem(early, "old_secret_still_in_use");
	deepEqual(early.json.stragglers, ["Backup script"]);
	match(String(early.json.detail), /Backup script/);

	deepEqual(await programs.call("curl", raw_key), [200]);
	const waiting = await waitForRotation(made.id, rotation.id, ({ reasons }) => reasons[0]?.code === "not_silent_long_enough");
	ok(Date.parse(waiting.sources.find(({ name }) => name === "Backup script")?.waits_until ?? "") > Date.now());
	assertProblem(await ofKey(made.id, "POST", `/rotations/${rotation.id}/complete`, {}), "old_secret_still_in_use");
	await letPass(made.id, 600);
	const done = await waitForRotation(made.id, rotation.id, ({ status }) => status === "completed", BY_ITSELF_DEADLINE_MS);
	deepEqual([done.status, done.ended_how, stepsDone(done)], ["completed", "moved", ["created", "deployed", "checked", "moved", "revoked"]]);
	for (const name of EVERYWHERE) deepEqual(await programs.call(name, raw_key), [200]);

	deepEqual(await programs.call("curl", made.raw_key), [401]);
	const refused = await whoami(made.raw_key);
	assertProblem(refused, "key_rotated");
	match(String(refused.json.detail), /was replaced/);
	deepEqual(await programs.call("curl", made.raw_key), [401]);
	const shown = await sourcesUntil(made.id, ({ dead }) => dead.some(({ name, requests }) => name === "Backup script" && requests >= 2));
	const dead = shown.dead.filter(({ name }) => name === "Backup script");
	deepEqual(
		dead.map(({ kid, requests, requests_today }) => [kid, requests, requests_today]),
		[[rotation.predecessor.kid, 2, 2]],
	);
});

test("two python-requests behind one address need a person's confirmation, which is void when the old secret is seen there again", async () => {
	const made = await makeKey(server, tenant_id);
	/** A request of either program: both send the same headers. */
	const call = async (raw_key: string) => (await server.keyed(raw_key, "GET", "/whoami", undefined, { "user-agent": "python-requests/2.32" })).status;
	for (let times = 0; times < 3; times += 1) equal(await call(made.raw_key), 200);
	await sourcesUntil(made.id, ({ data }) => data.length === 1);
	await database.rows("update secret_sources set sightings = greatest(sightings, 9) where key_id = $1", [made.id]);
	const { raw_key, rotation } = await rotate(made.id);
	equal(await call(raw_key), 200);
	const counted = await waitForRotation(made.id, rotation.id, ({ sources: [seen] }) => seen?.old?.requests === 3 && seen.new !== null);
	const [source] = counted.sources;
	ok(source);
	deepEqual([source.told_apart, source.not_told_apart?.code, source.tell_apart_by], [false, "library", "X-Keywright-Client"]);
	await letPass(made.id, 10 * 86_400);
	const ask = (what: string, body?: unknown) => ofKey(made.id, "POST", `/rotations/${rotation.id}${what}`, body);
	const confirm = async () => expectStatus(await ask(`/sources/${source.id}/confirm`), 200).as<Rotation>();
	const early = await ask("/complete", {});
	assertProblem(early, "old_secret_still_in_use");
	match(String(early.json.detail), /A person must confirm/);

	const confirmed = await confirm();
	deepEqual([confirmed.safe_to_complete, confirmed.sources[0]?.confirmation?.void], [true, false]);
	deepEqual((await confirm()).sources, confirmed.sources, "a repeat changes nothing");
	equal(await call(made.raw_key), 200, "a person's word alone ends nothing");
	const again = await waitForRotation(made.id, rotation.id, ({ sources }) => sources[0]?.confirmation?.void === true);
	deepEqual([again.safe_to_complete, again.sources[0]?.moved, again.sources[0]?.confirmation?.void], [false, false, true]);
	assertProblem(await ask("/complete", {}), "old_secret_still_in_use");

	equal(await call(raw_key), 200);
	equal((await confirm()).safe_to_complete, true);
	const done = expectStatus(await ask("/complete", {}), 200).as<Rotation>();
	deepEqual([done.status, done.ended_how], ["completed", "completed"]);
	equal(await call(made.raw_key), 401);
	assertProblem(await ask(`/sources/${source.id}/confirm`), "conflict");
});

test("the old secret ends after the overlap and announces its end; once everything has moved it can be ended earlier", async () => {
	const made = await usedKey(["curl"]);
	const { raw_key, rotation } = await rotate(made.id, { overlap_seconds: 3_600 });
	equal(rotation.hard_stop_at, null);
	deepEqual(await programs.call("curl", raw_key), [200]);
	await waitForRotation(made.id, rotation.id, ({ reasons }) => reasons[0]?.code === "not_silent_long_enough");
	await letPass(made.id, 600);
	const moved = await waitForRotation(made.id, rotation.id, ({ status }) => status === "moved");
	equal(moved.status, "moved", JSON.stringify([moved.reasons, moved.sources]));
	const done = expectStatus(await ofKey(made.id, "POST", `/rotations/${rotation.id}/complete`, {}), 200).as<Rotation>();
	deepEqual([done.status, done.ended_how], ["completed", "completed"]);
	assertProblem(await whoami(made.raw_key), "key_rotated");
	equal(expectStatus(await whoami(raw_key), 200).json.rotation, null);
	expectStatus(await ofKey(made.id, "POST", `/rotations/${rotation.id}/complete`, {}), 200);
});

test("X-API-Key-Expires is the end of the presented secret: the overlap for the old one, the key's expiry for the new one", async () => {
	const made = await makeKey(server, tenant_id);
	equal((await whoami(made.raw_key)).header("x-api-key-expires"), "");
	const { raw_key, rotation } = await rotate(made.id, { overlap_seconds: 3_600 });
	const old = expectStatus(await whoami(made.raw_key), 200);
	equal(old.header("x-api-key-expires"), rotation.old_ends_at);
	deepEqual(old.json.rotation, { id: rotation.id, secret: "old", old_ends_at: rotation.old_ends_at });
	equal((await whoami(raw_key)).header("x-api-key-expires"), "");
	const expires_at = new Date(Date.now() + 60_000).toISOString();
	expectStatus(await ofKey(made.id, "PATCH", "", { expires_at }), 200);
	for (const secret of [made.raw_key, raw_key]) equal((await whoami(secret)).header("x-api-key-expires"), expires_at);
});

test("cancelling keeps the old secret and ends the new one; if the new one was used it needs force, and a forced end needs a reason", async () => {
	const made = await makeKey(server, tenant_id, { expires_at: new Date(Date.now() + 10 * DAY_MS).toISOString() });
	const before = expectStatus(await ofKey(made.id, "GET", ""), 200).json.expires_at;
	const first = await rotate(made.id);
	equal(first.rotation.expires_at_before, before);
	ok(Date.parse(first.key.expires_at ?? "") >= Date.parse(String(before)), "ten days again");
	equal((await whoami(first.raw_key)).header("x-api-key-expires"), first.key.expires_at);
	await waitForRotation(made.id, first.rotation.id, ({ status }) => status !== "issued");
	assertProblem(await ofKey(made.id, "POST", `/rotations/${first.rotation.id}/cancel`, {}), "successor_in_use");
	const cancelled = expectStatus(await ofKey(made.id, "POST", `/rotations/${first.rotation.id}/cancel`, { force: true }), 200).as<Rotation>();
	deepEqual([cancelled.status, cancelled.ended_how], ["cancelled", "cancelled"]);
	assertProblem(await whoami(first.raw_key), "key_rotated");
	expectStatus(await whoami(made.raw_key), 200);
	equal(expectStatus(await ofKey(made.id, "GET", ""), 200).json.expires_at, before);

	const second = await rotate(made.id);
	const unused = expectStatus(await ofKey(made.id, "POST", `/rotations/${second.rotation.id}/cancel`, {}), 200);
	equal(unused.json.status, "cancelled");
	const third = await rotate(made.id);
	assertProblem(await ofKey(made.id, "POST", `/rotations/${third.rotation.id}/complete`, { force: true }), "invalid_request");
	const reason = "The old server burnt down";
	const forced = expectStatus(await ofKey(made.id, "POST", `/rotations/${third.rotation.id}/complete`, { force: true, reason }), 200);
	deepEqual([forced.json.ended_how, forced.json.force_reason], ["forced", reason]);
	assertProblem(await whoami(made.raw_key), "key_rotated");
	const [entry] = await database.rows(
		"select details from audit_entries where chain = $1 and action = 'rotation.completed' order by seq desc limit 1",
		[tenant_id],
	);
	match(JSON.stringify(entry), /burnt down/);
});

test("a compromised secret is refused from the next request on while its key stays active; revoking a key ends its rotation", async () => {
	const made = await makeKey(server, tenant_id);
	expectStatus(await whoami(made.raw_key), 200);
	const { raw_key, rotation, key } = await rotate(made.id, { overlap_seconds: 0 });
	assertProblem(await whoami(made.raw_key), "key_rotated");
	expectStatus(await whoami(raw_key), 200);
	deepEqual([rotation.status, rotation.ended_how, key.id], ["completed", "replaced_at_once", made.id]);
	const open = await rotate(made.id);
	expectStatus(await ofKey(made.id, "POST", "/revoke", { reason: "suspected_exposure" }), 200);
	for (const secret of [raw_key, open.raw_key]) assertProblem(await whoami(secret), "key_revoked");
	deepEqual((await readRotation(made.id, open.rotation.id)).ended_how, "revoked");
	assertProblem(await ofKey(made.id, "POST", "/rotate", {}), "conflict");
	const list = expectStatus(await ofKey(made.id, "GET", "/rotations"), 200).as<{ data: Rotation[] }>();
	deepEqual(
		list.data.map(({ id }) => id),
		[open.rotation.id, rotation.id],
	);
});

test("a repeated request of the owner creates no second secret and does not return the first one again", async () => {
	const { id } = await makeKey(server, tenant_id);
	const ask = (body: Fields) => server.management(tenant_id, "POST", `/api-keys/${id}/rotate`, body, { "idempotency-key": "twice" });
	const first = expectStatus(await ask({ overlap_seconds: 60 }), 201).as<Begun>();
	const again = await ask({ overlap_seconds: 60 });
	assertProblem(again, "secret_already_issued", [first.raw_key]);
	equal(again.json.rotation_id, first.rotation.id);
	assertProblem(await ask({ overlap_seconds: 61 }), "idempotency_mismatch");
});

/** A request of a key about its own secret. */
function selfAsk(raw_key: string, rest = "", body: unknown = {}, attempt?: string): Promise<Answer> {
	const headers: Record<string, string> = { "x-api-key": raw_key, ...(attempt === undefined ? {} : { "idempotency-key": attempt }) };
	return send(server.url, { method: "POST", path: `/api/v1/m2m/key/rotate${rest}`, headers, ...(rest === "" ? { body } : {}) });
}

test("a key rotates itself: the response with the new secret can be repeated until that secret is used", async () => {
	const made = await makeKey(server, tenant_id, { permissions: SELF });
	assertProblem(await selfAsk((await makeKey(server, tenant_id)).raw_key), "permission_missing");
	assertProblem(await selfAsk(made.raw_key, "", { overlap_seconds: 299 }), "invalid_request");
	const input = { overlap_seconds: 300 };
	const first = expectStatus(await selfAsk(made.raw_key, "", input, "attempt-1"), 201).as<Begun>();
	notEqual(first.raw_key, made.raw_key);
	const again = await Promise.all([1, 2, 3].map(() => selfAsk(made.raw_key, "", input, "attempt-1")));
	for (const answer of again) equal(expectStatus(answer, 201).as<Begun>().raw_key, first.raw_key);
	assertProblem(await selfAsk(made.raw_key, "", { overlap_seconds: 301 }, "attempt-1"), "idempotency_mismatch");
	assertProblem(await selfAsk(made.raw_key, "", input, "attempt-2"), "rotation_in_progress");
	assertProblem(await selfAsk(made.raw_key, "/complete"), "conflict");
	const { key, rotation } = expectStatus(await whoami(first.raw_key), 200).as<{ key: { id: string }; rotation: { secret: string } }>();
	deepEqual([key.id, rotation.secret], [made.id, "new"]);
	for (const secret of [made.raw_key, first.raw_key]) {
		const late = await selfAsk(secret, "", input, "attempt-1");
		assertProblem(late, "secret_already_issued", [first.raw_key, made.raw_key]);
	}
	assertProblem(await selfAsk(made.raw_key, "/cancel"), "successor_in_use");
	assertProblem(await selfAsk(first.raw_key, "/cancel"), "conflict");
	assertProblem(await selfAsk(first.raw_key, "/complete"), "old_secret_still_in_use");
	equal((await ofKey(made.id, "GET", `/rotations/${first.rotation.id}`)).as<{ started_by: { kind: string } }>().started_by.kind, "key");
	let completed: Answer | null = null;
	for (const until = performance.now() + SHOWN_DEADLINE_MS; completed?.status !== 200 && performance.now() < until; await sleep(100)) {
		// Moves the last use of the old secret back by 90 days; a flush of recent uses may still follow.
		await database.rows("delete from secret_sources where key_id = $1 and kid = $2", [made.id, first.rotation.predecessor.kid]);
		await database.rows("update secret_activity set first_used_at = first_used_at - interval '20 minutes' where kid = $1", [
			first.raw_key.slice(-50, -38),
		]);
		completed = await selfAsk(first.raw_key, "/complete");
	}
	equal(completed?.as<Begun>().rotation.status, "completed");
	assertProblem(await whoami(made.raw_key), "key_rotated");
	expectStatus(await whoami(first.raw_key), 200);
});

test("a key can cancel a rotation that it began if the new secret is unused, but none that a person began", async () => {
	const made = await makeKey(server, tenant_id, { permissions: SELF });
	assertProblem(await selfAsk(made.raw_key, "/cancel"), "conflict");
	const own = expectStatus(await selfAsk(made.raw_key), 201).as<Begun>();
	ok(own.rotation.hard_stop_at);
	equal(expectStatus(await selfAsk(made.raw_key, "/cancel"), 200).as<Begun>().rotation.status, "cancelled");
	assertProblem(await whoami(own.raw_key), "key_rotated");
	expectStatus(await whoami(made.raw_key), 200);
	const { rotation } = await rotate(made.id);
	assertProblem(await selfAsk(made.raw_key, "/cancel"), "conflict");
	equal((await readRotation(made.id, rotation.id)).status, "issued");
});

test("the snippet of docs/rotation.md with which a program rotates its own key runs unchanged", async () => {
	const markdown = readFileSync(join(ROOT, "docs/rotation.md"), "utf8");
	const [snippet = "", ...others] = [...markdown.matchAll(/^<!-- run -->\n+```sh\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
	equal(others.length, 0);
	const made = await makeKey(server, tenant_id, { permissions: SELF });
	const done = await programs.shell(snippet, { KEYWRIGHT_API_KEY: made.raw_key });
	equal(done.code, 0, done.stderr);
	const path = join(programs.folder, "api-key");
	const raw_key = readFileSync(path, "utf8").trim();
	equal(statSync(path).mode & 0o777, 0o600);
	ok(!existsSync(`${path}.new`) && !`${done.stdout}${done.stderr}`.includes(raw_key.slice(-38)));
	equal(expectStatus(await whoami(raw_key), 200).as<{ rotation: { secret: string } }>().rotation.secret, "new");
	expectStatus(await whoami(made.raw_key), 200);
	const wrong = await programs.shell(snippet, { KEYWRIGHT_API_KEY: `${made.raw_key.slice(0, -1)}${made.raw_key.endsWith("0") ? "1" : "0"}` });
	ok(wrong.code !== 0);
	match(`${wrong.stdout}${wrong.stderr}`, /key_invalid/);
	equal(readFileSync(path, "utf8").trim(), raw_key, "a failure leaves what works");
});
