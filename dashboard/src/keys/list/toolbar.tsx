import { ActionIcon, Box, Button, Group, Kbd, Select, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconAdjustmentsHorizontal, IconSearch, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { Count } from "../../ui/page.tsx";
import { firstOrder, isFiltered, type ListFilters, SORTS, type Sort, STATUSES, type Status } from "../list-filters.ts";
import { ENVIRONMENT_WORDS, ENVIRONMENTS } from "../words.ts";
import { searchFrom } from "./search-text.ts";

const TYPED_MS = 250;
const TEXT_CHARACTERS_MAX = 200;
const SEARCHED_FROM = 8;
const SEARCH_WIDTH_PX = 224;
/**
 * Each as wide as its name. Together with the search, the clear button and the total they fill one row at 1,280 px: nothing wraps while a search is
 * typed.
 */
const WIDTHS_PX = { Environment: 124, Responsible: 120, Status: 96, Integration: 116 } as const;
const ARROW_WIDTH_PX = 24;
const STATUS_WORDS: Readonly<Record<Status, string>> = { active: "Active", paused: "Paused", expired: "Expired", revoked: "Revoked" };
const SORT_WORDS: Readonly<Record<Sort, string>> = {
	created: "Newest first",
	name: "Name",
	last_used: "Last used",
	expires: "Ends soonest",
	rotation_due: "To be replaced first",
	status: "Needs attention first",
};

interface ToolbarProps {
	readonly filters: ListFilters;
	readonly onFilters: (next: ListFilters) => void;
	readonly choices: { readonly integrations: readonly string[]; readonly owners: readonly string[] };
	/** How many keys match; undefined while that is not known. */
	readonly total: number | undefined;
	/** How many keys need a person; undefined while that is not known. */
	readonly attention: number | undefined;
	readonly narrow: boolean;
}

/** Omits filters that are not set, so that they are not in the address. */
function withFilter<K extends keyof ListFilters>(filters: ListFilters, name: K, value: ListFilters[K] | null): ListFilters {
	const rest = Object.fromEntries(Object.entries(filters).filter(([key]) => key !== name));
	return value === null ? rest : { ...rest, [name]: value };
}

function entries(names: readonly string[], chosen: string | undefined): { value: string; label: string }[] {
	return [...new Set([...(chosen === undefined ? [] : [chosen]), ...names])].map((value) => ({ value, label: value }));
}

/** "1 key", "500 keys"; keeps its place while the number is not known. */
function Total({ total }: { total: number | undefined }) {
	const words = total === undefined ? "" : `${total.toLocaleString("en")} ${total === 1 ? "key" : "keys"}`;
	return (
		<Text size="sm" fw={500} role="status" className="kw-figures" miw={72} ta="right" data-total>
			{words}
		</Text>
	);
}

/** Search, filters and the number of keys that match; on a phone the filters and the order are collapsed. */
export function ListToolbar({ filters, onFilters, choices, total, attention, narrow }: ToolbarProps) {
	const [opened, setOpened] = useState(false);
	const [text, setText] = useState(filters.search ?? "");
	const [before, setBefore] = useState(filters.search);
	if (filters.search !== before) {
		setBefore(filters.search);
		// After Back or Forward; not while it is typed, when the address follows the text.
		if (filters.search !== (searchFrom(text) ?? undefined)) setText(filters.search ?? "");
	}
	const search = useDebouncedCallback((typed: string) => onFilters(withFilter(filters, "search", searchFrom(typed))), TYPED_MS);
	function showAll(): void {
		setText("");
		onFilters(filters.sort === undefined ? {} : { sort: filters.sort, order: filters.order ?? "asc" });
	}
	return (
		<Group gap={8} role="search" aria-label="Keys" mih={36}>
			<TextInput
				data-search
				aria-label="Search by name, last four or key id"
				placeholder="Name, last four or key id"
				leftSection={<IconSearch size={16} aria-hidden="true" />}
				value={text}
				maxLength={TEXT_CHARACTERS_MAX}
				onChange={(event) => {
					setText(event.currentTarget.value);
					search(event.currentTarget.value);
				}}
				{...(narrow
					? { flex: "1 0 200px" }
					: { w: SEARCH_WIDTH_PX, rightSection: <Kbd size="xs">/</Kbd>, rightSectionProps: { "aria-hidden": true } })}
			/>
			{narrow && (
				<Button
					variant="default"
					leftSection={<IconAdjustmentsHorizontal size={16} aria-hidden="true" />}
					aria-expanded={opened}
					onClick={() => setOpened(!opened)}
				>
					Filters
				</Button>
			)}
			{(!narrow || opened) && <Filters filters={filters} onFilters={onFilters} choices={choices} />}
			{narrow && opened && <SortChoice filters={filters} onFilters={onFilters} />}
			<NeedsAttention filters={filters} onFilters={onFilters} found={attention} />
			{isFiltered(filters) && (
				<ActionIcon variant="default" size={36} aria-label="Show all keys" title="Show all keys" onClick={showAll}>
					<IconX size={16} aria-hidden="true" />
				</ActionIcon>
			)}
			<Group flex={1} justify="flex-end">
				<Total total={total} />
			</Group>
		</Group>
	);
}

/** Shows only what needs a person, with the number of it; keeps its place while that is not known. */
function NeedsAttention({ filters, onFilters, found }: FilterProps & { found: number | undefined }) {
	const on = filters.attention === true;
	return (
		<Button
			variant={on ? "light" : "default"}
			px={10}
			aria-pressed={on}
			leftSection={
				<Text span size="xs" c="var(--kw-attention)" aria-hidden="true">
					◐
				</Text>
			}
			rightSection={
				<Box component="span" miw={26} ta="right" style={{ visibility: found === undefined ? "hidden" : "visible" }}>
					<Count>{found ?? 0}</Count>
				</Box>
			}
			onClick={() => onFilters(withFilter(filters, "attention", on ? null : true))}
		>
			Needs attention
		</Button>
	);
}

type FilterProps = Pick<ToolbarProps, "filters" | "onFilters">;

function Filters({ filters, onFilters, choices }: FilterProps & Pick<ToolbarProps, "choices">) {
	return (
		<>
			<Choose
				label="Environment"
				data={ENVIRONMENTS.map((value) => ({ value, label: ENVIRONMENT_WORDS[value].name }))}
				value={filters.environment}
				onChosen={(environment) => onFilters(withFilter(filters, "environment", environment))}
			/>
			<Choose
				label="Responsible"
				data={entries(choices.owners, filters.owner)}
				value={filters.owner}
				onChosen={(owner) => onFilters(withFilter(filters, "owner", owner))}
			/>
			<Choose
				label="Status"
				data={STATUSES.map((value) => ({ value, label: STATUS_WORDS[value] }))}
				value={filters.status}
				onChosen={(status) => onFilters(withFilter(filters, "status", status))}
			/>
			<Choose
				label="Integration"
				data={entries(choices.integrations, filters.integration)}
				value={filters.integration}
				onChosen={(integration) => onFilters(withFilter(filters, "integration", integration))}
			/>
		</>
	);
}

/** The order, where no column heads can be clicked. */
function SortChoice({ filters, onFilters }: FilterProps) {
	const { sort: _sort, order: _order, ...rest } = filters;
	const orders = Object.entries(SORT_WORDS).map(([value, label]) => ({ value, label }));
	return (
		<Select
			aria-label="Sort by"
			data={orders}
			value={filters.sort ?? "created"}
			onChange={(value) => {
				const sort = sortFrom(value);
				onFilters(sort === "created" ? rest : { ...rest, sort, order: firstOrder(sort) });
			}}
			w="calc(50% - 4px)"
		/>
	);
}

function sortFrom(value: string | null): Sort {
	const found = Object.entries(SORT_WORDS).find(([sort]) => sort === value)?.[0];
	return SORTS.find((sort) => sort === found) ?? "created";
}

interface ChooseProps<T extends string> {
	readonly label: keyof typeof WIDTHS_PX;
	readonly data: { value: T; label: string }[];
	readonly value: T | undefined;
	readonly onChosen: (value: T | null) => void;
}

function Choose<T extends string>({ label, data, value, onChosen }: ChooseProps<T>) {
	return (
		<Select
			aria-label={label}
			placeholder={label}
			data={data}
			value={value ?? null}
			onChange={(chosen) => onChosen(data.find((entry) => entry.value === chosen)?.value ?? null)}
			clearable
			searchable={data.length > SEARCHED_FROM}
			clearButtonProps={{ "aria-label": `Any ${label.toLowerCase()}` }}
			w={{ base: "calc(50% - 4px)", sm: WIDTHS_PX[label] }}
			rightSectionWidth={ARROW_WIDTH_PX}
			styles={{ input: { paddingInline: `10px ${ARROW_WIDTH_PX}px` } }}
			comboboxProps={{ width: 220, position: "bottom-start" }}
		/>
	);
}
