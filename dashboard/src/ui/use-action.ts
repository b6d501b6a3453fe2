import { useEffect, useRef, useState } from "react";

interface Action {
	readonly pending: boolean;
	readonly error: unknown;
	/** Runs the action unless one is running. Undefined on failure; `error` has the reason. */
	run<T>(action: () => Promise<T>): Promise<T | undefined>;
	reset(): void;
}

/**
 * Like a mutation, but never caches the response, which may contain a raw key or a one-time link. The control that started it keeps the focus if it
 * is still there at the end.
 */
export function useAction(): Action {
	const [pending, setPending] = useState(false);
	const [error, setError] = useState<unknown>(null);
	const pressed = useRef<Element | null>(null);
	// A button is disabled while its action runs, which takes the focus from it.
	useEffect(() => {
		if (!pending && document.activeElement === document.body && pressed.current instanceof HTMLElement)
			pressed.current.focus({ preventScroll: true });
		if (!pending) pressed.current = null;
	}, [pending]);
	async function run<T>(action: () => Promise<T>): Promise<T | undefined> {
		if (pending) return undefined;
		pressed.current = document.activeElement;
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
