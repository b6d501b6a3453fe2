import { type ChildProcess, spawn } from "node:child_process";
import { globSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Cluster } from "./clusters.ts";
import { type ExecuteOptions, execute } from "./execute.ts";

/** Short, because the path of a unix socket has at most 107 bytes. */
const FOLDER_PREFIX = "/tmp/kw-pg-";
const READY_WITHIN_MS = 20_000;
const READY_POLL_MS = 100;
const DEBIAN_USER = "postgres";
const CONNECTIONS_MAX = 200;
const OUTPUT_CHARACTERS_MAX = 16 * 1024;

interface Identity {
	uid?: number;
	gid?: number;
}

async function mustRun(command: string, args: readonly string[], options: ExecuteOptions = {}): Promise<string> {
	const { code, output } = await execute(command, args, options);
	if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}: ${output}`);
	return output;
}

/** PostgreSQL refuses to run as root; as root it is started as the user of Debian's package. */
async function identity(): Promise<Identity> {
	if (process.getuid?.() !== 0) return {};
	return { uid: Number(await mustRun("id", ["-u", DEBIAN_USER])), gid: Number(await mustRun("id", ["-g", DEBIAN_USER])) };
}

/** The folder of the newest PostgreSQL of Debian's packages. */
function debianBinaries(): string {
	const folders = globSync("/usr/lib/postgresql/*/bin").sort((a, b) => Number(a.split("/")[4]) - Number(b.split("/")[4]));
	const newest = folders.at(-1);
	if (newest === undefined) throw new Error("there is no PostgreSQL in /usr/lib/postgresql");
	return newest;
}

async function waitUntilReady(isReady: () => Promise<boolean>, failure: () => string | null): Promise<void> {
	const deadline = performance.now() + READY_WITHIN_MS;
	while (!(await isReady())) {
		const reason = failure() ?? (performance.now() > deadline ? "it was not ready in time" : null);
		if (reason !== null) throw new Error(`Debian's PostgreSQL did not start: ${reason}`);
		await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
	}
}

/** Starts `postgres` and returns when it accepts connections; detached, so that Ctrl-C ends the tests first. */
async function startPostgres(binaries: string, folder: string, who: Identity, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
	const settings = ["listen_addresses=", "fsync=on", `max_connections=${CONNECTIONS_MAX}`].flatMap((setting) => ["-c", setting]);
	const args = ["-D", join(folder, "data"), "-k", folder, ...settings];
	const postgres = spawn(join(binaries, "postgres"), args, { ...who, cwd: folder, env, stdio: ["ignore", "ignore", "pipe"], detached: true });
	let output = "";
	let ended = false;
	postgres.stderr.on("data", (text) => {
		output = (output + text).slice(-OUTPUT_CHARACTERS_MAX);
	});
	postgres.on("error", (error) => (output += error.message));
	postgres.on("close", () => {
		ended = true;
	});
	const isReady = async (): Promise<boolean> => !ended && (await execute(join(binaries, "pg_isready"), ["-q", "-h", folder])).code === 0;
	try {
		await waitUntilReady(isReady, () => (ended ? output : null));
	} catch (error) {
		postgres.kill("SIGQUIT");
		throw error;
	}
	return postgres;
}

/** The folder of a cluster's unix socket. */
export function getSocketFolder(cluster: Cluster): string {
	return new URL(cluster.url.replace("@/", "@localhost/")).searchParams.get("host") ?? "";
}

/**
 * A new cluster of Debian's PostgreSQL in a temporary folder, reached over a unix socket only, with fsync on; a hot standby of `primary`, if given.
 * `env` is added to the environment of the server process.
 */
export async function startDebianCluster(primary?: Cluster, env: Readonly<Record<string, string>> = {}): Promise<Cluster> {
	const binaries = debianBinaries();
	const who = await identity();
	const folder = await mkdtemp(FOLDER_PREFIX);
	const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
	try {
		if (who.uid !== undefined && who.gid !== undefined) await chown(folder, who.uid, who.gid);
		const flags = ["-U", "app", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-instructions"];
		if (primary === undefined) await mustRun(join(binaries, "initdb"), ["-D", join(folder, "data"), ...flags], { ...who, cwd: folder });
		else {
			const from = ["-h", getSocketFolder(primary), "-U", "app", "-D", join(folder, "data"), "--write-recovery-conf", "--checkpoint=fast"];
			await mustRun(join(binaries, "pg_basebackup"), from, { ...who, cwd: folder });
		}
		const postgres = await startPostgres(binaries, folder, who, { ...process.env, ...env });
		return {
			url: `postgresql://app@/postgres?host=${encodeURIComponent(folder)}`,
			async stop() {
				const closed = new Promise((resolve) => postgres.once("close", resolve));
				if (postgres.exitCode === null && postgres.kill("SIGINT")) await closed;
				await remove();
			},
		};
	} catch (error) {
		await remove();
		throw error;
	}
}
