import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { useState } from "react";

export interface DropGuard {
	readonly asking: boolean;
	/** Closes the form: at once if nothing was filled in, else after a confirmation. */
	readonly close: () => void;
	readonly stay: () => void;
	readonly drop: () => void;
}

/** Asks before a form that was filled in is closed or its page is left. `onDrop` closes the form. */
export function useDropGuard(filled: boolean, onDrop: () => void): DropGuard {
	const [asked, setAsked] = useState(false);
	const leaving = useBlocker({ shouldBlockFn: () => filled, enableBeforeUnload: () => filled, disabled: !filled, withResolver: true });
	const blocked = leaving.status === "blocked";
	return {
		asking: filled && (asked || blocked),
		close: () => (filled ? setAsked(true) : onDrop()),
		stay() {
			setAsked(false);
			if (blocked) leaving.reset();
		},
		drop() {
			setAsked(false);
			onDrop();
			if (blocked) leaving.proceed();
		},
	};
}

/** The question of a `DropGuard`; `what` is what has not happened yet. */
export function DropGuardDialog({ guard, what }: { guard: DropGuard; what: string }) {
	return (
		<Modal opened={guard.asking} onClose={guard.stay} title="Drop what you filled in?" closeButtonProps={{ "aria-label": "Back to the form" }}>
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
