/**
 * Runs `run` one at a time. A call made while it runs is answered by another run that begins after the call, so that it sees all that was
 * there before it; however many call meanwhile, one more run is enough.
 */
export function inTurns(run: () => Promise<void>): () => Promise<void> {
	let running: Promise<void> | null = null;
	let next: Promise<void> | null = null;

	return function take(): Promise<void> {
		if (running === null) {
			running = run().finally(() => {
				running = null;
			});
			return running;
		}
		next ??= running
			.catch(() => undefined)
			.then(() => {
				next = null;
				return take();
			});
		return next;
	};
}
