import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useConfirmed } from "../../../access/confirm.tsx";
import { Problem } from "../../../ui/problem.tsx";
import { toaster } from "../../../ui/toaster.tsx";
import { useAction } from "../../../ui/use-action.ts";
import { patchTenant, type Tenant, useTenantsChanged } from "../queries.ts";

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
