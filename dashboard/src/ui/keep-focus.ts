import { type RefObject, useEffect, useRef } from "react";

/** Gives the focus to the page when nothing has it, so that a dialog that is opened by a link or a shortcut can return it. */
export function focusPage(): void {
	if (document.activeElement === document.body) document.querySelector("main")?.focus({ preventScroll: true });
}

/** Moves the focus to a region when the focused element in it has been removed; otherwise it would fall to the page's beginning. */
export function useKeepFocus<T extends HTMLElement>(given?: RefObject<T | null>): RefObject<T | null> {
	const own = useRef<T>(null);
	const region = given ?? own;
	const inside = useRef(false);
	useEffect(() => {
		const follow = ({ target }: Event): void => {
			inside.current = target instanceof Node && region.current !== null && region.current.contains(target);
		};
		document.addEventListener("focusin", follow);
		document.addEventListener("pointerdown", follow);
		return () => {
			document.removeEventListener("focusin", follow);
			document.removeEventListener("pointerdown", follow);
		};
	}, [region]);
	useEffect(() => {
		if (inside.current && document.activeElement === document.body) region.current?.focus();
	});
	return region;
}
