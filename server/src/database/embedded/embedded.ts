import type { Log } from "../../core/log.ts";
import { locateBinaries } from "./binaries.ts";
import { initialise, openFolder, removeLeftovers } from "./folder.ts";
import { keepRunning } from "./keeper.ts";
import { type FolderLock, lockFolder } from "./lock.ts";
import { type Postmaster, socketUrl, stopPostmaster } from "./process.ts";
import { type Place, reach } from "./reach.ts";
import { chooseRunner } from "./runner.ts";

export { type FolderLock, lockFolder } from "./lock.ts";

/** An adopted PostgreSQL may be shutting down at the moment it is reached: then it is reached anew. */
const OWN_ATTEMPTS_MAX = 3;

export interface Embedded {
	/** The superuser's connection, for creating roles and databases, over the private socket. */
	readonly url: string;
	/** The same for another role and database. Stays true when PostgreSQL is restarted. */
	urlFor(role: string, database: string): string;
	/** Whether a PostgreSQL that was running already (its parent was killed) was taken over. */
	readonly adopted: boolean;
	/** PostgreSQL's main process; another one after a restart. */
	readonly pid: number;
	/** Calls `callback` each time PostgreSQL exits unexpectedly; the restart has already begun. */
	onExit(callback: (reason: string) => void): void;
	/** Stops PostgreSQL cleanly and waits until it is gone. Idempotent. */
	stop(): Promise<void>;
}

export interface EmbeddedOptions {
	data_dir: string;
	log: Log;
	/** Called when another process has taken the folder while PostgreSQL was down: this one must stop serving. */
	onLost?(): void;
	/** PostgreSQL settings in place of our own, for a cluster that many tests share. */
	readonly settings?: Readonly<Record<string, string>>;
}

/** Another live process owns the data folder; its PostgreSQL was left alone. */
export class AlreadyRunning extends Error {
	override readonly name = "AlreadyRunning";
	readonly code = "ALREADY_RUNNING";

	constructor(data_dir: string) {
		super(`Keywright is already running on ${data_dir}; stop that one first or set KEYWRIGHT_DATA_DIR.`);
	}
}

/**
 * Starts the embedded PostgreSQL on `data_dir`, or takes over the one that runs there without an owner, and keeps it running until `stop`.
 * Throws AlreadyRunning, or an Error whose message says what the operator can do.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
	const { log } = options;
	const stopping = new AbortController();
	const folder = await openFolder(options.data_dir);
	const binaries = await locateBinaries();
	const runner = await chooseRunner(binaries, folder.cluster_dir);
	await initialise(folder, runner, binaries, log);

	const place: Place = { folder, runner, binaries, log, stopping: stopping.signal, settings: options.settings ?? {} };
	let lost = false;
	const { postmaster, lock } = await own(place, stopping, () => {
		lost = true;
		stopping.abort();
		options.onLost?.();
	});
	const keeper = keepRunning({ first: postmaster, start: () => reach(place), stopping: stopping.signal, log });
	await removeLeftovers(folder, log);
	log.info({ data_dir: folder.data_dir, pid: postmaster.pid, adopted: postmaster.adopted, run_as: runner.kind }, "embedded_postgres_started");

	async function stopOwned(): Promise<void> {
		stopping.abort();
		await keeper.settled;
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

/** Reaches PostgreSQL and takes the folder. A PostgreSQL that has another owner is left alone. */
async function own(place: Place, stopping: AbortController, onLost: () => void): Promise<{ postmaster: Postmaster; lock: FolderLock }> {
	for (let attempt = 1; ; attempt++) {
		const postmaster = await reach(place);
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
