import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { cleanUp, eventually, isAlive, killGroup, log, newFolder, query, said, start, startChild } from "../../../testing/embedded.ts";
import { lockFolder, startEmbedded } from "./embedded.ts";

/** Inserts rows one at a time and records each acknowledged one, until the connection is lost. */
export async function writeUntilLost(url: string, acknowledged: number[]): Promise<void> {
	const client = new Client({ connectionString: url });
	client.on("error", () => undefined);
	await client.connect();
	try {
		for (;;) {
			const id = (acknowledged.at(-1) ?? 0) + 1;
			await client.query("insert into written values ($1) on conflict do nothing", [id]);
			acknowledged.push(id);
		}
	} catch {
		await client.end().catch(() => undefined);
	}
}

const ADVISORY_LOCKS = "select 1 from pg_locks where locktype = 'advisory'";

suite("embedded PostgreSQL after crashes", { concurrency: 2 }, () => {
	after(cleanUp);

	test("a server killed with -9, whole process group, leaves PostgreSQL running, and the next start adopts it", async () => {
		const folder = await newFolder();
		const environment = { PGPORT: "1", PGHOST: "nowhere.invalid", PGSSLMODE: "require", PGUSER: "somebody", PGDATABASE: "nothing" };
		const child = startChild(folder, { env: environment });
		const before = await said(child);
		await query(before.url, "create table kept as select 1 as value");
		await killGroup(child);
		assert.ok(isAlive(before.pid), "PostgreSQL is in a session of its own");

		const adopted = await start(folder);
		assert.deepEqual([adopted.adopted, adopted.pid, adopted.url], [true, before.pid, before.url]);
		assert.deepEqual(await query(adopted.url, "select value from kept"), [{ value: 1 }]);
		process.kill(adopted.pid, "SIGKILL");
		await eventually("an adopted PostgreSQL that was killed comes back", () => query(adopted.url, "select value from kept"));
		await adopted.stop();
		assert.ok(!isAlive(adopted.pid));
	});

	test("kill -9 of PostgreSQL loses no acknowledged row, and it comes back by itself with its folder still locked", async () => {
		const folder = await newFolder();
		const embedded = await start(folder);
		const reasons: string[] = [];
		embedded.onExit((reason) => reasons.push(reason));
		await query(embedded.url, "create table written (id integer primary key)");
		const acknowledged: number[] = [];
		const killed: number[] = [];
		for (let round = 0; round < 3; round++) {
			await eventually("PostgreSQL answers again", async () => {
				assert.ok(isAlive(embedded.pid));
				await query(embedded.url, "select 1");
			});
			await Promise.all([
				writeUntilLost(embedded.url, acknowledged),
				sleep(60).then(() => {
					killed.push(embedded.pid);
					process.kill(embedded.pid, "SIGKILL");
				}),
			]);
			await eventually("the killed one is gone", async () => assert.ok(!killed.some(isAlive)));
		}
		const rows = await eventually("PostgreSQL answers again", () => query(embedded.url, "select id from written"));
		const present = new Set(rows.map((row) => row.id));
		assert.ok(acknowledged.length > 0);
		assert.deepEqual(
			acknowledged.filter((id) => !present.has(id)),
			[],
		);
		// PostgreSQL accepts connections a moment before its keeper notices.
		await eventually("the new one is known", async () => assert.equal(new Set([...killed, embedded.pid]).size, 4));
		assert.equal(reasons.length, 3);
		assert.match(reasons.join(), /SIGKILL/);
		// Query the database first: a start before the lock is taken again may rightly become the owner.
		await eventually("the lock is held again", async () => assert.equal((await query(embedded.url, ADVISORY_LOCKS)).length, 1));
		await assert.rejects(startEmbedded({ data_dir: folder, log }), { code: "ALREADY_RUNNING" });
		await embedded.stop();
		assert.ok(!isAlive(embedded.pid));
	});

	test("an owner that lost the folder while frozen is notified, and leaves the new owner's PostgreSQL alone", async () => {
		const folder = await newFolder();
		let losses = 0;
		const first = await start(folder, () => {
			losses++;
		});
		const rival = new Client({ connectionString: first.url });
		await rival.connect();
		const id = (await query(first.url, "select ((classid::bigint << 32) | objid::bigint)::text as id from pg_locks where locktype = 'advisory'"))[0]
			?.id;
		const waiting = rival.query("select pg_advisory_lock($1::bigint)", [id]);
		await query(first.url, "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted");
		await waiting;
		await eventually("the loss is reported", async () => assert.equal(losses, 1));
		await first.stop();
		assert.ok(isAlive(first.pid));
		await rival.end();
		const second = await start(folder);
		assert.equal(second.adopted, true);
		await second.stop();
	});

	test("lockFolder takes its lock again after its connection was cut, and release gives it up", async () => {
		const folder = await newFolder();
		const embedded = await start(folder);
		const url = embedded.urlFor("app", "template1");
		const lost = (): void => assert.fail("the lock was free");
		const lock = await lockFolder(url, { log, onLost: lost });
		assert.ok(lock);
		const holders = "select pid from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = 'template1')";
		const before = (await query(url, holders))[0]?.pid;
		await query(url, `select pg_terminate_backend(${before})`);
		await eventually("the lock is taken again", async () => assert.notEqual((await query(url, holders))[0]?.pid ?? before, before));
		assert.equal(await lockFolder(url, { log, onLost: lost }), null);
		await lock.release();
		const next = await lockFolder(url, { log, onLost: lost });
		assert.ok(next);
		await next.release();
		await embedded.stop();
	});

	test("an initdb that was interrupted is done again, and what it left is removed", async () => {
		const folder = await newFolder();
		const child = startChild(folder);
		await eventually("initdb is at work", async () => assert.ok((await readdir(folder)).some((name) => name.startsWith("postgres.init-"))));
		await sleep(150);
		await killGroup(child);
		assert.ok(!(await readdir(folder)).includes("postgres"), "what is called postgres is complete");
		const embedded = await start(folder);
		assert.equal(embedded.adopted, false);
		assert.deepEqual((await readdir(folder)).sort(), ["postgres", "postgres.log", "run"]);
		await embedded.stop();
	});

	test("a folder without a whole cluster is moved aside, one with data is never touched", async () => {
		const folder = await newFolder();
		await mkdir(join(folder, "postgres", "base"), { recursive: true });
		await writeFile(join(folder, "postgres", "PG_VERSION"), "18\n");
		const embedded = await start(folder);
		await embedded.stop();
		const aside = (await readdir(folder)).find((name) => name.startsWith("postgres.incomplete-"));
		assert.ok(aside);
		assert.deepEqual((await readdir(join(folder, aside))).sort(), ["PG_VERSION", "base"]);

		await rm(join(folder, "postgres", "PG_VERSION"));
		await assert.rejects(start(folder), /has data but no PG_VERSION/);
		await writeFile(join(folder, "postgres", "PG_VERSION"), "17\n");
		await assert.rejects(start(folder), /written by PostgreSQL 17, and this Keywright brings PostgreSQL 18/);
		await writeFile(join(folder, "postgres", "PG_VERSION"), "18\n");
		await (await start(folder)).stop();
	});

	test("a stale pid file, of a dead process or of another program, does not keep PostgreSQL from starting", async () => {
		const folder = await newFolder();
		const first = await start(folder);
		const text = await readFile(join(folder, "postgres", "postmaster.pid"), "utf8");
		await first.stop();
		const other = spawn("sleep", ["60"], { stdio: "ignore" });
		try {
			for (const pid of [String(first.pid), String(other.pid)]) {
				await writeFile(join(folder, "postgres", "postmaster.pid"), text.replace(/^\d+/, pid), { mode: 0o600 });
				const again = await start(folder);
				assert.equal(again.adopted, false);
				await again.stop();
			}
			assert.ok(other.pid !== undefined && isAlive(other.pid));
		} finally {
			other.kill();
		}
	});
});
