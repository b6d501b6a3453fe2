import "./long-list.css";
import { Box, Button, Group, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type ReactNode, useId, useState } from "react";

/** More entries than these are shown as their number. */
const SHOWN_MAX = 4;
const NAMED_MAX = 3;

export interface LongListEntry {
	readonly id: string;
	/** What is searched for; in the line that names the first ones. */
	readonly text: string;
	readonly shown: ReactNode;
}

interface LongListProps {
	/** What the entries are, in the plural, such as "sites". */
	readonly what: string;
	/** How many there are, such as "12 of 60 sites". */
	readonly summary: string;
	readonly entries: readonly LongListEntry[];
}

/** A few entries as they are; many as their number, with a list on request that can be searched. */
export function LongList({ what, summary, entries }: LongListProps) {
	const [opened, setOpened] = useState(false);
	const list_id = useId();
	if (entries.length <= SHOWN_MAX)
		return (
			<>
				{entries.map(({ id, shown }) => (
					<Box key={id}>{shown}</Box>
				))}
			</>
		);
	const first = entries.slice(0, NAMED_MAX).map(({ text }) => text);
	return (
		<>
			<Group gap={8} wrap="nowrap" justify="space-between">
				<span>{summary}</span>
				<Button
					variant="default"
					size="compact-xs"
					flex="none"
					aria-expanded={opened}
					aria-controls={list_id}
					aria-label={opened ? `Hide the ${what}` : `Show the ${what}`}
					onClick={() => setOpened(!opened)}
				>
					{opened ? "Hide" : "Show"}
				</Button>
			</Group>
			<div id={list_id}>
				{opened ? (
					<SearchedList what={what} entries={entries} />
				) : (
					<Text size="xs" c="dimmed" truncate>
						{first.join(", ")} …
					</Text>
				)}
			</div>
		</>
	);
}

/** Entries in a bounded height, below a search. */
export function SearchedList({ what, entries }: Pick<LongListProps, "what" | "entries">) {
	const [find, setFind] = useState("");
	const wanted = find.trim().toLowerCase();
	const found = entries.filter(({ text }) => text.toLowerCase().includes(wanted));
	return (
		<>
			<TextInput
				size="xs"
				my={4}
				aria-label={`Search the ${what}`}
				placeholder={`Search ${entries.length} ${what}`}
				leftSection={<IconSearch size={14} aria-hidden="true" />}
				value={find}
				onChange={(event) => setFind(event.currentTarget.value)}
			/>
			<BoundedList label={what} entries={found} />
			<Text size="xs" c="dimmed" role="status">
				{wanted !== "" && `${found.length} of ${entries.length} match`}
			</Text>
		</>
	);
}

/** Entries in a bounded height, which the keyboard can scroll. */
function BoundedList({ label, entries }: { label: string; entries: readonly LongListEntry[] }) {
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it
		<ul className="kw-long-list" aria-label={label} tabIndex={0}>
			{entries.map(({ id, shown }) => (
				<li key={id}>{shown}</li>
			))}
		</ul>
	);
}
