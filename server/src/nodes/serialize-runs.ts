/**
 * Serializes calls of `run`. A call during a run shares one later run with all others that arrive meanwhile; that run begins after the
 * call, so it sees everything committed before the call.
 */
export function serializeRuns(run: () => Promise<void>): () => Promise<void> {
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
