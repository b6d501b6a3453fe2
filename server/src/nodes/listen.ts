import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Log } from "../core/log.ts";
import { startLoop } from "../core/loop.ts";
import { READ_ONLY_STATEMENT } from "../database/session.ts";
import { CHANGE_CHANNEL } from "./store.ts";

const RECONNECT_MS = 250;
const CONNECT_TIMEOUT_MS = 2_500;
/** Interval of the check for a silently dead connection, which would never receive a notification. */
const HEARTBEAT_EVERY_MS = 2_000;
const ANSWER_TIMEOUT_MS = 2_000;
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * Listens for changes on a dedicated connection and reconnects. `onChange` gets the id of the node that made a change, or null after a lost
 * connection, when notifications may have been missed. Correctness never depends on notifications.
 */
export async function listenForChanges(options: {
	url: string;
	log: Log;
	onChange: (from_node: string | null) => Promise<void>;
}): Promise<() => Promise<void>> {
	let stopped = false;
	let client: pg.Client | null = null;

	function notify(from_node: string | null): void {
		options.onChange(from_node).catch((error: unknown) => options.log.warn({ err: error }, "change_not_applied"));
	}

	async function connect(): Promise<void> {
		const next = new pg.Client({ connectionString: options.url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, keepAlive: true });
		next.on("notification", (message) => notify(message.payload ?? null));
		next.on("error", (error) => options.log.warn({ err: error }, "listening_connection_lost"));
		next.on("end", () => {
			if (!stopped && client === next) void reconnect();
		});
		try {
			await next.connect();
			const answer = await next.query<{ read_only: string }>(READ_ONLY_STATEMENT);
			if (answer.rows[0]?.read_only === "on")
				throw new Error("PostgreSQL is read-only on this session: connect to the primary, and check default_transaction_read_only");
			await next.query(`listen ${CHANGE_CHANNEL}`);
		} catch (error) {
			void next.end().catch(() => undefined);
			throw error;
		}
		client = next;
		if (stopped) await close();
	}

	async function close(): Promise<void> {
		const open = client;
		client = null;
		if (open !== null) await Promise.race([open.end().catch(() => undefined), sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
	}

	/** Ends the connection, which is then replaced, when PostgreSQL does not respond or accepts no writes. */
	async function beat(): Promise<void> {
		const open = client;
		if (open === null) return;
		const timer = setTimeout(() => void open.end(), ANSWER_TIMEOUT_MS);
		const answer = await open.query<{ read_only: string }>(READ_ONLY_STATEMENT).catch(() => null);
		clearTimeout(timer);
		// A demoted server still answers, but receives no notifications.
		if (answer?.rows[0]?.read_only === "on") void open.end();
	}

	async function reconnect(): Promise<void> {
		client = null;
		while (!stopped) {
			try {
				await connect();
				if (!stopped) notify(null);
				return;
			} catch {
				await sleep(RECONNECT_MS, undefined, { ref: false });
			}
		}
	}

	await connect();
	const heartbeat = startLoop({ name: "listening_heartbeat", every_ms: HEARTBEAT_EVERY_MS, log: options.log, run: beat });
	return async () => {
		stopped = true;
		await heartbeat.stop();
		await close();
	};
}
