import { SegmentedControl, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useProfile } from "../../access/session.ts";
import { Problem } from "../../ui/problem.tsx";
import { keyUsageQuery } from "../../usage/queries.ts";
import { getPeriod, getRange, RANGES, type Range } from "../../usage/ranges.ts";
import { RequestsChart } from "../../usage/requests-chart.tsx";
import type { ApiKey } from "../queries.ts";

/** The period in the address, and the choice of another one. */
export function usePeriod(): { readonly range: Range; readonly choice: React.ReactNode } {
	const { period } = useSearch({ strict: false });
	const navigate = useNavigate();
	const range = getRange(period ?? "day");
	function choose(id: string): void {
		const chosen = getRange(id).id;
		void navigate({
			to: ".",
			search: ({ period: _before, ...rest }) => ({ ...rest, ...(chosen === "day" ? {} : { period: chosen }) }),
			replace: true,
			resetScroll: false,
		});
	}
	const data = RANGES.map(({ id, label }) => ({ value: id, label }));
	return { range, choice: <SegmentedControl size="xs" aria-label="Period" data={data} value={range.id} onChange={choose} /> };
}

/** Requests with the key over time. */
export function KeyRequests({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const { range, choice } = usePeriod();
	const period = getPeriod(range, Date.now());
	const { data, error } = useQuery(keyUsageQuery(tenant_id, apiKey.id, period.from_ms));
	return (
		<RequestsChart
			title="Requests"
			aside={choice}
			low={apiKey.last_used_at === null}
			what={`Requests in ${range.words}`}
			rows={data?.data ?? null}
			period={period}
			instead={data === undefined && error !== null && <Problem error={error} />}
			empty={<Nothing apiKey={apiKey} words={range.words} />}
		/>
	);
}

function Nothing({ apiKey, words }: { apiKey: ApiKey; words: string }) {
	const profile = useProfile();
	const path = profile?.check_request.path.replaceAll("{tenant_id}", apiKey.tenant_id);
	return (
		<>
			<Text size="sm" fw={500}>
				No request in {words}
			</Text>
			{apiKey.status === "active" ? (
				<Text size="sm" c="dimmed" mt={4} maw={520}>
					Every request with this key is counted here within a second, let through or not. A first one that changes nothing is the connectivity check:
					{profile !== null && (
						<span className="kw-mono kw-wrap">
							{" "}
							{profile.check_request.method} {path}
						</span>
					)}
				</Text>
			) : (
				<Text size="sm" c="dimmed" mt={4}>
					Refused requests would be counted here too: nothing tries to use this key.
				</Text>
			)}
		</>
	);
}
