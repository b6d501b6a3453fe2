import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { chmod, chown, lchown, lstat, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Binaries, postgresEnvironment } from "./binaries.ts";

/** The overflow uid of Linux; in a user namespace, unmapped owners also have it. */
const NOBODY = 65_534;
/** The superuser that initdb creates: for creating roles and databases, never for serving. */
export const SUPERUSER = "app";
const NAMESPACE = ["--user", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, "--"];

/**
 * How the programs of PostgreSQL run. PostgreSQL does not run as uid 0, so root runs it in a user namespace, in which root has
 * another uid and files still belong to root outside, or, where namespaces are forbidden (many containers), as another user.
 */
export interface Runner {
	readonly kind: "plain" | "user_namespace" | "other_user";
	/** The owner of the data folder and the socket folder, outside the namespace. */
	readonly uid: number;
	readonly gid: number;
	spawn(program: string, parameters: string[], options: { stdio: StdioOptions; detached: boolean }): ChildProcess;
}

/** Chooses by probing. `cluster_dir` need not exist. A cluster of an ordinary user runs as that user, also for root. */
export async function chooseRunner(binaries: Binaries, cluster_dir: string): Promise<Runner> {
	const uid = process.getuid?.() ?? -1;
	const gid = process.getgid?.() ?? -1;
	const owner = await getOwner(cluster_dir);
	if (uid !== 0) {
		if (owner !== null && owner.uid !== uid) throw new Error(belongsToAnother(cluster_dir, owner.uid, uid));
		return firstThatRuns(binaries, [makeRunner(binaries, "plain", { uid, gid }), makeRunner(binaries, "user_namespace", { uid, gid })]);
	}
	if (owner !== null && owner.uid !== 0) return firstThatRuns(binaries, [makeRunner(binaries, "other_user", owner)]);
	return firstThatRuns(binaries, [
		makeRunner(binaries, "user_namespace", { uid, gid }),
		makeRunner(binaries, "other_user", { uid: NOBODY, gid: NOBODY }),
	]);
}

/** Changes the owner of `path`, recursively, to the runner's user if root runs PostgreSQL as another user. The folder must not be in use. */
export async function changeOwner(runner: Runner, path: string): Promise<void> {
	const owner = await getOwner(path);
	if (process.getuid?.() !== 0 || owner === null || owner.uid === runner.uid) return;
	for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
		await lchown(join(entry.parentPath, entry.name), runner.uid, runner.gid);
	}
	await chown(path, runner.uid, runner.gid);
}

/**
 * If PostgreSQL runs as another user than this process: grants that user search permission on `folder` (not read), and throws an Error that
 * names a parent folder without it.
 */
export async function letThrough(runner: Runner, folder: string): Promise<void> {
	if (runner.kind !== "other_user") return;
	const { mode, uid } = await stat(folder);
	if (uid !== runner.uid && (mode & 0o001) === 0) await chmod(folder, (mode & 0o7777) | 0o011);
	for (let above = dirname(folder); above !== dirname(above); above = dirname(above)) {
		const found = await stat(above);
		if ((found.mode & 0o001) !== 0 || found.uid === runner.uid || found.gid === runner.gid) continue;
		throw new Error(
			`PostgreSQL refuses to run as root, so it runs as uid ${runner.uid} here, and that user cannot enter ${above}. ` +
				"Start Keywright as an ordinary user, or set KEYWRIGHT_DATA_DIR to a folder that others can enter.",
		);
	}
}

/** Exported for tests; other code calls `chooseRunner`. */
export function makeRunner(binaries: Binaries, kind: Runner["kind"], owner: { uid: number; gid: number }): Runner {
	const environment = postgresEnvironment(binaries.root);
	const identity = kind === "other_user" ? owner : {};
	return {
		kind,
		...owner,
		spawn(program, parameters, options) {
			const [command, all] = kind === "user_namespace" ? ["unshare", [...NAMESPACE, program, ...parameters]] : [program, parameters];
			return spawn(command, all, { ...options, ...identity, cwd: "/", env: environment });
		},
	};
}

/** initdb also fails for a uid without a name (an arbitrary uid in a container): the probe is initdb's own lookup of its user. */
async function firstThatRuns(binaries: Binaries, candidates: Runner[]): Promise<Runner> {
	for (const candidate of candidates) {
		if (await runs(candidate, binaries)) return candidate;
	}
	const who =
		process.getuid?.() === 0 ? "root may not run PostgreSQL, and neither a user namespace nor another user works here" : "it cannot run as this user";
	throw new Error(`The embedded PostgreSQL cannot start: ${who}. Start Keywright as an ordinary user, or set KEYWRIGHT_DATABASE_URL.`);
}

async function runs(candidate: Runner, binaries: Binaries): Promise<boolean> {
	const child = candidate.spawn(binaries.initdb, ["-U", SUPERUSER, "-D", "/nonexistent", "--show"], { stdio: "ignore", detached: false });
	return new Promise((resolve) => {
		child.once("error", () => resolve(false));
		child.once("exit", (code) => resolve(code === 0));
	});
}

function belongsToAnother(path: string, owner: number, uid: number): string {
	return `The data folder ${path} belongs to another user (uid ${owner}, and this is uid ${uid}). Start Keywright as that user, or set KEYWRIGHT_DATA_DIR.`;
}

async function getOwner(path: string): Promise<{ uid: number; gid: number } | null> {
	try {
		const { uid, gid } = await lstat(path);
		return { uid, gid };
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
		throw error;
	}
}
