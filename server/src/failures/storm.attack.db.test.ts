import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { factsOf, type Refusing, startRefusing } from "../../testing/refusals.ts";
import { newQuestion, type Process, type VerificationFixture, verificationFixture } from "../../testing/verification.ts";
import { ApiError } from "../core/error.ts";
import { newRequestId } from "../core/request-id.ts";
import { MINUTE_MS } from "../core/time.ts";
import { revokeKey } from "../keys/revocation/revoke.ts";
import { asKid, makeRawKey } from "../keys/secrets/format.ts";
import { makeSource } from "../usage/sources/source.ts";
import { listFailures } from "./list.ts";

const STORM = 1_000_000;
/** Requests between two flushes, each of which comes a second later. */
const SECOND = 100_000;
const SOURCES = 100;
const BYTES_MAX = 64 * 1024 * 1024;
/** The last 100 of the key and code, and the first of each of its sources and minutes. */
const ROWS_MAX = 100 + 2 * SOURCES;

const isNotFound = (error: unknown) => error instanceof ApiError && error.code === "not_found";

suite("a storm of refusals", () => {
	let fixture: VerificationFixture;
	let process: Process;
	let refusing: Refusing;
	let tenant_id: string;

	before(async () => {
		fixture = await verificationFixture();
		process = await fixture.process();
		refusing = startRefusing(fixture, process);
		tenant_id = await fixture.tenant(process.node);
	});
	after(() => fixture.close());

	const rowsOf = async (table: string, where: string) =>
		Number((await fixture.behind(`select count(*) as rows from keywright.${table} where ${where}`))[0]?.rows);

	test("a million refusals cost bounded memory and rows, and are counted exactly; 64 sources of a key are counted apart", async (t) => {
		const key = await fixture.key(process.node, tenant_id);
		await revokeKey(fixture.context(process.node), { ...key, reason: "other" });
		// Within one minute: the first of each source and minute is kept apart.
		fixture.clock.advance(MINUTE_MS - (fixture.clock.now() % MINUTE_MS));
		await refusing.refuse(key.raw_key);
		const sources = Array.from({ length: SOURCES }, (_, index) => makeSource(`192.0.${index}.0/24`, "curl", null));
		const questions = sources.map((source) => newQuestion(key.raw_key, { source }));
		const before_bytes = globalThis.process.memoryUsage.rss();
		let [bytes, waiting] = [0, 0];
		for (let sent = 0; sent < STORM; sent += 1) {
			const question = questions[sent % SOURCES];
			ok(question);
			const decision = process.verifier.decide({ ...question, request_id: newRequestId(fixture.clock.now()) });
			ok(!(decision instanceof Promise));
			if (sent % SECOND !== SECOND - 1) continue;
			waiting = Math.max(waiting, process.refusals.waiting);
			bytes = Math.max(bytes, globalThis.process.memoryUsage.rss() - before_bytes);
			fixture.clock.advance(1_000);
			await refusing.flush();
		}
		const rows = await rowsOf("auth_failures", `key_id = '${key.key_id}'`);
		const counts = await rowsOf("auth_failure_counts", `key_id = '${key.key_id}'`);
		t.diagnostic(`${STORM} refusals: ${waiting} in memory at most, ${Math.round(bytes / 1024 / 1024)} MB, ${rows} rows and ${counts} of counts`);
		ok(waiting <= ROWS_MAX && rows <= ROWS_MAX, `${waiting} in memory, ${rows} rows`);
		ok(bytes < BYTES_MAX, `${bytes} bytes`);
		const listed = await listFailures(fixture.context(process.node), { tenant_id, key_id: key.key_id });
		deepEqual(listed.counts, [{ code: "key_revoked", requests: STORM + 1 }]);
		const apart = await fixture.behind(
			`select count(distinct source_id) as sources from keywright.auth_failure_counts where key_id = '${key.key_id}'`,
		);
		equal(Number(apart[0]?.sources), 65, "64 sources, and one for all others");
	});

	test("a refusal that was not kept is explained by the nearest one of its minute, which is not called exact", async () => {
		const [key, quiet] = [await fixture.key(process.node, tenant_id), await fixture.key(process.node, tenant_id)];
		const foreign = await fixture.tenant(process.node);
		const ids: string[] = [];
		for (let sent = 0; sent < 300; sent += 1) ids.push(await refusing.refuse(key.raw_key, { permissions: ["documents:delete"] }));
		await refusing.flush();
		await rejects(refusing.explain(tenant_id, ids[50] ?? ""), isNotFound, "it may still be written");
		fixture.clock.advance(3_000);
		const [first = "", lost = "", last = ""] = [ids[0], ids[50], ids.at(-1)];
		equal((await refusing.explain(tenant_id, first)).exact, true);
		equal((await refusing.explain(tenant_id, last)).exact, true);
		for (const explanation of [await refusing.explain(tenant_id, lost), await refusing.explainOwn(key, lost)]) {
			deepEqual([explanation.exact, explanation.check], [false, "permission_held"]);
			equal(factsOf(explanation).permission, "documents:delete");
		}
		await rejects(refusing.explainOwn(quiet, lost), isNotFound);
		await rejects(refusing.explain(foreign, lost), isNotFound);
		fixture.clock.advance(120_000);
		await rejects(refusing.explain(tenant_id, newRequestId(fixture.clock.now())), isNotFound);
	});

	test("refusals without a proof displace none with one, and unknown kids are bounded", async () => {
		const key = await fixture.key(process.node, tenant_id);
		const proven = await refusing.refuse(key.raw_key, { tenant_id: "elsewhere" });
		const kids = Array.from({ length: 2_000 }, (_, sent) => asKid(`storm${String(sent).padStart(7, "0")}`));
		await Promise.all(kids.map((kid) => refusing.refuse(makeRawKey({ brand: "kw", environment: "prod", kid, secret: "0".repeat(32) }))));
		await refusing.flush();
		equal((await refusing.explain(tenant_id, proven)).exact, true);
		ok((await rowsOf("unknown_auth_failures", "true")) <= 1_000);
	});

	test("a trickle costs bounded rows: up to 25 of a key and code beyond the last 100, and 10,000 of a tenant", async () => {
		const owner = await fixture.tenant(process.node);
		const key = await fixture.key(process.node, owner);
		await revokeKey(fixture.context(process.node), { ...key, reason: "other" });
		fixture.clock.advance(MINUTE_MS - (fixture.clock.now() % MINUTE_MS));
		let most = 0;
		const ids: string[] = [];
		for (let sent = 0; sent < 160; sent += 1) {
			// Ids of one millisecond have no order.
			fixture.clock.advance(1);
			ids.push(await refusing.refuse(key.raw_key));
			await refusing.flush();
			most = Math.max(most, await rowsOf("auth_failures", `tenant_id = '${owner}' and not sampled`));
		}
		ok(most > 100 && most < 125, `${most} rows`);
		const kept = new Set(
			(await fixture.behind("select request_id from keywright.auth_failures where tenant_id = $1", [owner])).map((row) => row.request_id),
		);
		equal(ids.slice(-100).filter((id) => !kept.has(id)).length, 0, "the last 100 are kept");
		await fixture.behind(
			`insert into keywright.auth_failures
			select 'req_' || place, tenant_id, key_id, kid, at - interval '1 hour', code, check_name, operation, source_id, network, agent, client, facts, proven, true, detail
			from keywright.auth_failures, generate_series(1, 9990) as place
			where request_id = (select max(request_id) from keywright.auth_failures where tenant_id = $1)`,
			[owner],
		);
		// Another process has written them.
		await refusing.refuse(key.raw_key);
		await startRefusing(fixture, process).flush();
		equal(await rowsOf("auth_failures", `tenant_id = '${owner}'`), 9_000);
	});

	test("three nodes that write little each keep at most 10,000 rows of a tenant together", async () => {
		const owner = await fixture.tenant(process.node);
		const key = await fixture.key(process.node, owner);
		await revokeKey(fixture.context(process.node), { ...key, reason: "other" });
		const nodes = [refusing, startRefusing(fixture, await fixture.process()), startRefusing(fixture, await fixture.process())];
		await refusing.refuse(key.raw_key);
		await refusing.flush();
		await fixture.behind(
			`insert into keywright.auth_failures
			select 'req_full_' || place, tenant_id, key_id, kid, at - interval '1 hour', code, check_name, operation, source_id, network, agent, client, facts, proven, true, detail
			from keywright.auth_failures, generate_series(1, 9990) as place where tenant_id = $1`,
			[owner],
		);
		let most = 0;
		const writeEach = async (refusals: number) => {
			for (const node of nodes) {
				for (let sent = 0; sent < refusals; sent += 1)
					await node.refuse(key.raw_key, { source: makeSource(`198.${sent >> 8}.${sent & 255}.0/24`, "curl", null) });
				await node.flush();
				most = Math.max(most, await rowsOf("auth_failures", `tenant_id = '${owner}'`));
			}
			fixture.clock.advance(MINUTE_MS);
		};
		// The first one of each node deletes what is too many, since the node knows nothing of the tenant.
		await writeEach(1);
		most = 0;
		for (const refusals of [160, 160, 160, 160, 499]) await writeEach(refusals);
		ok(most > 9_000 && most <= 10_000, `${most} rows`);
	});

	test("what is sent with one revoked key from ever new sources displaces no refusal of another key", async () => {
		const owner = await fixture.tenant(process.node);
		const [loud, quiet] = [await fixture.key(process.node, owner), await fixture.key(process.node, owner)];
		const kept: string[] = [];
		for (let sent = 0; sent < 3; sent += 1) kept.push(await refusing.refuse(quiet.raw_key, { permissions: ["documents:delete"] }));
		await refusing.flush();
		await revokeKey(fixture.context(process.node), { ...loud, reason: "other" });
		fixture.clock.advance(MINUTE_MS);
		await refusing.refuse(loud.raw_key);
		await refusing.flush();
		await fixture.behind(
			`insert into keywright.auth_failures
			select request_id || place, tenant_id, key_id, kid, at + interval '1 second', code, check_name, operation, source_id, network, agent, client, facts, proven, true, detail
			from keywright.auth_failures, generate_series(1, 12000) as place where tenant_id = $1 and key_id = $2`,
			[owner, loud.key_id],
		);
		await refusing.refuse(loud.raw_key);
		await startRefusing(fixture, process).flush();
		equal(await rowsOf("auth_failures", `tenant_id = '${owner}'`), 9_000);
		for (const request_id of kept) equal((await refusing.explain(owner, request_id)).exact, true);
	});
});
