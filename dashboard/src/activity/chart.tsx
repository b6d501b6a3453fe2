import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Problem } from "../ui/problem.tsx";
import type { UsageRow } from "../usage/buckets.ts";
import { tenantUsageQuery } from "../usage/queries.ts";
import type { getPeriod, Range } from "../usage/ranges.ts";
import { RequestsChart } from "../usage/requests-chart.tsx";
import { RequestsByClient, RequestsByKey } from "./breakdown.tsx";
import { hoursQuery } from "./queries.ts";
import { type ActivitySearch, type Breakdown, withSearch } from "./search.ts";

/** What the chart can count apart. */
const CHOICES: readonly { readonly by: Breakdown; readonly label: string }[] = [
	{ by: "key", label: "By key" },
	{ by: "client", label: "By client" },
];

interface ChartProps {
	readonly tenant_id: string;
	readonly search: ActivitySearch;
	readonly range: Range;
	readonly period: ReturnType<typeof getPeriod>;
	readonly onSearch: (next: ActivitySearch) => void;
}

/** Every refusal is one here, as in the list; and the list has those that no usage report counts. */
function toRows(usage: readonly UsageRow[], hours: readonly { readonly start: string; readonly unproven: number }[]): UsageRow[] {
	const counted = usage.map((row) => (row.code === "allowed" ? row : { ...row, code: "refused" }));
	return [...counted, ...hours.map(({ start, unproven }) => ({ start, code: "refused", requests: unproven }))];
}

/** The requests of the period, over time or by what the address says. */
export function RequestsCard(props: ChartProps) {
	const { search, range, onSearch } = props;
	const choices = (
		<>
			{[{ by: undefined, label: "Over time" }, ...CHOICES]
				.filter(({ by }) => by !== search.by)
				.map(({ by, label }) => (
					<Button
						key={label}
						variant="transparent"
						size="compact-xs"
						px={4}
						c="var(--mantine-color-anchor)"
						onClick={() => onSearch(withSearch(search, { by }))}
					>
						{label}
					</Button>
				))}
		</>
	);
	const breakdown = { tenant_id: props.tenant_id, from_ms: props.period.from_ms, range, aside: choices };
	if (search.by === "key") return <RequestsByKey {...breakdown} />;
	if (search.by === "client") return <RequestsByClient {...breakdown} />;
	return <OverTime {...props} aside={choices} />;
}

function OverTime({ tenant_id, range, period, aside }: ChartProps & { aside: React.ReactNode }) {
	const { data: usage, error } = useQuery(tenantUsageQuery(tenant_id, period.from_ms));
	const { data: hours, error: hours_error } = useQuery(hoursQuery(tenant_id, period.from_ms));
	const failed = error ?? hours_error;
	const is_missing = usage === undefined || hours === undefined;
	return (
		<RequestsChart
			title="Requests"
			as_context
			what={`Requests in ${range.words}`}
			rows={is_missing ? null : toRows(usage.data, hours.data)}
			period={period}
			instead={is_missing && failed !== null && <Problem error={failed} />}
			aside={aside}
			empty={
				<>
					<Text size="sm" fw={500}>
						No request in {range.words}
					</Text>
					<Text size="sm" c="dimmed" mt={4} maw={560}>
						Every request with a key is counted here within two seconds, allowed or refused.
					</Text>
				</>
			}
		/>
	);
}
