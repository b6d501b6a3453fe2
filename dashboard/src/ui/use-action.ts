import { useState } from "react";

interface Action {
	readonly pending: boolean;
	readonly error: unknown;
	/** Runs it unless one is running; undefined when it failed, and `error` says why. */
	run<T>(action: () => Promise<T>): Promise<T | undefined>;
	reset(): void;
}

/** Like a mutation, but its answer is kept nowhere: for what carries a raw key or a one-time link. */
export function useAction(): Action {
	const [pending, setPending] = useState(false);
	const [error, setError] = useState<unknown>(null);
	async function run<T>(action: () => Promise<T>): Promise<T | undefined> {
		if (pending) return undefined;
		setPending(true);
		setError(null);
		try {
			return await action();
		} catch (refusal) {
			setError(refusal);
			return undefined;
		} finally {
			setPending(false);
		}
	}
	return { pending, error, run, reset: () => setError(null) };
}
