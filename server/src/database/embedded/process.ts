import { execFile } from "node:child_process";
import { readFile, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { systemClock } from "../../core/clock.ts";
import { assert } from "../../core/error.ts";
import type { Binaries } from "./binaries.ts";
import { type Folder, openLog } from "./folder.ts";
import { type Runner, SUPERUSER } from "./runner.ts";

const CONNECT_DEADLINE_MS = 2_000;
const READY_POLL_MS = 10;
/** Except on Linux, each check of a process starts another process (`ps`). */
const LIVENESS_POLL_MS = process.platform === "linux" ? 200 : 1_000;
const GONE_POLL_MS = 25;
/** Fast shutdown, immediate shutdown (crash recovery at the next start), kill. */
const STOP_SIGNALS = [
	{ signal: "SIGINT", deadline_ms: 30_000 },
	{ signal: "SIGQUIT", deadline_ms: 10_000 },
	{ signal: "SIGKILL", deadline_ms: 5_000 },
] as const;
const LOG_TAIL_LINES = 8;
/** Only part of the socket's name: PostgreSQL listens on no port. It is in the URL, so that PGPORT has no effect. */
export const PORT = 5432;

/** Passed at each start, so that a new release applies its own. Statements and details are not logged: they may contain data. */
const SETTINGS: Readonly<Record<string, string>> = {
	listen_addresses: "",
	port: String(PORT),
	unix_socket_permissions: "0700",
	max_connections: "60",
	superuser_reserved_connections: "5",
	shared_buffers: "128MB",
	max_wal_size: "512MB",
	fsync: "on",
	full_page_writes: "on",
	synchronous_commit: "on",
	restart_after_crash: "on",
	io_method: "sync",
	jit: "off",
	max_parallel_workers_per_gather: "0",
	max_logical_replication_workers: "0",
	idle_in_transaction_session_timeout: "60s",
	client_connection_check_interval: "1s",
	cluster_name: "keywright",
	timezone: "UTC",
	log_timezone: "UTC",
	logging_collector: "off",
	log_destination: "stderr",
	log_min_messages: "log",
	log_min_error_statement: "panic",
	log_error_verbosity: "terse",
	log_checkpoints: "off",
	log_connections: "",
	log_autovacuum_min_duration: "-1",
};

/** A running embedded PostgreSQL: a child of this process, or adopted from a process that was killed. */
export interface Postmaster {
	readonly pid: number;
	readonly adopted: boolean;
	readonly socket_dir: string;
	/** Resolves with the reason once the process has ended; never rejects. */
	readonly exited: Promise<string>;
	isGone(): Promise<boolean>;
}

/** The content of `postmaster.pid`; the file may be stale. */
export interface PidFile {
	readonly pid: number;
	/** Empty until PostgreSQL has opened its socket, or if it opens none. */
	readonly socket_dir: string;
	readonly port: number;
}

/** The URL of a database at the socket in `socket_dir`, in the form that `pg` accepts. */
export function socketUrl(socket_dir: string, role: string = SUPERUSER, database = "postgres"): string {
	const at = `${encodeURIComponent(role)}@/${encodeURIComponent(database)}`;
	return `postgresql://${at}?host=${encodeURIComponent(socket_dir)}&port=${PORT}&sslmode=disable`;
}

/** Null if the file is missing or incomplete. */
export async function readPidFile(folder: Folder): Promise<PidFile | null> {
	const text = await readFile(join(folder.cluster_dir, "postmaster.pid"), "utf8").catch(() => "");
	const [pid, , , port, socket_dir] = text.split("\n");
	if (pid === undefined || port === undefined || socket_dir === undefined || !/^\d+$/.test(pid)) return null;
	return { pid: Number(pid), port: Number(port), socket_dir };
}

/** `gone`: no such process, or a zombie. `other`: certainly not the PostgreSQL of this folder. `maybe`: it may be. */
export async function liveness(pid: number, folder: Folder): Promise<"gone" | "other" | "maybe"> {
	try {
		process.kill(pid, 0);
	} catch (error) {
		if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return "gone";
	}
	if (process.platform !== "linux") return (await getCommand(pid)).includes("postgres") ? "maybe" : "other";
	const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
	if (stat === null) return "gone";
	const [, name, state] = /^\d+ \((.*)\) (\S)/s.exec(stat) ?? [];
	if (state === "Z" || state === "X") return "gone";
	if (name !== "postgres") return "other";
	const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null);
	return cwd === null || cwd === folder.cluster_dir ? "maybe" : "other";
}

function getCommand(pid: number): Promise<string> {
	return new Promise((resolve) => execFile("/bin/ps", ["-p", String(pid), "-o", "comm="], (_error, stdout) => resolve(stdout)));
}

