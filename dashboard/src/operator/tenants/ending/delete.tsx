import { Button, Group, Stack, Text } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useConfirmed } from "../../../access/confirm.tsx";
import { isTyped, TypedName } from "../../../ui/form/typed-name.tsx";
import { Problem } from "../../../ui/problem.tsx";
import { toaster } from "../../../ui/toaster.tsx";
import { useAction } from "../../../ui/use-action.ts";
import { deleteTenant, type Tenant, useTenantsChanged } from "../queries.ts";
import { Breaks, counted, useBreaking } from "./breaks.tsx";

interface DeleteProps {
	readonly tenant: Tenant;
	readonly onClose: () => void;
	readonly onDeleted: () => void;
}

/** Deletes a tenant permanently, after showing what is deleted and asking for its name. */
export function DeleteTenant({ tenant, onClose, onDeleted }: DeleteProps) {
	const { breaking, error } = useBreaking(tenant.id);
	const [typed, setTyped] = useState("");
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = useTenantsChanged();
	const lines = breaking && [
		`${counted(breaking.keys, "key")} ${breaking.keys === 1 ? "is" : "are"} revoked; ${counted(breaking.day, "request")} of the last 24 hours would be refused.`,
		`${counted(breaking.sites, "site")} and ${counted(breaking.documents, "document")} are deleted.`,
		breaking.people === 0
			? "It has no members."
			: `${counted(breaking.people, "member")} ${breaking.people === 1 ? "loses" : "lose"} it. Accounts that are in no other tenant are erased.`,
		"Its names and texts are erased; ids, times and counts stay. The id cannot be used again.",
	];
	async function remove(): Promise<void> {
		const done = await action.run(() => confirmed(() => deleteTenant(tenant.id)));
		if (!done) return changed();
		toaster.done(`${tenant.name} is deleted and its keys are revoked.`);
		onDeleted();
		changed();
	}
	function submit(event: FormEvent): void {
		event.preventDefault();
		void remove();
	}
	return (
		<Stack component="form" gap="md" onSubmit={submit}>
			<Text size="sm" className="kw-wrap">
				<b>
					<bdi>{tenant.name}</bdi>
				</b>{" "}
				is deleted for good. This cannot be taken back; to stop it for a while, suspend it.
			</Text>
			<Breaks error={error} lines={lines} />
			<TypedName name={tenant.name} id={tenant.id} value={typed} onChange={setTyped} />
			<Problem error={action.error} />
			<Group justify="flex-end" gap={8}>
				<Button variant="default" onClick={onClose}>
					Keep this tenant
				</Button>
				<Button type="submit" color="red" loading={action.pending} disabled={breaking === undefined || !isTyped(tenant, typed)}>
					Delete for good
				</Button>
			</Group>
		</Stack>
	);
}
