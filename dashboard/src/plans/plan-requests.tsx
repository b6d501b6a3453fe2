import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Problem } from "../ui/problem.tsx";
import { tenantUsageQuery } from "../usage/queries.ts";
import { RefusalReasons } from "../usage/refusal-reasons.tsx";
import { RequestsChart } from "../usage/requests-chart.tsx";
import { formatMonth } from "./month.ts";

/** Requests of all keys in the quota's month, by day. */
export function PlanRequests({ tenant_id, resets_at }: { tenant_id: string; resets_at: string | null }) {
	const period = formatMonth(Date.now(), resets_at);
	const { data, error } = useQuery(tenantUsageQuery(tenant_id, period.from_ms));
	return (
		<RequestsChart
			title="Requests this month"
			what="Requests of all keys this month, by day"
			rows={data?.data ?? null}
			period={period}
			low={data !== undefined && data.data.length === 0}
			instead={data === undefined && error !== null && <Problem error={error} />}
			empty={
				<>
					<Text fw={500}>No request this month</Text>
					<Text size="sm" c="dimmed" mt={4}>
						The requests of all of your keys show here, day by day, with those that were limited or refused.
					</Text>
				</>
			}
		>
			<RefusalReasons rows={data?.data ?? []} />
		</RequestsChart>
	);
}
