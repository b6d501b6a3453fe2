import type { Log } from "./log.ts";

const STOP_WAITS_MS = 5_000;

export interface Loop {
	/** Runs as soon as possible; resolves when that run has ended. */
	kick(): Promise<void>;
	/** No further run starts; returns when the running one has ended, after five seconds at the latest: what it has not committed, the next one does. */
	stop(): Promise<void>;
}

/** Runs `run` every `every_ms`, one at a time, until stopped. Failures are logged and do not stop the loop. It does not keep the process alive. */
export function startLoop(options: { name: string; every_ms: number; log: Log; run: () => Promise<void> }): Loop {
	let stopped = false;
	let running: Promise<void> | null = null;
	let timer: NodeJS.Timeout | undefined;

	async function once(): Promise<void> {
		try {
			await options.run();
		} catch (error) {
			options.log.error({ err: error, loop: options.name }, "loop_run_failed");
		}
	}

	function schedule(): void {
		if (stopped) return;
		timer = setTimeout(() => void turn(), options.every_ms);
		timer.unref();
	}

	function turn(): Promise<void> {
		if (running) return running;
		clearTimeout(timer);
		running = once().finally(() => {
			running = null;
			schedule();
		});
		return running;
	}

	schedule();
	return {
		async kick() {
			if (running) await running;
			await turn();
		},
		async stop() {
			stopped = true;
			clearTimeout(timer);
			if (running) await atMost(running, STOP_WAITS_MS);
		},
	};
}

/** Waits for `promise`, but not longer than `milliseconds`. */
async function atMost(promise: Promise<void>, milliseconds: number): Promise<void> {
	const { promise: over, resolve } = Promise.withResolvers<void>();
	const timer = setTimeout(resolve, milliseconds);
	await Promise.race([promise, over]);
	clearTimeout(timer);
}
