import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, constants, lstat, mkdir, open, readdir, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { Log } from "../../core/log.ts";
import type { Binaries } from "./binaries.ts";
import { changeOwner, letThrough, type Runner, SUPERUSER } from "./runner.ts";

const CLUSTER_NAME = "postgres";
const LOG_BYTES_MAX = 10 * 1024 * 1024;
/** Maximum length of a socket path in bytes: macOS allows 103, Linux 107. */
const SOCKET_PATH_BYTES_MAX = 103;
const SOCKET_NAME = ".s.PGSQL.5432";
const INITDB_OUTPUT_CHARACTERS_MAX = 4_000;

/** Absolute paths of the embedded database. */
export interface Folder {
	/** Keywright's data folder. */
	readonly data_dir: string;
	/** PostgreSQL's own folder below it. */
	readonly cluster_dir: string;
	readonly log_file: string;
}

/** Creates the data folder if it is missing (mode 0700) and returns its paths with symbolic links resolved. */
export async function openFolder(data_dir: string): Promise<Folder> {
	await mkdir(resolve(data_dir), { recursive: true, mode: 0o700 });
	const real = await realpath(data_dir);
	return { data_dir: real, cluster_dir: join(real, CLUSTER_NAME), log_file: join(real, "postgres.log") };
}

/** Whether the data folder contains a database cluster. */
export function isInitialised(data_dir: string): boolean {
	return existsSync(join(data_dir, CLUSTER_NAME, "PG_VERSION"));
}

/**
 * Creates a database cluster if there is none. initdb writes to a temporary folder that is renamed when it has finished: a folder named
 * `postgres` is therefore complete, and of two concurrent first starts one rename succeeds.
 */
export async function initialise(folder: Folder, runner: Runner, binaries: Binaries, log: Log): Promise<void> {
	if (await isComplete(folder, binaries)) return;
	await letThrough(runner, folder.data_dir);
	const fresh = `${folder.cluster_dir}.init-${randomBytes(6).toString("hex")}`;
	await mkdir(fresh, { mode: 0o700 });
	await changeOwner(runner, fresh);
	try {
		await initdb(fresh, runner, binaries);
		await moveIncompleteAside(folder, log);
		await rename(fresh, folder.cluster_dir);
		await syncFolder(folder.data_dir);
		log.info({ data_dir: folder.data_dir, postgres_major: binaries.major }, "embedded_postgres_initialised");
	} catch (error) {
		await rm(fresh, { recursive: true, force: true });
		if (await isComplete(folder, binaries)) return;
		throw error;
	}
}

/** Throws if the cluster is of another major version: PostgreSQL cannot open it, and it must not be changed. */
async function isComplete(folder: Folder, binaries: Binaries): Promise<boolean> {
	const version = await readFile(join(folder.cluster_dir, "PG_VERSION"), "utf8").catch(() => null);
	if (version === null || !(await isThere(join(folder.cluster_dir, "global", "pg_control")))) return false;
	if (version.trim() === binaries.major) return true;
	throw new Error(
		`The data in ${folder.cluster_dir} was written by PostgreSQL ${version.trim()}, and this Keywright brings PostgreSQL ${binaries.major}. ` +
			"Start the Keywright release that wrote it, move the data by a dump, or set KEYWRIGHT_DATABASE_URL to a server that holds it.",
	);
}

/** Renames an incomplete cluster folder instead of deleting it; a folder with tables is not touched. */
async function moveIncompleteAside(folder: Folder, log: Log): Promise<void> {
	if (!(await isThere(folder.cluster_dir)) || (await readdir(folder.cluster_dir)).length === 0) return;
	const damaged = `The folder ${folder.cluster_dir} has data but no PG_VERSION. Restore it from a backup, or move it away to start empty.`;
	if (await isThere(join(folder.cluster_dir, "global", "pg_control"))) throw new Error(damaged);
	const aside = `${folder.cluster_dir}.incomplete-${randomBytes(6).toString("hex")}`;
	await rename(folder.cluster_dir, aside);
	if (await isThere(join(aside, "global", "pg_control"))) {
		// Another start has moved a complete folder there since the check.
		await rename(aside, folder.cluster_dir);
		throw new Error(damaged);
	}
	log.warn({ moved_to: aside }, "embedded_postgres_incomplete_folder_moved");
}

