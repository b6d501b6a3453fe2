import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useSession } from "../access/session.ts";
import { goToFirstFault } from "../ui/first-fault.ts";
import { GuardedModal, LeaveButton } from "../ui/form/guarded-modal.tsx";
import { Problem } from "../ui/problem.tsx";
import { toaster } from "../ui/toaster.tsx";
import { useAction } from "../ui/use-action.ts";
import { rename } from "./queries.ts";

const NAME_CHARACTERS_MAX = 200;

/** Changes the person's own name, in all of their teams. */
export function NameDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
	return (
		<GuardedModal
			name="name"
			opened={opened}
			onClose={onClose}
			title="Change your name"
			undone="Your name has not been changed."
			closing="Close without saving"
		>
			<NameForm onClose={onClose} />
		</GuardedModal>
	);
}

function NameForm({ onClose }: { onClose: () => void }) {
	const { person } = useSession();
	const queries = useQueryClient();
	const [name, setName] = useState(person.name);
	const [tried, setTried] = useState(false);
	const action = useAction();

	async function save(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		setTried(true);
		if (name.trim() === "") return goToFirstFault(event.currentTarget);
		if ((await action.run(() => rename(name.trim()))) === undefined) return;
		// Other pages show the name as well, such as the team's.
		await queries.invalidateQueries();
		toaster.done("Your name is changed.");
		onClose();
	}
	return (
		<form onSubmit={save} noValidate>
			<Stack gap="md">
				<TextInput
					label="Your name"
					description="As your team reads it. What you did before stays under the name that you had."
					autoComplete="name"
					required
					withAsterisk={false}
					maxLength={NAME_CHARACTERS_MAX}
					data-autofocus
					value={name}
					onChange={(event) => setName(event.currentTarget.value)}
					error={tried && name.trim() === "" ? "Write your name." : undefined}
				/>
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<LeaveButton>Close without saving</LeaveButton>
					<Button type="submit" loading={action.pending}>
						Save
					</Button>
				</Group>
			</Stack>
		</form>
	);
}
