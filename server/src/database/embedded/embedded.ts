import type { Log } from "../../core/log.ts";
import { locateBinaries } from "./binaries.ts";
import { initialise, openFolder, removeLeftovers } from "./folder.ts";
import { superviseRestarts } from "./keeper.ts";
import { type FolderLock, lockFolder } from "./lock.ts";
import { type Postmaster, socketUrl, stopPostmaster } from "./process.ts";
import { chooseRunner } from "./runner.ts";
import { type EmbeddedParts, startOrAdopt } from "./start-or-adopt.ts";

export { type FolderLock, lockFolder } from "./lock.ts";

/** An adopted PostgreSQL may shut down during the attempt to connect, which is then repeated. */
const OWN_ATTEMPTS_MAX = 3;

export interface Embedded {
	/** URL of the superuser, for creating roles and databases, over the private socket. */
	readonly url: string;
	/** The same for another role and database. Remains valid after a restart of PostgreSQL. */
	urlFor(role: string, database: string): string;
	/** Whether a PostgreSQL was adopted that was already running because its parent had been killed. */
	readonly adopted: boolean;
	/** Process id of the postmaster; changes with a restart. */
	readonly pid: number;
	/** Calls `callback` each time PostgreSQL exits unexpectedly, before the restart. */
	onExit(callback: (reason: string) => void): void;
	/** Stops PostgreSQL cleanly and waits until the process has ended. Idempotent. */
	stop(): Promise<void>;
}

export interface EmbeddedOptions {
	data_dir: string;
	log: Log;
	/** Called when another process locked the folder while PostgreSQL was down. This process must stop serving. */
	onLost?(): void;
	/** PostgreSQL settings that override ours, for a cluster that many tests share. */
	readonly settings?: Readonly<Record<string, string>>;
}

/** Another live process owns the data folder. Its PostgreSQL was not touched. */
export class AlreadyRunning extends Error {
	override readonly name = "AlreadyRunning";
	readonly code = "ALREADY_RUNNING";

	constructor(data_dir: string) {
		super(`Keywright is already running on ${data_dir}; stop that one first or set KEYWRIGHT_DATA_DIR.`);
	}
}

/**
 * Starts the embedded PostgreSQL on `data_dir`, or adopts one that runs there without an owner, and restarts it when it exits, until `stop`.
 * Throws AlreadyRunning, or an Error whose message says what the operator can do.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
	const { log } = options;
	const stopping = new AbortController();
	const folder = await openFolder(options.data_dir);
	const binaries = await locateBinaries();
	const runner = await chooseRunner(binaries, folder.cluster_dir);
	await initialise(folder, runner, binaries, log);

	const place: EmbeddedParts = { folder, runner, binaries, log, stopping: stopping.signal, settings: options.settings ?? {} };
	let lost = false;
	const { postmaster, lock } = await takeFolder(place, stopping, () => {
		lost = true;
		stopping.abort();
		options.onLost?.();
	});
	const keeper = superviseRestarts({ first: postmaster, start: () => startOrAdopt(place), stopping: stopping.signal, log });
	await removeLeftovers(folder, log);
	log.info({ data_dir: folder.data_dir, pid: postmaster.pid, adopted: postmaster.adopted, run_as: runner.kind }, "embedded_postgres_started");

	async function stopOwned(): Promise<void> {
		stopping.abort();
		await keeper.stopped_restarting;
		if (!lost) await stopPostmaster(keeper.current());
		await lock.release();
		if (!lost) log.info({ data_dir: folder.data_dir }, "embedded_postgres_stopped");
	}

	let stopped: Promise<void> | null = null;
	return {
		url: socketUrl(postmaster.socket_dir),
		urlFor: (role, database) => socketUrl(postmaster.socket_dir, role, database),
		adopted: postmaster.adopted,
		get pid() {
			return keeper.current().pid;
		},
		onExit: keeper.onExit,
		stop() {
			stopped ??= stopOwned();
			return stopped;
		},
	};
}

/** Connects to PostgreSQL, starting it if needed, and locks the folder. Throws AlreadyRunning if another process has the lock. */
async function takeFolder(
	place: EmbeddedParts,
	stopping: AbortController,
	onLost: () => void,
): Promise<{ postmaster: Postmaster; lock: FolderLock }> {
	for (let attempt = 1; ; attempt++) {
		const postmaster = await startOrAdopt(place);
		try {
			const lock = await lockFolder(socketUrl(postmaster.socket_dir), { log: place.log, onLost, signal: stopping.signal });
			if (lock !== null) return { postmaster, lock };
		} catch (error) {
			if (attempt < OWN_ATTEMPTS_MAX) continue;
			stopping.abort();
			if (!postmaster.adopted) await stopPostmaster(postmaster);
			throw error;
		}
		stopping.abort();
		throw new AlreadyRunning(place.folder.data_dir);
	}
}
