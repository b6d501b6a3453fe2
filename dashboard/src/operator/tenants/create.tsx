import { Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useConfirmed } from "../../access/confirm.tsx";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { GuardedModal, LeaveButton, useFormGuard } from "../../ui/form/guarded-modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { plansQuery } from "../plans/queries.ts";
import { NAME_CHARACTERS_MAX, validateId, validateName } from "./fields.ts";
import { createTenant, useTenantsChanged } from "./queries.ts";

const SEARCHED_FROM = 8;

interface CreateProps {
	readonly opened: boolean;
	readonly onClose: () => void;
	/** Called with the id of the new tenant. */
	readonly onMade: (id: string) => void;
}

/** Creates a tenant: its name and plan, and its ids in the operator's own systems. */
export function CreateTenant({ opened, onClose, onMade }: CreateProps) {
	return (
		<GuardedModal
			name="create"
			opened={opened}
			onClose={onClose}
			title="Create a tenant"
			undone="The tenant has not been created."
			closing="Close without creating"
		>
			<CreateForm onMade={onMade} />
		</GuardedModal>
	);
}

function CreateForm({ onMade }: Pick<CreateProps, "onMade">) {
	const { finish } = useFormGuard();
	const { data: plans } = useQuery(plansQuery);
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = useTenantsChanged();
	const form = useForm({
		mode: "controlled",
		initialValues: { name: "", plan_id: "", id: "", external_id: "" },
		validate: {
			name: validateName,
			plan_id: (plan_id) => (plan_id === "" ? "Choose the plan." : null),
			id: validateId,
		},
	});
	async function create(): Promise<void> {
		const { name, plan_id, id, external_id } = form.values;
		const body = {
			...{ name: name.trim(), plan_id },
			...(id === "" ? {} : { id: id.trim() }),
			...(external_id.trim() === "" ? {} : { external_id: external_id.trim() }),
		};
		const made = await action.run(() => confirmed(() => createTenant(body)));
		if (!made) return;
		changed();
		toaster.done(`${made.name} is created. Invite its first owner.`);
		finish();
		onMade(made.id);
	}
	return (
		<form
			noValidate
			onSubmit={form.onSubmit(
				() => void create(),
				(_errors, _values, event) => event && goToFirstFault(event.currentTarget),
			)}
		>
			<Stack gap="md">
				<TextInput
					label="Name"
					description="As its people know it"
					maxLength={NAME_CHARACTERS_MAX}
					autoComplete="off"
					data-autofocus
					{...form.getInputProps("name")}
				/>
				<Select
					label="Plan"
					placeholder="Choose the plan"
					data={(plans ?? []).map(({ id, name }) => ({ value: id, label: name }))}
					searchable={(plans?.length ?? 0) > SEARCHED_FROM}
					nothingFoundMessage="No plan fits"
					{...form.getInputProps("plan_id")}
					value={form.values.plan_id === "" ? null : form.values.plan_id}
				/>
				<TextInput
					label="Id"
					description="Optional. In paths of the API; it never changes. Left empty, one is made."
					placeholder="northwind"
					maxLength={64}
					autoComplete="off"
					spellCheck={false}
					classNames={{ input: "kw-mono" }}
					{...form.getInputProps("id")}
				/>
				<TextInput
					label="Your own id for it"
					description="Optional. What your billing or your database calls it, to find it by"
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
						Create this tenant
					</Button>
				</Group>
			</Stack>
		</form>
	);
}
