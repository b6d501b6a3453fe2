import { useQueryClient } from "@tanstack/react-query";
import { useAction } from "../ui/use-action.ts";
import { type Alert, acknowledgeAlert, alertQuery, useAlertsChanged } from "./queries.ts";

/** Acknowledges an alert: it stays open until it ends, without further reminders. */
export function useAcknowledge(tenant_id: string, alert: Alert) {
	const queries = useQueryClient();
	const changed = useAlertsChanged(tenant_id);
	const { pending, error, run } = useAction();
	async function acknowledge(): Promise<boolean> {
		const done = await run(() => acknowledgeAlert(tenant_id, alert.id));
		if (done === undefined) return false;
		queries.setQueryData(alertQuery(tenant_id, alert.id).queryKey, done);
		await changed();
		return true;
	}
	return { pending, error, acknowledge };
}
