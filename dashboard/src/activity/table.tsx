import { UnstyledButton } from "@mantine/core";
import type { KeyboardEvent } from "react";
import { useNow } from "../ui/time.tsx";
import { exactTime } from "../ui/time-words.ts";
import type { RefusalRow } from "./rows.ts";
import type { ActivitySearch } from "./search.ts";
import { lastTime, shortOperation, shortZone } from "./words.ts";

const count = new Intl.NumberFormat("en");
const ROW = "[data-refusal] button";

interface TableProps {
	readonly rows: readonly RefusalRow[];
	readonly is_grouped: boolean;
	readonly is_stale: boolean;
	readonly sort: ActivitySearch["sort"];
	/** The id of the row that is explained. */
	readonly open: string | undefined;
	readonly onOpen: (row: RefusalRow) => void;
	readonly onSort: (sort: ActivitySearch["sort"]) => void;
}

/** The row to which a key leads from the focused one. */
function nextIndex(key: string, index: number, rows: number): number | null {
	if (key === "ArrowDown") return Math.min(index + 1, rows - 1);
	if (key === "ArrowUp") return Math.max(index - 1, 0);
	if (key === "Home") return 0;
	return key === "End" ? rows - 1 : null;
}

/** Refusals in rows of one height. Arrows move the focus from row to row, and what is explained with it. */
export function RefusalTable({ rows, is_grouped, is_stale, sort, open, onOpen, onSort }: TableProps) {
	const now_ms = useNow();
	function onKeyDown(event: KeyboardEvent<HTMLTableSectionElement>): void {
		if (event.altKey || event.ctrlKey || event.metaKey) return;
		const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>(ROW)];
		const focused = buttons.findIndex((button) => button.matches(":focus"));
		const next = focused === -1 ? null : nextIndex(event.key, focused, buttons.length);
		const button = next === null ? undefined : buttons[next];
		if (button === undefined) return;
		event.preventDefault();
		button.focus();
		const id = button.closest<HTMLElement>("[data-refusal]")?.dataset.refusal;
		const row = rows.find((candidate) => candidate.id === id);
		if (row !== undefined && open !== undefined && row.id !== open) onOpen(row);
	}
	return (
		<table className="kw-refusals kw-rows" aria-label="Refusals" data-stale={is_stale || undefined}>
			<thead>
				<tr>
					<th>Why it was refused</th>
					<th className="kw-refusals-who">Key and client</th>
					{is_grouped && (
						<th className="kw-refusals-times" aria-sort={sort === undefined ? "descending" : "none"}>
							<SortHead label="Times" is_sorted={sort === undefined} onSort={() => onSort(undefined)} />
						</th>
					)}
					<th className="kw-refusals-last" {...(is_grouped ? { "aria-sort": sort === "last" ? "descending" : "none" } : {})}>
						{is_grouped ? (
							<SortHead label={`Last, ${shortZone(now_ms)}`} is_sorted={sort === "last"} onSort={() => onSort("last")} />
						) : (
							`At, ${shortZone(now_ms)}`
						)}
					</th>
				</tr>
			</thead>
			<tbody onKeyDown={onKeyDown}>
				{rows.map((row) => (
					<Row key={row.id} row={row} is_open={row.id === open} is_grouped={is_grouped} now_ms={now_ms} onOpen={onOpen} />
				))}
			</tbody>
		</table>
	);
}

function SortHead({ label, is_sorted, onSort }: { label: string; is_sorted: boolean; onSort: () => void }) {
	return (
		<UnstyledButton fz="inherit" fw={is_sorted ? 600 : "inherit"} c={is_sorted ? "var(--mantine-color-text)" : "inherit"} onClick={onSort}>
			{label}
			{is_sorted && <span aria-hidden="true"> ↓</span>}
		</UnstyledButton>
	);
}

interface RowProps {
	readonly row: RefusalRow;
	readonly is_open: boolean;
	readonly is_grouped: boolean;
	readonly now_ms: number;
	readonly onOpen: (row: RefusalRow) => void;
}

function Row({ row, is_open, is_grouped, now_ms, onOpen }: RowProps) {
	const { id, request_id, title, status, operation, key_name, client, requests, at } = row;
	const call = `${status} ${operation === null ? "several operations" : shortOperation(operation)}`;
	const key = key_name ?? "no key proven";
	return (
		<tr className="kw-refusal" data-refusal={id} data-open={is_open || undefined}>
			<td>
				{request_id === null ? (
					<b title="No single one of these is kept any more">{title}</b>
				) : (
					<UnstyledButton className="kw-refusal-open" fz="inherit" c="inherit" aria-expanded={is_open} title={title} onClick={() => onOpen(row)}>
						<bdi>{title}</bdi>
					</UnstyledButton>
				)}
				<small className="kw-mono kw-refusals-wide" title={operation ?? call}>
					<bdi>{call}</bdi>
				</small>
				<small className="kw-refusals-narrow" aria-hidden="true">
					<bdi>{key}</bdi> · <bdi>{client}</bdi>
				</small>
			</td>
			<td className="kw-refusals-who">
				<span title={key} data-proven={key_name !== null}>
					<bdi>{key}</bdi>
				</span>
				<small title={client}>
					<bdi>{client}</bdi>
				</small>
			</td>
			{is_grouped && <td className="kw-refusals-times">{count.format(requests ?? 0)}</td>}
			<td className="kw-refusals-last">
				<time dateTime={at} title={exactTime(at)}>
					{lastTime(at, now_ms)}
				</time>
			</td>
		</tr>
	);
}
