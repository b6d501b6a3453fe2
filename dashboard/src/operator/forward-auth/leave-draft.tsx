import { Button, Group, Stack, Text } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { Modal } from "../../ui/dialog/modal.tsx";

/** Asks before leaving the page with an unsaved draft. */
export function LeaveDraft({ unsaved }: { unsaved: boolean }) {
	const blocker = useBlocker({
		// The dialog of a rule has an address on the same page.
		shouldBlockFn: ({ current, next }) => unsaved && current.pathname !== next.pathname,
		enableBeforeUnload: () => unsaved,
		disabled: !unsaved,
		withResolver: true,
	});
	const isAsked = blocker.status === "blocked";
	return (
		<Modal name="question" opened={isAsked} onClose={() => blocker.reset?.()} title="Leave the changes behind?" size="sm">
			<Stack gap="md">
				<Text>The rules that you changed are not saved yet. If you leave now, they stay as they were.</Text>
				<Group justify="flex-end" gap={8}>
					<Button variant="default" data-autofocus onClick={() => blocker.reset?.()}>
						Stay here
					</Button>
					<Button color="red" onClick={() => blocker.proceed?.()}>
						Leave without saving
					</Button>
				</Group>
			</Stack>
		</Modal>
	);
}
