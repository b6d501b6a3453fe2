import { Box, Group, SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import type { ApiKey, Source } from "../queries.ts";
import { type ClientView, isShown, SHOWN, type Shown } from "./found.ts";

const TYPED_MS = 150;
const TEXT_CHARACTERS_MAX = 200;
const ALL = "all";
const NAMES: Readonly<Record<Shown, string>> = { ambiguous: "Not distinguished", old: "Old key", unnamed: "Not named" };

interface ToolsProps {
	readonly view: ClientView;
	readonly onView: (next: Partial<ClientView>) => void;
	readonly sources: readonly Source[];
	readonly apiKey: ApiKey;
}

/** Search, and the parts of the list with their counts; a part without a client is left out. */
export function ClientTools({ view, onView, sources, apiKey }: ToolsProps) {
	const [text, setText] = useState(view.find);
	const [from, setFrom] = useState(view.find);
	if (view.find !== from) {
		setFrom(view.find);
		if (view.find !== text.trim()) setText(view.find);
	}
	const search = useDebouncedCallback((find: string) => onView({ find }), TYPED_MS);
	const counted = SHOWN.map((shown) => ({ shown, found: sources.filter((source) => isShown(source, shown, apiKey)).length }));
	const parts = counted.filter(({ shown, found }) => found > 0 || shown === view.show);
	const data = [
		{ value: ALL, label: `All ${sources.length}` },
		...parts.map(({ shown, found }) => ({ value: shown, label: `${NAMES[shown]} ${found}` })),
	];
	return (
		<Group gap={8} role="search" aria-label="Clients">
			<TextInput
				data-search
				aria-label="Search clients"
				placeholder="Name, program, network"
				leftSection={<IconSearch size={16} aria-hidden="true" />}
				w={{ base: "100%", sm: 300 }}
				maxLength={TEXT_CHARACTERS_MAX}
				value={text}
				onChange={(event) => {
					setText(event.currentTarget.value);
					search(event.currentTarget.value);
				}}
			/>
			{parts.length > 0 && (
				<Box className="kw-sideways">
					<SegmentedControl
						size="xs"
						aria-label="Clients shown"
						data={data}
						value={view.show ?? ALL}
						onChange={(value) => onView({ show: SHOWN.find((known) => known === value) ?? null })}
					/>
				</Box>
			)}
		</Group>
	);
}
