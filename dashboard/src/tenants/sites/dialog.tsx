import { Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { answered, api } from "../../http/api.ts";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { GuardedModal, LeaveButton } from "../../ui/form/guarded-modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { type Site, useSitesChanged } from "../site-queries.ts";
import { assertSiteUnchanged } from "./changed.ts";
import { ANY, ENVIRONMENT_CHOICES, environmentFrom, validateSiteId } from "./environment.ts";

const NAME_CHARACTERS_MAX = 200;
const ID_CHARACTERS_MAX = 64;

interface FormProps {
	readonly tenant_id: string;
	/** Null to add one. */
	readonly site: Site | null;
	readonly onClose: () => void;
}

/** Adds a site, or changes the name and environment of one. */
export function SiteDialog({ opened, ...props }: FormProps & { opened: boolean }) {
	return (
		<GuardedModal
			name={props.site === null ? "add" : "edit"}
			opened={opened}
			onClose={props.onClose}
			title={props.site === null ? "Add a site" : "Edit this site"}
			undone={props.site === null ? "The site has not been added." : "The site has not been changed."}
			closing="Close without saving"
		>
			<SiteForm {...props} />
		</GuardedModal>
	);
}

function SiteForm({ tenant_id, site, onClose }: FormProps) {
	const action = useAction();
	const changed = useSitesChanged(tenant_id);
	const [seen, setSeen] = useState(site);
	const form = useForm({
		mode: "controlled",
		initialValues: { name: site?.name ?? "", id: "", environment: site === null ? "prod" : (site.environment ?? ANY) },
		validate: {
			name: (name) => (name.trim() === "" ? "Give the site a name, such as: Shop in Ghent" : null),
			id: (id) => validateSiteId(id.trim()),
		},
	});

	async function save(): Promise<void> {
		const { name, id } = form.values;
		const body = { name: name.trim(), environment: environmentFrom(form.values.environment) };
		const done = await action.run(async () => {
			if (seen === null) {
				const input = { ...body, ...(id.trim() === "" ? {} : { id: id.trim() }) };
				return answered(api.POST("/api/v1/tenants/{tenant_id}/sites", { params: { path: { tenant_id } }, body: input }));
			}
			await assertSiteUnchanged(tenant_id, seen, setSeen);
			return answered(api.PATCH("/api/v1/tenants/{tenant_id}/sites/{site_id}", { params: { path: { tenant_id, site_id: seen.id } }, body }));
		});
		changed();
		if (done === undefined) return;
		toaster.done(site === null ? `${body.name} is added.` : `${body.name} is saved.`);
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
				<TextInput
					label="Name"
					description="As your people call it"
					placeholder="Shop in Ghent"
					required
					withAsterisk={false}
					maxLength={NAME_CHARACTERS_MAX}
					data-autofocus
					{...form.getInputProps("name")}
				/>
				<Select
					label="Environment"
					description="Keys of another environment are refused there"
					data={ENVIRONMENT_CHOICES}
					{...form.getInputProps("environment")}
				/>
				{site === null && (
					<TextInput
						label="Id"
						description="Optional: what stands in addresses and programs. It is made for you when you leave it out, and stays as it is."
						placeholder="shop-ghent"
						maxLength={ID_CHARACTERS_MAX}
						autoComplete="off"
						{...form.getInputProps("id")}
					/>
				)}
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<LeaveButton>Close without saving</LeaveButton>
					<Button type="submit" loading={action.pending}>
						{site === null ? "Add this site" : "Save changes"}
					</Button>
				</Group>
			</Stack>
		</form>
	);
}
