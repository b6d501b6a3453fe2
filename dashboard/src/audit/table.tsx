import { UnstyledButton } from "@mantine/core";
import { useNow } from "../ui/time.tsx";
import { clockTime, exactTime } from "../ui/time-words.ts";
import { groupByDay } from "./days.ts";
import type { Entry } from "./queries.ts";
import { getDetail, type Sentence, sentenceText } from "./sentence.ts";
import { SentenceView } from "./sentence-view.tsx";

interface TableProps {
	readonly entries: readonly Entry[];
	readonly open: string | undefined;
	readonly is_stale: boolean;
	readonly tell: (entry: Entry) => Sentence;
	/** Whether entries of several tenants are listed, which then name theirs. */
	readonly has_tenants: boolean;
	readonly onOpen: (entry: Entry) => void;
}

/** The entries as sentences, grouped by days. */
export function AuditTable({ entries, is_stale, ...rows }: TableProps) {
	const now_ms = useNow();
	return (
		<table className="kw-audit-list kw-rows" aria-label="Entries" data-stale={is_stale || undefined}>
			<colgroup>
				<col className="kw-when" />
				<col />
				<col className="kw-detail" />
			</colgroup>
			{groupByDay(entries, now_ms).map((day) => (
				<tbody key={day.id}>
					<tr>
						<th colSpan={3} scope="rowgroup" className="kw-audit-day">
							{day.name}
						</th>
					</tr>
					{day.entries.map((entry) => (
						<Row key={entry.id} entry={entry} {...rows} />
					))}
				</tbody>
			))}
		</table>
	);
}

function Row({ entry, open, tell, has_tenants, onOpen }: { entry: Entry } & Omit<TableProps, "entries" | "is_stale">) {
	const sentence = tell(entry);
	const text = sentenceText(sentence);
	const detail = has_tenants && entry.tenant_id != null ? entry.tenant_id : getDetail(entry);
	const is_open = entry.id === open;
	return (
		<tr className="kw-audit-row" data-entry={entry.id} data-open={is_open || undefined}>
			<td className="kw-figures">
				<time dateTime={entry.at} title={exactTime(entry.at)}>
					{clockTime(Date.parse(entry.at)).slice(0, 5)}
				</time>
			</td>
			<td colSpan={detail === "" ? 2 : 1}>
				<UnstyledButton className="kw-audit-open" fz="inherit" c="inherit" title={text} aria-expanded={is_open} onClick={() => onOpen(entry)}>
					<SentenceView sentence={sentence} />
				</UnstyledButton>
			</td>
			{detail !== "" && (
				<td className="kw-audit-detail" title={detail}>
					<bdi>{detail}</bdi>
				</td>
			)}
		</tr>
	);
}
