import { useBlocker } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { flushSync } from "react-dom";

interface Held<T> {
	readonly value: T | null;
	readonly hold: (value: T) => void;
	readonly drop: () => void;
	/** The browser put the page aside while it was held; what came back holds nothing. */
	readonly emptied: boolean;
	/** Somebody wants to leave the page with it: ask, then `proceed` or `stay`. */
	readonly leaving: { readonly proceed: () => void; readonly stay: () => void } | null;
}

/**
 * Something that is shown once. It lives in the state of one component and nowhere else: not in the address, the history, a query or storage.
 * A page that the browser keeps for Back is emptied of it first. Leaving while `isGuarded` is asked about, by the browser too.
 */
export function useShownOnce<T>(isGuarded: (value: T) => boolean): Held<T> {
	const [value, setValue] = useState<T | null>(null);
	const [emptied, setEmptied] = useState(false);
	const guarded = value !== null && isGuarded(value);
	useEffect(() => {
		if (value === null) return undefined;
		const empty = (): void =>
			flushSync(() => {
				setValue(null);
				setEmptied(true);
			});
		addEventListener("pagehide", empty);
		return () => removeEventListener("pagehide", empty);
	}, [value]);
	const blocker = useBlocker({ shouldBlockFn: () => guarded, enableBeforeUnload: () => guarded, disabled: !guarded, withResolver: true });
	function hold(next: T): void {
		setEmptied(false);
		setValue(next);
	}
	return {
		value,
		hold,
		drop: () => setValue(null),
		emptied,
		leaving: blocker.status === "blocked" ? { proceed: blocker.proceed, stay: blocker.reset } : null,
	};
}
