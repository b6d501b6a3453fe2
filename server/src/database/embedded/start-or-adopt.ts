import { rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Binaries } from "./binaries.ts";
import { type Folder, openFolder, openSocketFolder, requirePrivate } from "./folder.ts";
import {
	adoptPostmaster,
	liveness,
	type PidFile,
	PORT,
	type Postmaster,
	probe,
	readPidFile,
	socketUrl,
	spawnPostmaster,
	stopPostmaster,
	waitReady,
} from "./process.ts";
import { changeOwner, letThrough, type Runner } from "./runner.ts";

/** Includes crash recovery, during which PostgreSQL replays its log. */
const READY_DEADLINE_MS = 60_000;
/** A killed PostgreSQL may remain as a zombie, its children may still use its shared memory, or another start may be in progress. */
const OBSTACLE_DEADLINE_MS = 10_000;
const OBSTACLE_POLL_MS = 50;
const OBSTACLE_PATTERN = /lock file|shared memory|ended with SIG/;
/** Other failures of PostgreSQL (permissions, a full disk) rarely resolve by retrying. */
const OTHER_DEADLINE_MS = 1_000;
/** Grace period in which PostgreSQL itself handles the pid file of a dead process, or a zombie is reaped. */
const DEAD_PID_PATIENCE_MS = 1_500;
/** PostgreSQL is alive and starting, recovering or shutting down (`cannot_connect_now`). */
const CANNOT_CONNECT_NOW = "57P03";

/** Everything that starting or restarting PostgreSQL needs. */
export interface EmbeddedParts {
	readonly folder: Folder;
	readonly runner: Runner;
	readonly binaries: Binaries;
	readonly log: Log;
	readonly stopping: AbortSignal;
	/** PostgreSQL settings that override ours. */
	readonly settings: Readonly<Record<string, string>>;
}

/** Returns a PostgreSQL of this folder that accepts connections: the running one, else a new one. Throws when there is none in time. */
export async function startOrAdopt(place: EmbeddedParts): Promise<Postmaster> {
	const { folder } = place;
	const since = systemClock.monotonic();
	let obstacle = "nothing was tried";
	let deadline_ms = OBSTACLE_DEADLINE_MS;
	while (!place.stopping.aborted) {
		const found = await readPidFile(folder);
		const state = found === null ? "gone" : await liveness(found.pid, folder);
		if (found !== null && state === "maybe" && found.socket_dir === "") {
			obstacle = `process ${found.pid} holds it and has not opened a socket`;
		} else if (found !== null && state === "maybe") {
			await requireOurs(found, place);
			const answer = await probe(found.socket_dir, folder);
			if (answer === "ready") return adoptPostmaster(found, folder, place.stopping);
			deadline_ms = answer === CANNOT_CONNECT_NOW ? READY_DEADLINE_MS : OBSTACLE_DEADLINE_MS;
			obstacle = `process ${found.pid} holds it and does not answer (${answer}); end that process if it hangs`;
		} else {
			const patience_ms = state === "other" ? 0 : DEAD_PID_PATIENCE_MS;
			if (found !== null && systemClock.monotonic() - since >= patience_ms) await movePidFileAside(place, found);
			const started = await start(place);
			if (typeof started !== "string") return started;
			obstacle = started;
			deadline_ms = OBSTACLE_PATTERN.test(started) ? OBSTACLE_DEADLINE_MS : OTHER_DEADLINE_MS;
		}
		if (systemClock.monotonic() - since > deadline_ms) throw new Error(`PostgreSQL cannot be started on ${folder.cluster_dir}: ${obstacle}`);
		await sleep(OBSTACLE_POLL_MS);
	}
	throw new Error("PostgreSQL was not started: stopping");
}

/** One attempt; returns the reason of a failure as text. */
async function start(place: EmbeddedParts): Promise<Postmaster | string> {
	const { folder, runner, binaries } = place;
	await letThrough(runner, folder.data_dir);
	const socket_dir = await openSocketFolder(folder, runner);
	await changeOwner(runner, folder.cluster_dir);
	const postmaster = await spawnPostmaster(folder, runner, binaries, { socket_dir, settings: place.settings });
	const failure = await waitReady(postmaster, folder, { deadline_ms: READY_DEADLINE_MS, signal: place.stopping });
	if (failure === null) return postmaster;
	await stopPostmaster(postmaster);
	return failure;
}

/** `trust` is safe only at the private socket. A PostgreSQL with another socket was not started by Keywright. */
async function requireOurs(found: PidFile, place: EmbeddedParts): Promise<void> {
	if (found.port !== PORT) {
		throw new Error(`Another program runs PostgreSQL (process ${found.pid}) on ${place.folder.cluster_dir}. Stop it first.`);
	}
	await requirePrivate(found.socket_dir, place.runner);
}

/**
 * PostgreSQL does not start while the process in its pid file exists, even if that is another program with the same number (a restarted
 * container) or a zombie. Without the file, PostgreSQL still detects shared memory that is in use.
 */
async function movePidFileAside(place: EmbeddedParts, found: PidFile): Promise<void> {
	const path = join(place.folder.cluster_dir, "postmaster.pid");
	await rename(path, `${path}.stale`).catch(() => undefined);
	place.log.warn({ pid: found.pid }, "embedded_postgres_stale_pid_file_moved");
}

/** URLs of the PostgreSQL that another process runs on `data_dir`; null if none has opened its socket. Only its owner may connect. */
export async function runningEmbedded(data_dir: string): Promise<{ urlFor(role: string, database: string): string } | null> {
	const found = await readPidFile(await openFolder(data_dir));
	if (found === null || found.socket_dir === "") return null;
	return { urlFor: (role, database) => socketUrl(found.socket_dir, role, database) };
}
