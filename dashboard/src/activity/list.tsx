import { Box, Button, Group, Stack, Text, Title } from "@mantine/core";
import { RowsSkeleton } from "../ui/page-skeleton.tsx";
import { Problem } from "../ui/problem.tsx";
import { formatRequests } from "../usage/ranges.ts";
import type { RefusalRow, Rows } from "./rows.ts";
import type { ActivitySearch } from "./search.ts";
import { RefusalTable } from "./table.tsx";

const ROWS_WHILE_LOADING = 8;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ");
const count = new Intl.NumberFormat("en");

interface ListProps {
	readonly list: Rows;
	/** The period in words. */
	readonly words: string;
	readonly filtered: boolean;
	readonly sort: ActivitySearch["sort"];
	readonly open: string | undefined;
	readonly onOpen: (row: RefusalRow) => void;
	readonly onSort: (sort: ActivitySearch["sort"]) => void;
	readonly onAll: () => void;
}

/** The refusals of the period, in groups or one by one. */
export function RefusalList({ list, words, filtered, sort, open, onOpen, onSort, onAll }: ListProps) {
	const { rows, error } = list;
	if (rows === undefined)
		return error === null ? (
			<section className="kw-surface">
				<RowsSkeleton rows={ROWS_WHILE_LOADING} what="Loading the refusals" />
			</section>
		) : (
			<Stack gap={12} align="flex-start">
				<Problem error={error} />
				{filtered && (
					<Button variant="default" onClick={onAll}>
						Show all refusals
					</Button>
				)}
			</Stack>
		);
	if (rows.length === 0) return <Empty filtered={filtered} words={words} onAll={onAll} />;
	return (
		<section className="kw-surface" style={{ overflow: "hidden" }} aria-label="Refusals">
			<RefusalTable rows={rows} is_grouped={list.groups !== null} is_stale={list.is_stale} sort={sort} open={open} onOpen={onOpen} onSort={onSort} />
			<Group className="kw-foot" px={16} mih={44} py={8} gap="4px 12px" justify="space-between">
				<Text size="xs" c="dimmed" role="status" className="kw-figures" data-shown>
					{formatShown(list, rows.length)}
				</Text>
				{list.has_more && (
					<Button variant="default" size="compact-sm" loading={list.is_fetching} onClick={list.more}>
						Show more
					</Button>
				)}
				<Text size="xs" c="dimmed">
					Times in {zone}
				</Text>
			</Group>
		</section>
	);
}

/** "10 reasons and clients, 400 requests"; of single ones, how many of all are kept. */
function formatShown({ groups, requests, has_more }: Rows, shown: number): string {
	if (groups === null) return `${has_more ? "Latest " : ""}${count.format(shown)} of ${formatRequests(requests)} that were refused`;
	const rows = groups > shown ? `${count.format(shown)} of ${count.format(groups)} rows` : `${count.format(shown)} ${shown === 1 ? "row" : "rows"}`;
	return `${rows}, ${formatRequests(requests)} refused`;
}

function Empty({ filtered, words, onAll }: { filtered: boolean; words: string; onAll: () => void }) {
	return (
		<Box className="kw-surface" p="lg">
			<Title order={2}>{filtered ? "No refusal matches" : "Nothing was refused"}</Title>
			<Text size="sm" c="dimmed" mt={4} maw={560}>
				{filtered
					? `Nothing like this was refused in ${words}. Change a filter, or look at all refusals.`
					: `No request of a key was refused in ${words}. Each refusal is listed here, with the reason and what to do about it.`}
			</Text>
			{filtered && (
				<Button variant="default" mt={12} onClick={onAll}>
					Show all refusals
				</Button>
			)}
		</Box>
	);
}
