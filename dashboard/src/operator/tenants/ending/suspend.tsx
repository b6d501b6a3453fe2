import { Button, Group, Stack, Text } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { useConfirmed } from "../../../access/confirm.tsx";
import { isTyped, TypedName } from "../../../ui/form/typed-name.tsx";
import { Problem } from "../../../ui/problem.tsx";
import { toaster } from "../../../ui/toaster.tsx";
import { useAction } from "../../../ui/use-action.ts";
import { patchTenant, type Tenant, useTenantsChanged } from "../queries.ts";
import { Breaks, counted, useBreaking } from "./breaks.tsx";

/** Suspends a tenant after showing what stops. Where requests were made in the last day, the name has to be typed. */
export function SuspendTenant({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
	const { breaking, error } = useBreaking(tenant.id);
	const [typed, setTyped] = useState("");
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = useTenantsChanged();
	const breaks = breaking !== undefined && breaking.day > 0;
	const lines = breaking && [
		breaking.keys === 0
			? "It has no key that works, so no request stops."
			: `${counted(breaking.keys, "key")} ${breaking.keys === 1 ? "is" : "are"} refused from the next request on.`,
		breaking.day === 0
			? "No request was allowed in the last 24 hours."
			: `${counted(breaking.day, "request")} in the last 24 hours, ${counted(breaking.hour, "request")} in the last hour: such requests are refused.`,
		"Its people can still sign in, read and revoke; they can change nothing else.",
	];
	async function suspend(): Promise<void> {
		const done = await action.run(() => confirmed(() => patchTenant(tenant.id, { status: "suspended" })));
		changed();
		if (!done) return;
		toaster.done(`${tenant.name} is suspended: its keys are refused.`);
		onClose();
	}
	function submit(event: FormEvent): void {
		event.preventDefault();
		void suspend();
	}
	return (
		<Stack component="form" gap="md" onSubmit={submit}>
			<Text size="sm" className="kw-wrap">
				<b>
					<bdi>{tenant.name}</bdi>
				</b>{" "}
				stops until you bring it back. Nothing is deleted, and no key changes.
			</Text>
			<Breaks error={error} lines={lines} />
			{breaks && <TypedName name={tenant.name} id={tenant.id} value={typed} onChange={setTyped} />}
			<Problem error={action.error} />
			<Group justify="flex-end" gap={8}>
				<Button variant="default" onClick={onClose}>
					Keep it active
				</Button>
				<Button type="submit" color="red" loading={action.pending} disabled={breaking === undefined || (breaks && !isTyped(tenant, typed))}>
					Suspend this tenant
				</Button>
			</Group>
		</Stack>
	);
}

/** Ends a suspension, without a confirmation because nothing can break. */
export function BringBack({ tenant, icon }: { tenant: Tenant; icon: ReactNode }) {
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = useTenantsChanged();
	async function bringBack(): Promise<void> {
		const back = await action.run(() => confirmed(() => patchTenant(tenant.id, { status: "active" })));
		changed();
		if (back) toaster.done(`${tenant.name} is back: its keys are accepted again.`);
	}
	return (
		<>
			<Problem error={action.error} />
			<Button leftSection={icon} loading={action.pending} onClick={() => void bringBack()}>
				Bring back
			</Button>
		</>
	);
}
