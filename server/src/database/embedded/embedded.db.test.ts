import assert from "node:assert/strict";
import { readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { cleanUp, isAlive, log, newFolder, query, removeAfter, said, start, startChild, stopAfter } from "../../../testing/embedded.ts";
import { AlreadyRunning, startEmbedded } from "./embedded.ts";

suite("embedded PostgreSQL", { concurrency: 2 }, () => {
	after(cleanUp);

	test("a data folder works whatever its path holds: commas, quotes, blanks, percent signs", async () => {
		const folder = join(await newFolder(), ` we,ird "n'a%41?#&=@:;$(x) ä\\b,"`);
		const first = await start(folder);
		assert.deepEqual(await query(first.url, "select 42 as value"), [{ value: 42 }]);
		await first.stop();
		const second = await start(folder);
		assert.deepEqual(await query(second.url, "select 42 as value"), [{ value: 42 }]);
		await second.stop();
	});

	test("a first start makes a private, durable PostgreSQL, and a restart keeps its rows", async () => {
		const folder = await newFolder();
		const first = await start(folder);
		assert.equal(first.adopted, false);
		assert.ok(isAlive(first.pid));
		const names = ["server_encoding", "fsync", "synchronous_commit", "full_page_writes", "listen_addresses", "data_checksums", "max_connections"];
		const rows = await query(first.url, `select name, setting from pg_settings where name in ('${names.join("','")}')`);
		assert.deepEqual(Object.fromEntries(rows.map((row) => [row.name, row.setting])), {
			server_encoding: "UTF8",
			fsync: "on",
			synchronous_commit: "on",
			full_page_writes: "on",
			listen_addresses: "",
			data_checksums: "on",
			max_connections: "60",
		});
		assert.equal((await stat(join(folder, "run"))).mode & 0o777, 0o700);
		assert.equal((await stat(join(folder, "postgres"))).mode & 0o777, 0o700);
		await query(first.url, "create role other login");
		await query(first.url, "create database elsewhere owner other");
		await query(first.urlFor("other", "elsewhere"), "create table kept as select 42 as value");
		await Promise.all([first.stop(), first.stop()]);
		assert.ok(!isAlive(first.pid));
		await assert.rejects(query(first.url, "select 1"));

		const second = await start(folder);
		assert.deepEqual(await query(second.urlFor("other", "elsewhere"), "select current_user as role, value from kept"), [
			{ role: "other", value: 42 },
		]);
		await second.stop();
	});

	test("a second server on the same folder fails with a reason, and the first continues", async () => {
		const folder = await newFolder();
		const first = await start(folder);
		const child = startChild(folder);
		const { code, message } = await said(child);
		assert.equal(code, "ALREADY_RUNNING");
		assert.match(message ?? "", new RegExp(`already running on ${folder}; stop that one first or set KEYWRIGHT_DATA_DIR`));
		assert.deepEqual(await query(first.url, "select 1 as one"), [{ one: 1 }]);
		await first.stop();
	});

	test("of simultaneous first starts exactly one owns the folder, and the others fail with a reason", async () => {
		const folder = await newFolder();
		const outcomes = await Promise.allSettled([1, 2, 3].map(() => startEmbedded({ data_dir: folder, log })));
		const owners = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
		for (const owner of owners) stopAfter(owner);
		const refusals = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
		for (const refusal of refusals) assert.ok(refusal instanceof AlreadyRunning, String(refusal));
		const [owner] = owners;
		assert.ok(owner !== undefined && owners.length === 1, `${owners.length} owners`);
		assert.ok((await readdir(folder)).includes("postgres"));
		await query(owner.url, "select 1");
		await owner.stop();
	});

	test("a data folder with a long path works; its socket is elsewhere, private and the same at each start", async () => {
		const folder = join(await newFolder(), "d".repeat(80), "e".repeat(70));
		const first = await start(folder);
		const socket_dir = new URL(first.url.replace("@/", "@local/")).searchParams.get("host") ?? "";
		removeAfter(socket_dir);
		assert.ok(!socket_dir.startsWith(folder) && socket_dir.length < 90);
		assert.equal((await stat(socket_dir)).mode & 0o777, 0o700);
		await query(first.url, "select 1");
		await first.stop();
		const second = await start(folder);
		assert.equal(second.url, first.url);
		await second.stop();
	});

	test("a large log is put aside at a start, so that two of them are kept at most", async () => {
		const folder = await newFolder();
		await writeFile(join(folder, "postgres.log"), "");
		await truncate(join(folder, "postgres.log"), 11 * 1024 * 1024);
		await (await start(folder)).stop();
		assert.equal((await stat(join(folder, "postgres.log.1"))).size, 11 * 1024 * 1024);
		const text = await readFile(join(folder, "postgres.log"), "utf8");
		assert.ok(text.includes("ready to accept connections") && text.length < 10_000);
	});

	test("what fails in a statement leaves no trace of its values in the log", async () => {
		const folder = await newFolder();
		const embedded = await start(folder);
		await query(embedded.url, "create table named (name text primary key)");
		await query(embedded.url, "insert into named values ('canary-value')");
		await assert.rejects(query(embedded.url, "insert into named values ('canary-value')"));
		await assert.rejects(query(embedded.url, "select 'canary-value'::integer"));
		await embedded.stop();
		assert.ok(!(await readFile(join(folder, "postgres.log"), "utf8")).includes("canary-value"));
	});
});
