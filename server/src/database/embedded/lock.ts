import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { systemClock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";

/** Advisory lock in the database `postgres` of the embedded cluster: the bytes of "kwfolder" as a number. */
const FOLDER_LOCK_ID = "7743770713032779122";
const CONNECT_DEADLINE_MS = 2_000;
/** The backend of a killed owner needs a moment to detect that its client has disconnected. */
const TAKEN_DEADLINE_MS = 2_000;
const TAKEN_POLL_MS = 50;
const RECONNECT_MS = 100;

export interface FolderLock {
	/** Releases the folder. Idempotent, never throws. */
	release(): Promise<void>;
}

export interface FolderLockOptions {
	log: Log;
	/** Called once when another process locked the folder while this one was disconnected. This process must stop serving. */
	onLost(): void;
	/** Aborted before PostgreSQL is stopped on purpose; the lock then ends with the connection. */
	signal?: AbortSignal;
}

type Attempt = { kind: "held"; client: Client } | { kind: "taken" };

/**
 * Locks the folder of the PostgreSQL at `url` by a session advisory lock on a dedicated connection; null if another process has the lock.
 * Reacquires the lock after a restart of PostgreSQL. Throws if the first connection fails.
 */
export async function lockFolder(url: string, options: FolderLockOptions): Promise<FolderLock | null> {
	const first = await take(url);
	if (first.kind === "taken") return null;
	let client: Client | null = first.client;
	let released = false;
	let waking: AbortController | null = null;

	function watch(held: Client): void {
		held.once("end", () => {
			if (released || options.signal?.aborted) return;
			client = null;
			void regain();
		});
	}

	async function regain(): Promise<void> {
		options.log.warn({}, "folder_lock_interrupted");
		while (!released && !options.signal?.aborted) {
			waking = new AbortController();
			await sleep(RECONNECT_MS, undefined, { signal: waking.signal }).catch(() => undefined);
			if (released) return;
			const attempt = await take(url).catch(() => null);
			if (attempt === null) continue;
			if (attempt.kind === "taken") {
				if (released) return;
				released = true;
				options.log.error({}, "folder_lock_lost");
				options.onLost();
				return;
			}
			if (released) return end(attempt.client);
			client = attempt.client;
			options.log.info({}, "folder_lock_regained");
			return watch(attempt.client);
		}
	}

	watch(first.client);
	return {
		async release() {
			released = true;
			waking?.abort();
			const held = client;
			client = null;
			if (held !== null) await end(held);
		},
	};
}

async function take(url: string): Promise<Attempt> {
	const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_DEADLINE_MS, application_name: "keywright folder lock" });
	// An "error" without a listener would end the process; "end" follows every "error".
	client.on("error", () => undefined);
	try {
		await client.connect();
		const until = systemClock.monotonic() + TAKEN_DEADLINE_MS;
		for (;;) {
			const { rows } = await client.query<{ held: boolean }>("select pg_try_advisory_lock($1::bigint) as held", [FOLDER_LOCK_ID]);
			if (rows[0]?.held === true) return { kind: "held", client };
			if (systemClock.monotonic() >= until) break;
			await sleep(TAKEN_POLL_MS);
		}
	} catch (error) {
		await end(client);
		throw error;
	}
	await end(client);
	return { kind: "taken" };
}

async function end(client: Client): Promise<void> {
	await client.end().catch(() => undefined);
}
