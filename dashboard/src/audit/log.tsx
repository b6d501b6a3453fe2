import "./audit.css";
import { Box, Button, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useProfile } from "../access/session.ts";
import { Problem } from "../ui/problem.tsx";
import { actorChoices, type Item, targetChoices } from "./choices.ts";
import { ExportMenu } from "./export-menu.tsx";
import { LogState } from "./log-state.tsx";
import { EntryPanel } from "./panel.tsx";
import { type Entry, entriesQuery, exportPath, type Scope } from "./queries.ts";
import { type AuditSearch, isFiltered, linkTo, withSearch } from "./search.ts";
import { useSentences } from "./sentence-view.tsx";
import { AuditTable } from "./table.tsx";
import { AuditToolbar } from "./toolbar.tsx";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ");
const ROWS_WHILE_LOADING = ["one", "two", "three", "four", "five", "six", "seven", "eight"];

interface LogProps {
	readonly scope: Scope;
	readonly is_operator: boolean;
	readonly lead: string;
	readonly search: AuditSearch;
	/** People to filter by, besides those in the entries. */
	readonly people: readonly Item[];
	/** The filter by tenant. */
	readonly more?: React.ReactNode;
	readonly empty: string;
	/** One more sentence at the foot of the list. */
	readonly foot?: React.ReactNode;
	readonly onSearch: (next: AuditSearch) => void;
	/** The address of a state of the page. */
	readonly hrefOf: (search: AuditSearch) => string;
}

/** The audit log with its filters, and the open entry beside it. */
export function AuditLog({ scope, is_operator, lead, search, people, more, empty, foot, onSearch, hrefOf }: LogProps) {
	const { data, error, isPlaceholderData, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(entriesQuery(scope, search));
	const entries = useMemo(() => data?.pages.flatMap((page) => page.data), [data]);
	const tell = useSentences(scope, is_operator);
	const product = useProfile()?.product_name ?? "Keywright";
	// An earlier entry may be opened from the panel before the list has come to it.
	const [beside, setBeside] = useState<Entry | null>(null);
	const open = entries?.find(({ id }) => id === search.entry) ?? (beside !== null && beside.id === search.entry ? beside : undefined);
	function show(entry: Entry): void {
		setBeside(entry);
		onSearch(withSearch(search, { entry: entry.id }));
	}
	return (
		<Box className="kw-with-panel" data-panel={open !== undefined}>
			<Stack className="kw-page" gap="sm">
				<Group justify="space-between" align="flex-start" wrap="nowrap">
					<Box>
						<Title order={1}>Audit</Title>
						<Text c="dimmed">{lead}</Text>
					</Box>
					<ExportMenu path={() => exportPath(scope, search)} filtered={isFiltered(search)} />
				</Group>
				<AuditToolbar
					search={search}
					actors={actorChoices(entries ?? [], people, product, search)}
					targets={targetChoices(entries ?? [], search)}
					all_actions={scope === "all"}
					more={more}
					aside={<Shown count={entries?.length} hasMore={hasNextPage} />}
					onSearch={onSearch}
				/>
				<Problem error={error} />
				{entries === undefined && error === null && <Loading />}
				{entries?.length === 0 && <Empty filtered={isFiltered(search)} text={empty} onAll={() => onSearch({})} />}
				{entries !== undefined && entries.length > 0 && (
					<section className="kw-surface" style={{ overflow: "hidden" }} aria-label="Entries">
						<AuditTable
							entries={entries}
							open={open?.id}
							is_stale={isPlaceholderData}
							tell={tell}
							has_tenants={scope === "all" && search.of === undefined}
							onOpen={show}
						/>
						<Box className="kw-foot" px={16} py={10}>
							<LogState scope={scope} of={search.of ?? null} />
						</Box>
						<Group className="kw-foot" px={16} py={10} gap={12} justify="space-between">
							{hasNextPage ? (
								<Button variant="default" size="xs" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
									Show earlier entries
								</Button>
							) : (
								<Text size="sm" c="dimmed">
									{isFiltered(search) ? "No earlier entry matches." : "These are all entries."}
								</Text>
							)}
							<Text size="sm" c="dimmed">
								Times in {zone}. {foot}
							</Text>
						</Group>
					</section>
				)}
			</Stack>
			{open !== undefined && (
				<EntryPanel
					key={open.id}
					scope={scope}
					entry={open}
					tell={tell}
					link={hrefOf(linkTo(open, search))}
					onOpen={show}
					onAbout={({ target }) => onSearch(withSearch({}, { of: search.of, target: target.id }))}
					onClose={() => onSearch(withSearch(search, { entry: undefined }))}
				/>
			)}
		</Box>
	);
}

function Shown({ count, hasMore }: { count: number | undefined; hasMore: boolean }) {
	const words = count === undefined ? "" : `${hasMore ? "Latest " : ""}${count.toLocaleString("en")} ${count === 1 ? "entry" : "entries"}`;
	return (
		<Text size="sm" c="dimmed" role="status" className="kw-figures" style={{ whiteSpace: "nowrap" }}>
			{words}
		</Text>
	);
}

function Loading() {
	return (
		<Box className="kw-surface" p={16} role="status" aria-busy="true" aria-label="Loading the entries">
			{ROWS_WHILE_LOADING.map((row) => (
				<Skeleton key={row} height={20} mb={20} />
			))}
		</Box>
	);
}

function Empty({ filtered, text, onAll }: { filtered: boolean; text: string; onAll: () => void }) {
	return (
		<Stack className="kw-surface" p="xl" align="flex-start" gap="xs">
			<Title order={2}>{filtered ? "No entry matches" : "Nothing has happened yet"}</Title>
			<Text c="dimmed" maw={560}>
				{filtered ? "Nothing like this happened, or it happened at another time. Change a filter, or look at all entries." : text}
			</Text>
			{filtered && (
				<Button variant="default" mt="xs" onClick={onAll}>
					Show all entries
				</Button>
			)}
		</Stack>
	);
}