async function initdb(target: string, runner: Runner, binaries: Binaries): Promise<void> {
	const parameters = ["-D", target, "-U", SUPERUSER, "--auth=trust", "-E", "UTF8", "--locale=C", "--no-instructions"];
	const child = runner.spawn(binaries.initdb, parameters, { stdio: ["ignore", "pipe", "pipe"], detached: false });
	let output = "";
	const keep = (chunk: Buffer): void => {
		output = (output + chunk.toString()).slice(-INITDB_OUTPUT_CHARACTERS_MAX);
	};
	child.stdout?.on("data", keep);
	child.stderr?.on("data", keep);
	await new Promise<void>((done, fail) => {
		child.once("error", fail);
		child.once("close", (code, signal) => (code === 0 ? done() : fail(new Error(`initdb ended with ${code ?? signal}: ${output.trim()}`))));
	});
}

/**
 * Removes folders of interrupted initdb runs. Requires the lock of the folder. A concurrent start that is about to fail may still write to
 * its own, so errors are ignored; the next start tries again.
 */
export async function removeLeftovers(folder: Folder, log: Log): Promise<void> {
	const prefix = `${basename(folder.cluster_dir)}.init-`;
	for (const name of await readdir(folder.data_dir)) {
		if (!name.startsWith(prefix)) continue;
		await rm(join(folder.data_dir, name), { recursive: true, force: true }).catch((error: unknown) => {
			log.warn({ err: error, folder: name }, "embedded_postgres_leftover_kept");
		});
	}
}

/**
 * The folder of PostgreSQL's socket, the same at every start: inside the data folder, or under the system's temporary folder if that path
 * is too long for a socket. Trust authentication is safe only because the folder has mode 0700.
 */
export async function openSocketFolder(folder: Folder, runner: Runner): Promise<string> {
	const name = createHash("sha256").update(folder.data_dir).digest("hex").slice(0, 16);
	const candidates = [join(folder.data_dir, "run"), join(tmpdir(), `keywright-${runner.uid}-${name}`), `/tmp/keywright-${runner.uid}-${name}`];
	const path = candidates.find((candidate) => Buffer.byteLength(join(candidate, SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX);
	if (path === undefined)
		throw new Error(`Neither the data folder nor ${tmpdir()} has a path short enough for a socket. Set TMPDIR to a shorter one.`);
	await mkdir(path, { mode: 0o700 }).catch(ignoreExisting);
	await requirePrivate(path, runner);
	await chmod(path, 0o700);
	await changeOwner(runner, path);
	return path;
}

/** Throws unless `path` is a folder, not a link, that belongs to this process's user or the runner's. */
export async function requirePrivate(path: string, runner: Runner): Promise<void> {
	const found = await lstat(path);
	if (found.isDirectory() && (found.uid === process.getuid?.() || found.uid === runner.uid)) return;
	throw new Error(
		`The folder ${path} for PostgreSQL's socket belongs to another user or is not a folder. Remove it, or set TMPDIR to a folder that this user owns.`,
	);
}

/**
 * Opens PostgreSQL's log for appending, owned by the runner's user. A large log is renamed to `postgres.log.1` first, so there are at most
 * two. Symbolic links are not followed: root may run in a folder of an ordinary user.
 */
export async function openLog(folder: Folder, runner: Runner): Promise<{ fd: number; start_bytes: number; close(): Promise<void> }> {
	const size = (await stat(folder.log_file).catch(() => null))?.size ?? 0;
	const isLarge = size > LOG_BYTES_MAX;
	if (isLarge) await rename(folder.log_file, `${folder.log_file}.1`);
	const file = await open(folder.log_file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
	if (process.getuid?.() === 0) await file.chown(runner.uid, runner.gid);
	return { fd: file.fd, start_bytes: isLarge ? 0 : size, close: () => file.close() };
}

async function syncFolder(path: string): Promise<void> {
	const handle = await open(path, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

async function isThere(path: string): Promise<boolean> {
	return stat(path).then(
		() => true,
		() => false,
	);
}

function ignoreExisting(error: unknown): void {
	if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
}
