import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useConfirmed } from "../../access/confirm.tsx";
import { answered, api } from "../../http/api.ts";
import { getCapabilityText } from "../../plans/capability-words.ts";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { GuardedModal, LeaveButton } from "../../ui/form/guarded-modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { type CatalogueCapability, validateCapabilityName } from "./catalogue.ts";
import { catalogueChanged } from "./queries.ts";

const NAME_CHARACTERS_MAX = 64;
const DESCRIPTION_CHARACTERS_MAX = 500;

interface DialogProps {
	/** Null to add one. */
	readonly capability: CatalogueCapability | null;
	readonly known: readonly CatalogueCapability[];
	readonly onClose: () => void;
}

/** Edits the description of a capability. */
export function CapabilityDialog({ opened, ...props }: DialogProps & { opened: boolean }) {
	const adding = props.capability === null;
	return (
		<GuardedModal
			name="capability"
			opened={opened}
			onClose={props.onClose}
			title={adding ? "Add a capability" : "Describe a capability"}
			undone="The capability has not been saved."
			closing="Close without saving"
		>
			<CapabilityForm {...props} />
		</GuardedModal>
	);
}

function CapabilityForm({ capability, known, onClose }: DialogProps) {
	const action = useAction();
	const confirmed = useConfirmed();
	const queries = useQueryClient();
	const form = useForm({
		mode: "controlled",
		initialValues: { name: capability?.name ?? "", description: capability?.description ?? "" },
		validate: {
			name: (name) => (capability === null ? validateCapabilityName(name.trim(), known) : null),
			description: (description) => (description.trim() === "" ? "Say what people read in place of the name" : null),
		},
	});
	async function save(): Promise<void> {
		const params = { path: { capability: form.values.name.trim() } };
		const body = { description: form.values.description.trim() };
		const done = await action.run(() => confirmed(() => answered(api.PUT("/api/v1/operator/capabilities/{capability}", { params, body }))));
		catalogueChanged(queries);
		if (!done) return;
		toaster.done(`People read ${getCapabilityText(done).name} from now on.`);
		onClose();
	}
	const words = getCapabilityText({ name: form.values.name.trim(), description: form.values.description.trim() });
	return (
		<form
			noValidate
			onSubmit={form.onSubmit(
				() => void save(),
				(_errors, _values, event) => event && goToFirstFault(event.currentTarget),
			)}
		>
			<Stack gap="md">
				{capability === null ? (
					<TextInput
						label="Name"
						description="How plans and rules name it; it cannot be changed later"
						placeholder="orders"
						maxLength={NAME_CHARACTERS_MAX}
						autoComplete="off"
						spellCheck={false}
						classNames={{ input: "kw-mono" }}
						data-autofocus
						{...form.getInputProps("name")}
					/>
				) : (
					<Text className="kw-mono kw-wrap">{capability.name}</Text>
				)}
				<TextInput
					label="What people read"
					description="Its name, a colon, and what it is for"
					placeholder="Orders: read and change orders"
					maxLength={DESCRIPTION_CHARACTERS_MAX}
					autoComplete="off"
					{...(capability === null ? {} : { "data-autofocus": true })}
					{...form.getInputProps("description")}
				/>
				{words.name !== "" && (
					<Text size="sm" c="dimmed" aria-live="polite" className="kw-wrap">
						On the plan page: <b>{words.name}</b>
						{words.means !== null && `, ${words.means}`}
					</Text>
				)}
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<LeaveButton>Close without saving</LeaveButton>
					<Button type="submit" loading={action.pending}>
						{capability === null ? "Add this capability" : "Save this description"}
					</Button>
				</Group>
			</Stack>
		</form>
	);
}
