import type { Log } from "./log.ts";

export interface Loop {
	/** Runs as soon as possible; resolves when that run has ended. */
	kick(): Promise<void>;
	/** No further run starts; returns when the running one has ended. */
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
			if (running) await running;
		},
	};
}
