import { Box, Button, Group, Stack, Table, Text } from "@mantine/core";
import { queryOptions, useSuspenseInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { answered, api } from "../../http/api.ts";
import { cacheRoots } from "../../http/cache-roots.ts";
import type { paths } from "../../http/openapi.gen.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Card, Page, Section } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { MEANINGS, type Meaning } from "../../ui/theme.ts";
import { Time } from "../../ui/time.tsx";

const REPORTS = "/api/v1/operator/leak-reports";
const PROGRAMME = "/api/v1/operator/leak-programme";
type Report = paths[typeof REPORTS]["get"]["responses"][200]["content"]["application/json"]["data"][number];
type Programme = paths[typeof PROGRAMME]["get"]["responses"][200]["content"]["application/json"];

const programmeQuery = queryOptions({ queryKey: [...cacheRoots.operator.leaks, "programme"], queryFn: () => answered(api.GET(PROGRAMME)) });

const OUTCOMES: Readonly<Record<Report["outcome"], { meaning: Meaning; word: string }>> = {
	revoked: { meaning: "ended", word: "Revoked" },
	rotated: { meaning: "attention", word: "Replaced, the old key ends within a day" },
	shortened: { meaning: "attention", word: "Was being replaced, the old key ends within a day" },
	none: { meaning: "resting", word: "Had ended already" },
};
/** Cells of a list are one line each otherwise. */
const WRAPS = { whiteSpace: "normal" } as const;
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
	// The page waits for the rows, which would move everything below them.
	const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useSuspenseInfiniteQuery({
		queryKey: [...cacheRoots.operator.leaks, "list"],
		queryFn: ({ pageParam }) => answered(api.GET(REPORTS, { params: { query: pageParam === null ? {} : { cursor: pageParam } } })),
		initialPageParam: null as string | null,
		getNextPageParam: (page) => page.next_cursor,
	});
	const reports = data.pages.flatMap((page) => page.data);
	return (
		<Card title="Reported keys" flush>
			<Problem error={error} />
			{reports.length === 0 ? (
				<Text size="sm" px={16} pb={16}>
					No key was reported yet.
				</Text>
			) : (
				<Table className="kw-list" data-inset verticalSpacing={6} horizontalSpacing="md" aria-label="Reported keys">
					<Table.Thead>
						<Table.Tr>
							<Table.Th>Key</Table.Th>
							<Table.Th w={150} visibleFrom="sm">
								Reported
							</Table.Th>
							<Table.Th visibleFrom="sm">Found at</Table.Th>
							<Table.Th w={{ base: "44%", sm: 240 }}>What happened</Table.Th>
						</Table.Tr>
					</Table.Thead>
					<Table.Tbody>
						{reports.map((report) => (
							<ReportRow key={report.kid} report={report} />
						))}
					</Table.Tbody>
				</Table>
			)}
			{hasNextPage && (
				<Button variant="default" m={16} loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
					Show more
				</Button>
			)}
		</Card>
	);
}

function ReportRow({ report }: { report: Report }) {
	const { key, tenant, kid, last4, last_at, reports, reporter, urls, outcome } = report;
	const latest = urls.at(-1);
	const { meaning, word } = OUTCOMES[outcome];
	const when = (
		<>
			<Time value={last_at} /> by {REPORTERS[reporter]}
			{reports > 1 && `, ${reports} times`}
		</>
	);
	return (
		<Table.Tr data-report={kid}>
			<Table.Th scope="row" fw={400} style={WRAPS}>
				<Text fz={13} lh="18px" fw={600} className="kw-wrap">
					<bdi>{key.name}</bdi>
				</Text>
				<Text fz={12} lh="16px" c="dimmed" className="kw-wrap">
					<bdi>{tenant.name}</bdi> · {key.environment} · <span className="kw-mono">…{last4}</span>
				</Text>
				<Text fz={12} lh="16px" c="dimmed" hiddenFrom="sm">
					{when}
				</Text>
			</Table.Th>
			<Table.Td visibleFrom="sm" c="dimmed" style={WRAPS}>
				{when}
			</Table.Td>
			<Table.Td visibleFrom="sm" style={WRAPS}>
				<Text fz={12} lh="16px" className="kw-mono kw-wrap" lineClamp={3}>
					{latest === undefined ? "–" : <bdi>{latest}</bdi>}
				</Text>
				{urls.length > 1 && (
					<Text fz={12} lh="16px" c="dimmed">
						and {urls.length - 1} more {urls.length === 2 ? "place" : "places"}, on its page
					</Text>
				)}
			</Table.Td>
			<Table.Td style={WRAPS}>
				<Shape meaning={meaning} /> {word}
			</Table.Td>
		</Table.Tr>
	);
}

function Shape({ meaning }: { meaning: Meaning }) {
	return (
		<span className="kw-shape" data-meaning={meaning} aria-hidden="true">
			{MEANINGS[meaning].shape}
		</span>
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
					<Shape meaning={meaning} /> {SIGNATURES[code_host_keys]}
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
