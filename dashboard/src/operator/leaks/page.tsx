import { Box, Button, Group, Stack, Table, Text } from "@mantine/core";
import { queryOptions, useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { answered, api } from "../../http/api.ts";
import { cacheRoots } from "../../http/cache-roots.ts";
import type { paths } from "../../http/openapi.gen.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { MEANINGS } from "../../ui/theme.ts";
import { Time } from "../../ui/time.tsx";

const REPORTS = "/api/v1/operator/leak-reports";
const PROGRAMME = "/api/v1/operator/leak-programme";
type Report = paths[typeof REPORTS]["get"]["responses"][200]["content"]["application/json"]["data"][number];
type Programme = paths[typeof PROGRAMME]["get"]["responses"][200]["content"]["application/json"];

const programmeQuery = queryOptions({ queryKey: [...cacheRoots.operator.leaks, "programme"], queryFn: () => answered(api.GET(PROGRAMME)) });

const OUTCOMES: Readonly<Record<Report["outcome"], string>> = {
	revoked: "✕ Revoked",
	rotated: "◐ Replaced, the old key ends within a day",
	shortened: "◐ Was being replaced, the old key ends within a day",
	none: "○ Had ended already",
};
const REPORTERS: Readonly<Record<Report["reporter"], string>> = { anyone: "a finder", code_host: "a code host" };

/** Keys that were reported as found, and what a code host needs to search for them. */
export default function LeakReportsPage() {
	const { data: programme } = useSuspenseQuery(programmeQuery);
	return (
		<Page
			title="Leak reports"
			lead="Keys that others found and reported whole. Each tenant decides whether such a key is revoked at once or replaced."
		>
			<Reports />
			<Application programme={programme} />
		</Page>
	);
}

function Reports() {
	const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
		queryKey: [...cacheRoots.operator.leaks, "list"],
		queryFn: ({ pageParam }) => answered(api.GET(REPORTS, { params: { query: pageParam === null ? {} : { cursor: pageParam } } })),
		initialPageParam: null as string | null,
		getNextPageParam: (page) => page.next_cursor,
	});
	const reports = data?.pages.flatMap((page) => page.data) ?? [];
	return (
		<Section title="Reported keys">
			<Problem error={error} />
			{data !== undefined && reports.length === 0 && <Text size="sm">No key was reported yet.</Text>}
			{reports.length > 0 && (
				<Box className="kw-surface" style={{ overflowX: "auto" }} tabIndex={0} role="group" aria-label="Reported keys">
					<Table verticalSpacing="xs" horizontalSpacing="md" aria-label="Reported keys" miw={640}>
						<Table.Thead>
							<Table.Tr>
								<Table.Th>Key</Table.Th>
								<Table.Th>Reported</Table.Th>
								<Table.Th>Found at</Table.Th>
								<Table.Th>What happened</Table.Th>
							</Table.Tr>
						</Table.Thead>
						<Table.Tbody>
							{reports.map((report) => (
								<ReportRow key={report.kid} report={report} />
							))}
						</Table.Tbody>
					</Table>
				</Box>
			)}
			{hasNextPage && (
				<Button variant="default" mt={8} loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
					Show more
				</Button>
			)}
		</Section>
	);
}

function ReportRow({ report }: { report: Report }) {
	const { key, tenant, kid, last4, last_at, reports, reporter, urls, outcome } = report;
	const latest = urls.at(-1);
	return (
		<Table.Tr data-report={kid}>
			<Table.Th scope="row" fw={400} maw={260}>
				<Text size="sm" fw={600} className="kw-wrap">
					<bdi>{key.name}</bdi>
				</Text>
				<Text size="xs" c="dimmed" className="kw-wrap">
					<bdi>{tenant.name}</bdi> · {key.environment} · <span className="kw-mono">…{last4}</span>
				</Text>
			</Table.Th>
			<Table.Td>
				<Text size="sm">
					<Time value={last_at} />
				</Text>
				<Text size="xs" c="dimmed">
					by {REPORTERS[reporter]}
					{reports > 1 && `, ${reports} times`}
				</Text>
			</Table.Td>
			<Table.Td maw={280}>
				<Text size="sm" className="kw-mono kw-wrap" lineClamp={3}>
					{latest === undefined ? "—" : <bdi>{latest}</bdi>}
				</Text>
				{urls.length > 1 && (
					<Text size="xs" c="dimmed">
						and {urls.length - 1} more {urls.length === 2 ? "place" : "places"}, on its page
					</Text>
				)}
			</Table.Td>
			<Table.Td>
				<Text size="sm">{OUTCOMES[outcome]}</Text>
			</Table.Td>
		</Table.Tr>
	);
}

const SIGNATURES: Readonly<Record<Programme["code_host_keys"], string>> = {
	none: "Its reports are refused, because this server knows no public key of it. Set KEYWRIGHT_CODE_HOST_KEYS to where it publishes them.",
	configured: "Its reports are checked with the public keys in KEYWRIGHT_CODE_HOST_KEYS.",
	fetched: "Its reports are checked with the public keys at the address in KEYWRIGHT_CODE_HOST_KEYS.",
};

function Application({ programme }: { programme: Programme }) {
	const { expression, report_url, status_url, samples, code_host_keys } = programme;
	const meaning = code_host_keys === "none" ? "attention" : "good";
	const text = `Expression: ${expression}\nReports: ${report_url}\nValidity: ${status_url} (header X-API-Key)\nSamples:\n${samples.join("\n")}\n`;
	return (
		<Section title="Application to a code host">
			<Text size="sm" c="dimmed" mb={12} maw={720}>
				A code host that searches for secrets finds the keys of this instance in what its users publish, and reports them here by itself. Its
				programme asks for this. The samples match and are no keys: their checksum is wrong.
			</Text>
			<Stack gap={12}>
				<Entry name="Expression" value={expression} />
				<Entry name="Reports to" value={report_url} />
				<Entry name="Whether a key works" value={status_url} />
				<Entry name="Samples" value={samples.join("\n")} />
				<Text size="sm" maw={720} className="kw-wrap">
					<span className="kw-shape" data-meaning={meaning} aria-hidden="true">
						{MEANINGS[meaning].shape}
					</span>{" "}
					{SIGNATURES[code_host_keys]}
				</Text>
				<Group>
					<CopyButton value={text} word="Copy all of it" what="the application" />
				</Group>
			</Stack>
		</Section>
	);
}

function Entry({ name, value }: { name: string; value: string }) {
	return (
		<Group gap="4px 12px" align="start" wrap="nowrap">
			<Box flex={1} miw={0}>
				<Text size="xs" c="dimmed">
					{name}
				</Text>
				<Text size="sm" className="kw-mono kw-wrap" style={{ whiteSpace: "pre-wrap" }}>
					{value}
				</Text>
			</Box>
			<CopyButton value={value} what={name.toLowerCase()} size="compact-sm" />
		</Group>
	);
}
