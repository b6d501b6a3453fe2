import { useBlocker } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { flushSync } from "react-dom";

interface Held<T> {
	readonly value: T | null;
	readonly hold: (value: T) => void;
	readonly drop: () => void;
	/** Whether the value was cleared because the browser put the page into its back/forward cache. */
	readonly emptied: boolean;
	/** Set while a navigation is blocked: ask the person, then call `proceed` or `stay`. */
	readonly leaving: { readonly proceed: () => void; readonly stay: () => void } | null;
}

/**
 * Holds a value that is shown once in the state of one component only: never in the address, the history, the query cache or storage. It is
 * cleared before the page enters the back/forward cache. While `isGuarded`, leaving needs a confirmation, also in the browser's own dialog.
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
