import { useState } from "react";

interface Action {
	readonly pending: boolean;
	readonly error: unknown;
	/** Runs the action unless one is running. Undefined on failure; `error` has the reason. */
	run<T>(action: () => Promise<T>): Promise<T | undefined>;
	reset(): void;
}

/** Like a mutation, but never caches the response, which may contain a raw key or a one-time link. */
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
