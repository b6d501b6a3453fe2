import { Box, Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { GuardedModal, LeaveButton } from "../../ui/form/guarded-modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { useAction } from "../../ui/use-action.ts";
import { NAME_CHARACTERS_MAX, validateName } from "../tenants/fields.ts";
import { createService, type MadeService, useServicesChanged } from "./queries.ts";

interface CreateProps {
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Asks for the name, then shows the credential once. While it is shown, only a confirmation closes the dialog. */
export function CreateService({ opened, onClose }: CreateProps) {
	const [made, setMade] = useState<MadeService | null>(null);
	return (
		<GuardedModal
			name="create"
			opened={opened || made !== null}
			onClose={onClose}
			title={made === null ? "Create a service" : "The credential, shown once"}
			size="lg"
			undone="The service has not been created."
			closing="Close without creating"
			guarded={made === null}
			closable={made === null}
		>
			{made === null ? (
				<NameForm onMade={setMade} />
			) : (
				<Credential
					made={made}
					onStored={() => {
						setMade(null);
						onClose();
					}}
				/>
			)}
		</GuardedModal>
	);
}

function NameForm({ onMade }: { onMade: (made: MadeService) => void }) {
	const [name, setName] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = useServicesChanged();
	const fault = validateName(name);
	async function create(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		setTried(true);
		if (fault !== null) return goToFirstFault(event.currentTarget);
		const made = await action.run(() => confirmed(() => createService(name.trim())));
		if (!made) return;
		changed();
		onMade(made);
	}
	return (
		<form noValidate onSubmit={(event) => void create(event)}>
			<Stack gap="md">
				<TextInput
					label="Name"
					description="Which program of yours asks, and where: order-api, production"
					value={name}
					onChange={(event) => setName(event.currentTarget.value)}
					maxLength={NAME_CHARACTERS_MAX}
					autoComplete="off"
					error={tried ? (fault ?? undefined) : undefined}
					data-autofocus
				/>
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<LeaveButton>Go back</LeaveButton>
					<Button type="submit" loading={action.pending}>
						Create this service
					</Button>
				</Group>
			</Stack>
		</form>
	);
}

function Credential({ made: { service, credential }, onStored }: { made: MadeService; onStored: () => void }) {
	const [stored, setStored] = useState(false);
	return (
		<Stack gap="md" className="kw-never-printed">
			<Text size="sm" className="kw-wrap">
				This is the credential of{" "}
				<b>
					<bdi>{service.name}</bdi>
				</b>
				. It cannot be shown again. Store it as <span className="kw-mono">KEYWRIGHT_SERVICE_CREDENTIAL</span> where the program gets its secrets,
				never in code.
			</Text>
			<Group gap="sm" wrap="nowrap" align="flex-start">
				<Box
					className="kw-mono kw-wrap"
					bg="var(--kw-code)"
					p="sm"
					flex={1}
					style={{ border: "1px solid var(--kw-hairline)", borderRadius: 8 }}
					role="group"
					aria-label="The credential"
					translate="no"
					data-credential
				>
					{credential}
				</Box>
				<CopyButton value={credential} what="credential" data-autofocus />
			</Group>
			<Checkbox label="I have stored the credential" checked={stored} onChange={(event) => setStored(event.currentTarget.checked)} />
			<Group justify="flex-end">
				<Button disabled={!stored} onClick={onStored}>
					Close, it is stored
				</Button>
			</Group>
		</Stack>
	);
}
