import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Time } from "../ui/time.tsx";
import { type Scope, stateQuery } from "./queries.ts";

/** Whether a log is whole, in words: that of the tenant, or for the operator that of the tenant `of` or with null that of the instance itself. Nothing while it is being verified. */
export function LogState({ scope, of }: { scope: Scope; of: string | null }) {
	const of_instance = scope === "all" && of === null;
	const log = of_instance ? "The log of the instance itself" : "The log";
	const { data, error } = useQuery(stateQuery(scope, of));
	if (error !== null) {
		return (
			<Text size="sm" c="dimmed">
				Whether {of_instance ? "the log of the instance itself" : "the log"} is whole could not be verified.
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
			{scope === "all" ? "Run" : "Tell the operator, who can run"} <code>keywright-server audit verify</code>.
		</Text>
	);
}
