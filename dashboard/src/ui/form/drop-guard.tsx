import { Button, Group, Stack, Text } from "@mantine/core";
import { type ShouldBlockFn, useBlocker } from "@tanstack/react-router";
import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { Modal } from "../dialog/modal.tsx";

export interface DropGuard {
	readonly asking: boolean;
	/** Closes the form: at once if nothing is filled in when it is called, else after a confirmation. Never changes. */
	readonly close: () => void;
	readonly stay: () => void;
	readonly drop: () => void;
}

/** Asks before a form that was filled in is closed or its page is left. `onDrop` closes the form. */
export function useDropGuard(filled: boolean, onDrop: () => void): DropGuard {
	const [asked, setAsked] = useState(false);
	const shouldBlockFn: ShouldBlockFn = (step) => filled && !closesItself(step);
	const leaving = useBlocker({ shouldBlockFn, enableBeforeUnload: () => filled, disabled: !filled, withResolver: true });
	const blocked = leaving.status === "blocked";
	// Listeners on the window call `close` of an earlier render, which would drop what was typed since.
	const latest = useRef({ filled, onDrop });
	useLayoutEffect(() => {
		latest.current = { filled, onDrop };
	});
	const close = useCallback(() => {
		if (latest.current.filled) setAsked(true);
		else latest.current.onDrop();
	}, []);
	return {
		asking: filled && (asked || blocked),
		close,
		stay() {
			setAsked(false);
			if (blocked) leaving.reset();
		},
		drop() {
			setAsked(false);
			// Where the step itself leaves the form, closing it too would change the entry of the history that the step leads to.
			if (blocked) leaving.proceed();
			else onDrop();
		},
	};
}

/** Whether the step is a form's own, which was saved or dropped: it takes the dialog out of the address of the same page, and Back never replaces. */
function closesItself({ action, current, next }: Parameters<ShouldBlockFn>[0]): boolean {
	const closes = current.search.dialog !== undefined && next.search.dialog === undefined;
	return action === "REPLACE" && current.pathname === next.pathname && closes;
}

/** The question of a `DropGuard`; `what` is what has not happened yet. */
export function DropGuardDialog({ guard, what }: { guard: DropGuard; what: string }) {
	return (
		<Modal
			name="question"
			opened={guard.asking}
			onClose={guard.stay}
			title="Drop what you filled in?"
			closeButtonProps={{ "aria-label": "Back to the form" }}
		>
			<Stack gap="md">
				<Text size="sm">{what} What you filled in is not kept.</Text>
				<Group justify="flex-end" gap={8}>
					<Button variant="default" onClick={guard.drop}>
						Drop it
					</Button>
					<Button onClick={guard.stay} data-autofocus>
						Back to the form
					</Button>
				</Group>
			</Stack>
		</Modal>
	);
}
