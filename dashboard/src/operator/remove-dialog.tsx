import { Button, Group, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { useConfirmed } from "../access/confirm.tsx";
import { Modal } from "../ui/dialog/modal.tsx";
import type { DialogName } from "../ui/dialog/names.ts";
import { Problem } from "../ui/problem.tsx";
import { toaster } from "../ui/toaster.tsx";
import { useAction } from "../ui/use-action.ts";

interface DecideProps {
	/** The words of the two buttons: "Keep this format", "Delete this format". */
	readonly keep: string;
	readonly remove: string;
	/** Whether it cannot be removed now; the text says why. */
	readonly disabled?: boolean;
	/** What is offered where it cannot be removed, in place of the button. */
	readonly instead?: ReactNode;
	/** An error of what the text is made of. */
	readonly error?: unknown;
	readonly request: () => Promise<unknown>;
	/** After each attempt: reads again what is shown. */
	readonly onTried: (removed: boolean) => void;
	/** The message after the removal. */
	readonly done: string;
	readonly onClose: () => void;
	/** What happens then. */
	readonly children: ReactNode;
}

interface RemoveProps extends DecideProps {
	readonly name: DialogName;
	readonly opened: boolean;
	readonly title: string;
	/** The accessible name of the closing button. */
	readonly closing: string;
}

/** Asks before something is removed, and asks for the password where the server wants it. */
export function RemoveDialog({ name, opened, title, closing, ...props }: RemoveProps) {
	return (
		<Modal name={name} opened={opened} onClose={props.onClose} title={title} closeButtonProps={{ "aria-label": closing }}>
			<Decide {...props} />
		</Modal>
	);
}

function Decide({ keep, remove, disabled = false, instead, error = null, request, onTried, done, onClose, children }: DecideProps) {
	const action = useAction();
	const confirmed = useConfirmed();
	async function tryIt(): Promise<void> {
		const removed =
			(await action.run(async () => {
				await confirmed(request);
				return true;
			})) ?? false;
		onTried(removed);
		if (!removed) return;
		toaster.done(done);
		onClose();
	}
	return (
		<Stack gap="md">
			{children}
			<Problem error={action.error ?? error} />
			<Group justify="flex-end" gap={8}>
				<Button variant="default" onClick={onClose}>
					{keep}
				</Button>
				{instead ?? (
					<Button color="red" loading={action.pending} disabled={disabled} onClick={() => void tryIt()}>
						{remove}
					</Button>
				)}
			</Group>
		</Stack>
	);
}
