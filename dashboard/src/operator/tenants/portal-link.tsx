import { Button, Group, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { ROLE_WORDS, ROLES } from "../../access/roles.ts";
import type { Role } from "../../access/session.ts";
import { ChoiceCard } from "../../ui/choice-card.tsx";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { LeaveButton, useFormGuard } from "../../ui/form/guarded-modal.tsx";
import { OneTimeLink } from "../../ui/form/one-time-link.tsx";
import { Problem } from "../../ui/problem.tsx";
import { useAction } from "../../ui/use-action.ts";
import { NAME_CHARACTERS_MAX, validateName } from "./fields.ts";
import { createPortalLink, type Tenant } from "./queries.ts";

/** A one-time link that signs one person of the tenant in without an account. The link is shown once. */
export function PortalLink({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
	const [made, setMade] = useState<{ url: string; expires_at: string } | null>(null);
	const { finish } = useFormGuard();
	const action = useAction();
	const confirmed = useConfirmed();
	const form = useForm({
		mode: "controlled",
		initialValues: { name: "", external_user_id: "", role: getRole("viewer") },
		validate: { name: validateName, external_user_id: (id) => (id.trim() === "" ? "Write the id that your product has for this person." : null) },
	});
	async function make(): Promise<void> {
		const { name, external_user_id, role } = form.values;
		const body = { name: name.trim(), external_user_id: external_user_id.trim(), role };
		const link = await action.run(() => confirmed(() => createPortalLink(tenant.id, body)));
		if (!link) return;
		finish();
		setMade(link);
	}
	if (made !== null)
		return (
			<OneTimeLink label="Portal link" url={made.url} expires_at={made.expires_at} onDone={onClose}>
				The person who opens this link is signed in as <bdi>{form.values.name.trim()}</bdi>.
			</OneTimeLink>
		);
	return (
		<form
			noValidate
			onSubmit={form.onSubmit(
				() => void make(),
				(_errors, _values, event) => event && goToFirstFault(event.currentTarget),
			)}
		>
			<Stack gap="md">
				<Text size="sm">
					Your back end usually makes these links for people who are signed in to your product. Make one here to try the page, or to help someone.
				</Text>
				<TextInput label="Name of the person" maxLength={NAME_CHARACTERS_MAX} autoComplete="off" data-autofocus {...form.getInputProps("name")} />
				<TextInput
					label="Your product's id for the person"
					maxLength={NAME_CHARACTERS_MAX}
					autoComplete="off"
					spellCheck={false}
					classNames={{ input: "kw-mono" }}
					{...form.getInputProps("external_user_id")}
				/>
				<Radio.Group label="What may they do?" value={form.values.role} onChange={(value) => form.setFieldValue("role", getRole(value))}>
					<Stack gap={8} mt={8}>
						{ROLES.map((role) => (
							<ChoiceCard key={role} value={role} title={ROLE_WORDS[role].name} text={ROLE_WORDS[role].may} />
						))}
					</Stack>
				</Radio.Group>
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<LeaveButton>Go back</LeaveButton>
					<Button type="submit" loading={action.pending}>
						Make a portal link
					</Button>
				</Group>
			</Stack>
		</form>
	);
}

function getRole(value: string): Role {
	return ROLES.find((role) => role === value) ?? "viewer";
}
