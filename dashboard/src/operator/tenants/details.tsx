import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useConfirmed } from "../../access/confirm.tsx";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { LeaveButton, useFormGuard } from "../../ui/form/guarded-modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { useAction } from "../../ui/use-action.ts";
import { NAME_CHARACTERS_MAX, validateName } from "./fields.ts";
import { patchTenant, type Tenant, useTenantsChanged } from "./queries.ts";

/** The tenant's name, and its id in the operator's own systems. */
export function Details({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
	const { finish } = useFormGuard();
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = useTenantsChanged();
	const form = useForm({
		mode: "controlled",
		initialValues: { name: tenant.name, external_id: tenant.external_id ?? "" },
		validate: { name: validateName },
	});
	async function save(): Promise<void> {
		const external_id = form.values.external_id.trim();
		const body = { name: form.values.name.trim(), external_id: external_id === "" ? null : external_id };
		const saved = await action.run(() => confirmed(() => patchTenant(tenant.id, body)));
		if (!saved) return;
		changed();
		finish();
		onClose();
	}
	return (
		<form
			noValidate
			onSubmit={form.onSubmit(
				() => void save(),
				(_errors, _values, event) => event && goToFirstFault(event.currentTarget),
			)}
		>
			<Stack gap="md">
				<TextInput label="Name" maxLength={NAME_CHARACTERS_MAX} autoComplete="off" data-autofocus {...form.getInputProps("name")} />
				<TextInput
					label="Your own id for it"
					description="What your billing or your database calls it; the list finds it by this"
					maxLength={NAME_CHARACTERS_MAX}
					autoComplete="off"
					spellCheck={false}
					classNames={{ input: "kw-mono" }}
					{...form.getInputProps("external_id")}
				/>
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<LeaveButton>Go back</LeaveButton>
					<Button type="submit" loading={action.pending}>
						Save name and own id
					</Button>
				</Group>
			</Stack>
		</form>
	);
}