/** Starts PostgreSQL in its own session, so that Ctrl-C in a terminal does not reach it. Does not wait until it accepts connections. */
export async function spawnPostmaster(
	folder: Folder,
	runner: Runner,
	binaries: Binaries,
	{ socket_dir, settings: others }: { socket_dir: string; settings: Readonly<Record<string, string>> },
): Promise<Postmaster> {
	const settings = Object.entries({ ...SETTINGS, ...others }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
	const log = await openLog(folder, runner);
	try {
		const child = runner.spawn(binaries.postgres, ["-D", folder.cluster_dir, "-k", asListEntry(socket_dir), ...settings], {
			stdio: ["ignore", log.fd, log.fd],
			detached: true,
		});
		const exited = new Promise<string>((resolve) => {
			child.once("error", (error) => resolve(error.message));
			child.once("exit", (code, signal) => void tail(folder, log.start_bytes).then((lines) => resolve(`ended with ${code ?? signal}. ${lines}`)));
		});
		child.unref();
		const isGone = async (): Promise<boolean> => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
		return { pid: child.pid ?? 0, adopted: false, socket_dir, exited, isGone };
	} finally {
		await log.close();
	}
}

/** A handle of a running PostgreSQL that is not a child of this process; `signal` ends the polling. */
export function adoptPostmaster(found: PidFile, folder: Folder, signal: AbortSignal): Postmaster {
	const isGone = async (): Promise<boolean> => (await liveness(found.pid, folder)) !== "maybe";
	async function watch(): Promise<string> {
		while (!(await isGone())) {
			await sleep(LIVENESS_POLL_MS, undefined, { ref: false, signal }).catch(() => undefined);
			if (signal.aborted) return new Promise(() => undefined);
		}
		return "ended (it was no child of this process)";
	}
	return { pid: found.pid, adopted: true, socket_dir: found.socket_dir, exited: watch(), isGone };
}

/** PostgreSQL accepts a comma-separated list of socket folders; a quoted one may contain any character. */
function asListEntry(path: string): string {
	return `"${path.replaceAll('"', '""')}"`;
}

/** Tries to connect: `ready`, `other` if a server of another folder answers, else the error code of PostgreSQL or the system. */
export async function probe(socket_dir: string, folder: Folder): Promise<string> {
	const client = new Client({ connectionString: socketUrl(socket_dir), connectionTimeoutMillis: CONNECT_DEADLINE_MS });
	client.on("error", () => undefined);
	try {
		await client.connect();
		const { rows } = await client.query<{ data_directory: string }>("select current_setting('data_directory') as data_directory");
		const answered = await realpath(rows[0]?.data_directory ?? "").catch(() => "");
		return answered === folder.cluster_dir ? "ready" : "other";
	} catch (error) {
		return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "no_answer";
	} finally {
		await client.end().catch(() => undefined);
	}
}

/** Waits until `postmaster` accepts connections: null, or the reason why it does not (it has ended, or `deadline_ms` have passed). */
export async function waitReady(
	postmaster: Postmaster,
	folder: Folder,
	options: { deadline_ms: number; signal: AbortSignal },
): Promise<string | null> {
	const until = systemClock.monotonic() + options.deadline_ms;
	let ended: string | null = null;
	void postmaster.exited.then((reason) => {
		ended = reason;
	});
	while (systemClock.monotonic() < until && !options.signal.aborted) {
		if ((await probe(postmaster.socket_dir, folder)) === "ready") return null;
		await sleep(READY_POLL_MS);
		if (ended !== null) return ended;
	}
	return options.signal.aborted ? "stopping" : `no answer within ${options.deadline_ms} ms. ${await tail(folder, 0)}`;
}

/** Fast shutdown, which rolls back open transactions; escalates to stronger signals after deadlines. Returns when the process has ended. */
export async function stopPostmaster(postmaster: Postmaster): Promise<void> {
	for (const { signal, deadline_ms } of STOP_SIGNALS) {
		if (await postmaster.isGone()) return;
		send(postmaster.pid, signal);
		const until = systemClock.monotonic() + deadline_ms;
		while (systemClock.monotonic() < until) {
			if (await postmaster.isGone()) return;
			await sleep(GONE_POLL_MS);
		}
	}
	throw new Error(`PostgreSQL (process ${postmaster.pid}) did not stop. Stop it by hand before the next start.`);
}

function send(pid: number, signal: NodeJS.Signals): void {
	// 0 and negative numbers would signal process groups, including our own.
	assert(pid > 1, "the pid of a running PostgreSQL");
	try {
		process.kill(pid, signal);
	} catch (error) {
		if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
	}
}

async function tail(folder: Folder, start_bytes: number): Promise<string> {
	const bytes = await readFile(folder.log_file).catch(() => Buffer.alloc(0));
	const lines = bytes.subarray(start_bytes).toString().trim().split("\n").slice(-LOG_TAIL_LINES);
	return `PostgreSQL's log (${folder.log_file}): ${lines.join(" | ")}`;
}
