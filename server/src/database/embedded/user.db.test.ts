import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, suite, test } from "node:test";
import {
	cleanUp,
	IS_ROOT,
	isAlive,
	killGroup,
	log,
	NOBODY,
	NODE,
	newFolder,
	query,
	REPOSITORY,
	said,
	start,
	startChild,
	stopChild,
} from "../../../testing/embedded.ts";
import { locateBinaries } from "./binaries.ts";
import { initialise, openFolder, openSocketFolder, requirePrivate } from "./folder.ts";
import { chooseRunner, makeRunner } from "./runner.ts";

/** Other users may lack access to the folders above the repository, so the test mounts it at a path that they can access. */
const SEEN_BY_ALL = "KEYWRIGHT_TEST_SEEN_BY_ALL";

/** Mounts the entries of the repository one by one, because only its owner may have access to the folder itself. */
const SEEN_AND_RUN = `set -e
for entry in "$1"/*; do
	seen="$2/\${entry##*/}"
	if [ -d "$entry" ]; then mkdir "$seen"; else : > "$seen"; fi
	mount --bind "$entry" "$seen"
done
exec "$2/$3" "$2/$4"`;

if (IS_ROOT && process.env[SEEN_BY_ALL] === undefined) {
	test("embedded PostgreSQL and users, with the repository where every user can enter it", async () => {
		const place = await newFolder();
		await chmod(place, 0o755);
		const own = import.meta.filename.slice(REPOSITORY.length + 1);
		const view = spawn("unshare", ["--mount", "sh", "-c", SEEN_AND_RUN, "sh", REPOSITORY, place, NODE, own], {
			env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", [SEEN_BY_ALL]: "yes" },
			stdio: ["ignore", "pipe", "pipe"],
		});
		const output = Promise.all([text(view.stdout), text(view.stderr)]);
		const [code] = await once(view, "exit");
		assert.equal(code, 0, (await output).join("\n"));
		await cleanUp();
	});
} else
	suite("embedded PostgreSQL and users", { concurrency: 2 }, () => {
		after(cleanUp);

		test("a socket folder of another user is refused", async () => {
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

			test("the error names the folder that the other user cannot enter", async () => {
				const closed = await newFolder();
				await mkdir(join(closed, "data"));
				const folder = await openFolder(join(closed, "data"));
				const binaries = await locateBinaries();
				const runner = makeRunner(binaries, "other_user", { uid: NOBODY, gid: NOBODY });
				await assert.rejects(initialise(folder, runner, binaries, log), new RegExp(`cannot enter ${closed}\\. .*KEYWRIGHT_DATA_DIR`));
				assert.deepEqual(await readdir(folder.data_dir), []);
			});

			test("the error of an ordinary user says that the data folder belongs to root", async () => {
				const folder = await newFolder();
				await (await start(folder)).stop();
				await chown(folder, NOBODY, NOBODY);
				const child = startChild(folder, { uid: NOBODY });
				assert.match((await said(child)).message ?? "", /belongs to another user \(uid 0, and this is uid 65534\)/);
			});
		}
	});
