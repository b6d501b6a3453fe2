import assert from "node:assert/strict";
import { chmod, chown, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { locateBinaries } from "./embedded-binaries.ts";
import { cleanUp, IS_ROOT, isAlive, killGroup, log, NOBODY, newFolder, query, said, start, startChild, stopChild } from "./embedded-fixture.ts";
import { initialise, openFolder, openSocketFolder, requirePrivate } from "./embedded-folder.ts";
import { chooseRunner, makeRunner } from "./embedded-runner.ts";

suite("embedded PostgreSQL and users", { concurrency: 2 }, () => {
	after(cleanUp);

	test("a socket folder that belongs to somebody else is refused", async () => {
		const path = IS_ROOT ? await newFolder() : "/";
		if (IS_ROOT) await chown(path, 12_345, 12_345);
		const binaries = await locateBinaries();
		await assert.rejects(requirePrivate(path, await chooseRunner(binaries, join(await newFolder(), "none"))), /belongs to another user/);
		if (!IS_ROOT) return;
		const runner = makeRunner(binaries, "user_namespace", { uid: 0, gid: 0 });
		const folder = await openFolder(await newFolder());
		await mkdir(join(folder.data_dir, "run"));
		await chown(join(folder.data_dir, "run"), 12_345, 12_345);
		await assert.rejects(openSocketFolder(folder, runner), /belongs to another user/);
	});

	if (IS_ROOT) {
		test("an ordinary user starts it, adopts it and stops it", async () => {
			const folder = await newFolder();
			await chown(folder, NOBODY, NOBODY);
			const killed = startChild(folder, { uid: NOBODY });
			const first = await said(killed);
			assert.equal(first.message, undefined, `as uid ${NOBODY}; are node_modules and the sources readable by everybody?`);
			await killGroup(killed);
			const child = startChild(folder, { uid: NOBODY });
			const second = await said(child);
			assert.deepEqual([second.adopted, second.pid], [true, first.pid]);
			await stopChild(child);
			assert.ok(!isAlive(first.pid));

			const asRoot = await start(folder);
			await query(asRoot.url, "select 1");
			assert.equal((await stat(join(folder, "postgres", "postmaster.pid"))).uid, NOBODY, "root runs a user's cluster as that user");
			await asRoot.stop();
			const again = startChild(folder, { uid: NOBODY });
			assert.equal((await said(again)).adopted, false);
			await stopChild(again);
		});

		test("root runs it as another user where user namespaces are forbidden", async () => {
			const folder = await openFolder(await newFolder());
			const binaries = await locateBinaries();
			await initialise(folder, makeRunner(binaries, "other_user", { uid: NOBODY, gid: NOBODY }), binaries, log);
			const embedded = await start(folder.data_dir);
			await query(embedded.url, "create table kept as select 1 as value");
			assert.equal((await stat(join(folder.cluster_dir, "postmaster.pid"))).uid, NOBODY);
			assert.equal((await stat(folder.data_dir)).mode & 0o777, 0o711, "others may walk through, not list");
			await embedded.stop();
			await chmod(folder.data_dir, 0o700);
			await (await start(folder.data_dir)).stop();
		});

		test("root is told which folder keeps that other user out", async () => {
			const closed = await newFolder();
			await mkdir(join(closed, "data"));
			const folder = await openFolder(join(closed, "data"));
			const binaries = await locateBinaries();
			const runner = makeRunner(binaries, "other_user", { uid: NOBODY, gid: NOBODY });
			await assert.rejects(initialise(folder, runner, binaries, log), new RegExp(`cannot enter ${closed}\\. .*KEYWRIGHT_DATA_DIR`));
			assert.deepEqual(await readdir(folder.data_dir), []);
		});

		test("an ordinary user is told that root's data folder is not theirs", async () => {
			const folder = await newFolder();
			await (await start(folder)).stop();
			await chown(folder, NOBODY, NOBODY);
			const child = startChild(folder, { uid: NOBODY });
			assert.match((await said(child)).message ?? "", /belongs to another user \(uid 0, and this is uid 65534\)/);
		});
	}
});
