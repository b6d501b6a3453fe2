import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Postmaster } from "./process.ts";

const RESTART_DELAY_MS = 100;
const RESTART_DELAY_MAX_MS = 2_000;
/** After this uptime the restart delay is reset: it was no crash loop. */
const STABLE_AFTER_MS = 10_000;

export interface Keeper {
	/** The latest postmaster; it may have exited. */
	current(): Postmaster;
	onExit(callback: (reason: string) => void): void;
	/** Resolves once `stopping` is aborted and no restart is in progress. */
	readonly stopped_restarting: Promise<void>;
}

export interface KeeperOptions {
	first: Postmaster;
	start(): Promise<Postmaster>;
	stopping: AbortSignal;
	log: Log;
}

/** Restarts PostgreSQL, with growing delays, whenever it exits unexpectedly. */
export function superviseRestarts(options: KeeperOptions): Keeper {
	const { log, stopping } = options;
	const callbacks: ((reason: string) => void)[] = [];
	const aborted = new Promise<null>((resolve) => stopping.addEventListener("abort", () => resolve(null), { once: true }));
	let current = options.first;
	let delay_ms = RESTART_DELAY_MS;

	async function watch(): Promise<void> {
		while (!stopping.aborted) {
			const since = systemClock.monotonic();
			const reason = await Promise.race([current.exited, aborted]);
			if (reason === null || stopping.aborted) return;
			log.error({ pid: current.pid, reason }, "embedded_postgres_exited");
			if (systemClock.monotonic() - since >= STABLE_AFTER_MS) delay_ms = RESTART_DELAY_MS;
			notify(reason);
			await restart();
		}
	}

	async function restart(): Promise<void> {
		while (!stopping.aborted) {
			await sleep(delay_ms, undefined, { signal: stopping }).catch(() => undefined);
			delay_ms = Math.min(delay_ms * 2, RESTART_DELAY_MAX_MS);
			if (stopping.aborted) return;
			try {
				current = await options.start();
				log.info({ pid: current.pid }, "embedded_postgres_restarted");
				return;
			} catch (error) {
				if (!stopping.aborted) log.error({ err: error }, "embedded_postgres_restart_failed");
			}
		}
	}

	function notify(reason: string): void {
		for (const callback of callbacks) {
			try {
				callback(reason);
			} catch (error) {
				log.error({ err: error }, "embedded_postgres_exit_callback_failed");
			}
		}
	}

	return {
		current: () => current,
		onExit(callback) {
			callbacks.push(callback);
		},
		stopped_restarting: watch(),
	};
}
