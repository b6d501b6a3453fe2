/** Data folders of servers under test. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdtempSync, readFileSync, realpathSync, statSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const POSTGRES_GONE_POLL_MS = 25;

export function newDataFolder(): string {
	return realpathSync(mkdtempSync(join(tmpdir(), "keywright-e2e-")));
}

/** The pid of the embedded PostgreSQL of a data folder; null without a pid file. */
export function postgresPid(data_dir: string): number | null {
	const path = join(data_dir, "postgres", "postmaster.pid");
	if (!existsSync(path)) return null;
	const pid = Number(readFileSync(path, "utf8").split("\n", 1)[0]);
	return Number.isInteger(pid) && pid > 1 ? pid : null;
}

export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
	} catch {
		return false;
	}
	// A killed process keeps its pid until its parent has waited for it.
	return !/^\d+ \(.*\) [ZX]/.test(existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8") : "0 () R");
}

/** Stops a PostgreSQL that outlived its server, and removes the folder. */
export async function removeDataFolder(data_dir: string): Promise<void> {
	const postgres = postgresPid(data_dir);
	if (postgres !== null && isAlive(postgres)) {
		process.kill(postgres, "SIGCONT");
		process.kill(postgres, "SIGQUIT");
		while (isAlive(postgres)) await sleep(POSTGRES_GONE_POLL_MS);
	}
	await rm(data_dir, { recursive: true, force: true, maxRetries: 5 });
}

/** What an initialized folder depends on, below the root. */
const SCHEMA = ["server/migrations", "server/src/database", "package-lock.json"];
const INITIALIZED = join(import.meta.dirname, "..", "node_modules", ".cache", "keywright-data-folders");
/** Belong to one server: its token, sockets and log. */
const OF_ONE_SERVER = ["operator_token", "run", "postgres.log"];

/** A digest of the schema, and of the clock under which its first rows are written. */
function digestSchema(): string {
	const hash = createHash("sha256").update(process.env.KEYWRIGHT_TEST_CLOCK_OFFSET ?? "");
	for (const place of SCHEMA) {
		const path = join(import.meta.dirname, "..", place);
		const files = statSync(path).isFile()
			? [path]
			: globSync("**/*.{ts,sql}", { cwd: path })
					.sort()
					.map((file) => join(path, file));
		for (const file of files) hash.update(readFileSync(file));
	}
	return hash.digest("hex").slice(0, 16);
}

/**
 * A new data folder that a server has initialized and migrated before: a copy, because the first start of PostgreSQL costs about two seconds of CPU time.
 * `initialize` starts a server on a folder and stops it; it is called once for each state of the schema. Tests of the first start use `newDataFolder`.
 */
export async function copyInitializedFolder(initialize: (data_dir: string) => Promise<void>): Promise<string> {
	const original = join(INITIALIZED, digestSchema());
	if (!existsSync(original)) {
		const data_dir = newDataFolder();
		await initialize(data_dir);
		for (const name of OF_ONE_SERVER) await rm(join(data_dir, name), { recursive: true, force: true });
		await mkdir(INITIALIZED, { recursive: true });
		const copied = `${original}.${process.pid}`;
		await copy(data_dir, copied);
		await rm(data_dir, { recursive: true });
		// Another test file may have been faster.
		await rename(copied, original).catch(() => rm(copied, { recursive: true }));
	}
	const data_dir = newDataFolder();
	await copy(`${original}/.`, data_dir);
	return data_dir;
}

/** Copies a folder with owners, which PostgreSQL checks and `fs.cp` does not keep. */
function copy(from: string, to: string): Promise<unknown> {
	return promisify(execFile)("cp", ["--archive", from, to]);
}
