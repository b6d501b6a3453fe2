import { deepEqual, equal } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const MODULE = JSON.stringify(import.meta.resolve("./memory-folder.ts"));
const PRINT = "console.log(JSON.stringify({ folder, temporary: tmpdir(), mode: folder && (statSync(folder).mode & 0o7777) }))";

/** What a process of its own gets from `useMemoryFolder`. */
function useIn(
	options: { place?: string; needed_bytes?: number },
	env: NodeJS.ProcessEnv = {},
): { folder: string | null; temporary: string; mode: number | null } {
	const program = `import { statSync } from "node:fs"; import { tmpdir } from "node:os"; import { useMemoryFolder } from ${MODULE};
		const folder = useMemoryFolder(${JSON.stringify(options)}); ${PRINT}`;
	const { TMPDIR: _of_this_run, ...inherited } = process.env;
	const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { env: { ...inherited, ...env }, encoding: "utf8" });
	return JSON.parse(stdout);
}

test("tests keep their temporary folders in memory where it can be used, writable for PostgreSQL's user, and remove them", () => {
	const { folder, temporary, mode } = useIn({ needed_bytes: 0 });
	equal(temporary, folder ?? "/tmp");
	if (folder === null) return;
	equal(mode, 0o1777);
	equal(existsSync(folder), false, "removed with the process");
});

test("tests keep their temporary folders on the disk if memory is too small, or if TMPDIR names another place", () => {
	const on_disk = { folder: null, temporary: "/tmp", mode: null };
	deepEqual(useIn({ needed_bytes: Number.MAX_SAFE_INTEGER }), on_disk);
	deepEqual(useIn({ place: join(tmpdir(), "missing"), needed_bytes: 0 }), on_disk);
	deepEqual(useIn({ needed_bytes: 0 }, { TMPDIR: "/var/tmp" }), { ...on_disk, temporary: "/var/tmp" });
});
