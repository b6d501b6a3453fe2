import "./side-panel.css";
import { Box } from "@mantine/core";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";

interface SidePanelProps {
	readonly label: string;
	/** What the panel is about; the focus moves into the panel whenever it changes. */
	readonly of: string;
	/** False while the focus stays in the list, whose rows the panel follows. */
	readonly takes_focus?: boolean;
	/** The element that opens it, which gets the focus back. */
	readonly opener: () => HTMLElement | null;
	readonly onClose: () => void;
	readonly children: ReactNode;
}

/** A panel beside a list, inside an element of class `kw-with-panel`. Escape closes it. */
export function SidePanel({ label, of, takes_focus = true, opener, onClose, children }: SidePanelProps) {
	const panel = useRef<HTMLElement>(null);
	const back = useRef(opener);
	useEffect(() => {
		back.current = opener;
	});
	// biome-ignore lint/correctness/useExhaustiveDependencies: the focus follows what the panel is about
	useEffect(() => {
		const find = back.current;
		const around = panel.current;
		if (takes_focus) around?.focus();
		return () => {
			if (document.activeElement === document.body || around?.contains(document.activeElement) === true) find()?.focus();
		};
	}, [of]);
	function onKeyDown(event: KeyboardEvent): void {
		// Events of a dialog reach this element through React's tree.
		const inside = event.target instanceof Element && event.currentTarget.contains(event.target);
		if (event.key === "Escape" && inside && !event.defaultPrevented) onClose();
	}
	return (
		<aside ref={panel} className="kw-panel" aria-label={label} tabIndex={-1} onKeyDown={onKeyDown}>
			{children}
		</aside>
	);
}

/** The part of a panel that scrolls, between its head and its foot. It has a tab stop, because the arrow keys scroll only what has the focus. */
export function PanelBody({ className, children }: { readonly className?: string; readonly children: ReactNode }) {
	return (
		<Box className={className === undefined ? "kw-panel-body" : `kw-panel-body ${className}`} tabIndex={0} role="group" aria-label="Details">
			{children}
		</Box>
	);
}
