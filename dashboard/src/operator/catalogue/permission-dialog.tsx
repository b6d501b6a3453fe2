import { Alert, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
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
import { type CatalogueCapability, type CataloguePermission, validatePermissionName } from "./catalogue.ts";
import { catalogueChanged } from "./queries.ts";

const NAME_CHARACTERS_MAX = 65;
const DESCRIPTION_CHARACTERS_MAX = 500;

interface DialogProps {
	/** Null to add one. */
	readonly permission: CataloguePermission | null;
	readonly known: readonly CataloguePermission[];
	readonly capabilities: readonly CatalogueCapability[];
	readonly onClose: () => void;
}

/** Adds a permission or edits its description and capability. */
export function PermissionDialog({ opened, ...props }: DialogProps & { opened: boolean }) {
	const adding = props.permission === null;
	return (
		<GuardedModal
			name="permission"
			opened={opened}
			onClose={props.onClose}
			title={adding ? "Add a permission" : "Edit a permission"}
			undone="The permission has not been saved."
			closing="Close without saving"
		>
			<PermissionForm {...props} />
		</GuardedModal>
	);
}

function PermissionForm({ permission, known, capabilities, onClose }: DialogProps) {
	const action = useAction();
	const confirmed = useConfirmed();
	const queries = useQueryClient();
	const form = useForm({
		mode: "controlled",
		initialValues: { name: permission?.name ?? "", description: permission?.description ?? "", capability: permission?.capability ?? "" },
		validate: {
			name: (name) => (permission === null ? validatePermissionName(name.trim(), known) : null),
			description: (description) => (description.trim() === "" ? "Say what a key may do, such as Read orders" : null),
			capability: (capability) => (capability === "" ? "Choose what a plan has to include for it" : null),
		},
	});
	async function save(): Promise<void> {
		const params = { path: { permission: form.values.name.trim() } };
		const body = { description: form.values.description.trim(), capability: form.values.capability };
		const done = await action.run(() => confirmed(() => answered(api.PUT("/api/v1/operator/permissions/{permission}", { params, body }))));
		catalogueChanged(queries);
		if (!done) return;
		toaster.done(permission === null ? `New keys can have ${done.name}; give it to existing ones by editing them.` : `${done.name} is saved.`);
		onClose();
	}
	const moved = permission !== null && form.values.capability !== permission.capability;
	return (
		<form
			noValidate
			onSubmit={form.onSubmit(
				() => void save(),
				(_errors, _values, event) => event && goToFirstFault(event.currentTarget),
			)}
		>
			<Stack gap="md">
				{permission === null ? (
					<TextInput
						label="Name"
						description="What your API asks for; it cannot be changed later"
						placeholder="orders:read"
						maxLength={NAME_CHARACTERS_MAX}
						autoComplete="off"
						spellCheck={false}
						classNames={{ input: "kw-mono" }}
						data-autofocus
						{...form.getInputProps("name")}
					/>
				) : (
					<Text className="kw-mono kw-wrap">{permission.name}</Text>
				)}
				<TextInput
					label="What people read"
					description="What a key with it may do"
					placeholder="Read orders"
					maxLength={DESCRIPTION_CHARACTERS_MAX}
					autoComplete="off"
					{...(permission === null ? {} : { "data-autofocus": true })}
					{...form.getInputProps("description")}
				/>
				<Select
					label="Capability"
					description="Keys can have it on plans that include this"
					placeholder="Choose one"
					searchable
					nothingFoundMessage="No such capability; add it first"
					data={capabilities.map((capability) => ({ value: capability.name, label: `${getCapabilityText(capability).name} (${capability.name})` }))}
					{...form.getInputProps("capability")}
					onChange={(capability) => form.setFieldValue("capability", capability ?? "")}
				/>
				{form.values.description.trim() !== "" && (
					<Text size="sm" c="dimmed" aria-live="polite" className="kw-wrap">
						People who create a key read: <b>{form.values.description.trim()}</b>
					</Text>
				)}
				{moved && (
					<Alert color="yellow" role="status">
						Keys that have it are refused it from the next request on, where the plan does not include the other capability.
					</Alert>
				)}
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<LeaveButton>Close without saving</LeaveButton>
					<Button type="submit" loading={action.pending}>
						{permission === null ? "Add this permission" : "Save this permission"}
					</Button>
				</Group>
			</Stack>
		</form>
	);
}
