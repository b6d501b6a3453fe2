import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Time } from "../ui/time.tsx";
import { stateQuery } from "./queries.ts";

/** Whether a log is whole, in words: that of a tenant, or with null that of the instance itself. Nothing while it is being verified. */
export function LogState({ tenant_id }: { tenant_id: string | null }) {
	const log = tenant_id === null ? "The log of the instance itself" : "The log";
	const { data, error } = useQuery(stateQuery(tenant_id));
	if (error !== null) {
		return (
			<Text size="sm" c="dimmed">
				Whether {tenant_id === null ? "the log of the instance itself" : "the log"} is whole could not be verified.
			</Text>
		);
	}
	if (data === undefined) return null;
	if (data.first_wrong === null) {
		return (
			<Text size="sm" c="dimmed">
				<Text span c="var(--kw-good)" aria-hidden="true">
					✓
				</Text>{" "}
				<Text span c="var(--mantine-color-text)" fw={500}>
					{log} is whole.
				</Text>{" "}
				None of {data.entries?.toLocaleString("en")} entries was edited, removed, added or moved. Checked <Time value={data.checked_at} />.
			</Text>
		);
	}
	return (
		<Text size="sm" c="red" role="alert" fw={500}>
			✕ {log} is not whole from its entry {data.first_wrong.position.toLocaleString("en")} on: {data.first_wrong.reason}.{" "}
			{tenant_id === null ? "Run" : "Tell the operator, who can run"} <code>keywright-server audit verify</code>.
		</Text>
	);
}
