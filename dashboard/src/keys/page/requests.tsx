import { SegmentedControl, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useProfile } from "../../access/session.ts";
import { Section } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { keyUsageQuery } from "../../usage/queries.ts";
import { getPeriod, getRange, RANGES } from "../../usage/ranges.ts";
import { Refusals } from "../../usage/refusals.tsx";
import { RequestsChart } from "../../usage/requests-chart.tsx";
import type { ApiKey } from "../queries.ts";

/** Requests with the key over time, and the reasons of refusals. */
export function KeyRequests({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const [chosen, setChosen] = useState<string>("day");
	const range = getRange(chosen);
	const period = getPeriod(range, Date.now());
	const { data, error } = useQuery(keyUsageQuery(tenant_id, apiKey.id, period.from_ms));
	return (
		<Section
			title="Requests"
			aside={
				<SegmentedControl
					size="xs"
					aria-label="Period"
					data={RANGES.map(({ id, label }) => ({ value: id, label }))}
					value={chosen}
					onChange={setChosen}
				/>
			}
		>
			{data === undefined && error !== null ? (
				<Problem error={error} />
			) : (
				<>
					<RequestsChart
						what={`Requests in ${range.words}`}
						rows={data?.data ?? null}
						period={period}
						empty={<Nothing apiKey={apiKey} words={range.words} />}
					/>
					<Refusals rows={data?.data ?? []} />
				</>
			)}
		</Section>
	);
}

function Nothing({ apiKey, words }: { apiKey: ApiKey; words: string }) {
	const profile = useProfile();
	const path = profile?.check_request.path.replaceAll("{tenant_id}", apiKey.tenant_id);
	return (
		<>
			<Text fw={500}>No request in {words}</Text>
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
