import { Button, Group, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback, useMediaQuery } from "@mantine/hooks";
import { IconAdjustmentsHorizontal, IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { isFiltered, type ListFilters, STATUSES, type Status } from "../list-filters.ts";
import { ENVIRONMENT_WORDS, ENVIRONMENTS } from "../words.ts";

const TYPED_MS = 250;
const NAME_CHARACTERS_MAX = 200;
const NARROW = "(max-width: 48em)";
const SEARCHED_FROM = 8;
const STATUS_WORDS: Readonly<Record<Status, string>> = { active: "Active", paused: "Paused", expired: "Expired", revoked: "Revoked" };

interface ToolbarProps {
	readonly filters: ListFilters;
	readonly onFilters: (next: ListFilters) => void;
	readonly choices: { readonly integrations: readonly string[]; readonly owners: readonly string[] };
}

/** Omits filters that are not set, so that they are not in the address. */
function withFilter<K extends keyof ListFilters>(filters: ListFilters, name: K, value: ListFilters[K] | null): ListFilters {
	const rest = Object.fromEntries(Object.entries(filters).filter(([key]) => key !== name));
	return value === null ? rest : { ...rest, [name]: value };
}

function entries(names: readonly string[], chosen: string | undefined): { value: string; label: string }[] {
	return [...new Set([...(chosen === undefined ? [] : [chosen]), ...names])].map((value) => ({ value, label: value }));
}

/** Search and filters; on a phone the filters are collapsed. */
export function ListToolbar({ filters, onFilters, choices }: ToolbarProps) {
	const narrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
	const [unfolded, setUnfolded] = useState(false);
	const [text, setText] = useState(filters.search ?? "");
	const search = useDebouncedCallback(
		(typed: string) => onFilters(withFilter(filters, "search", typed.trim() === "" ? null : typed.trim())),
		TYPED_MS,
	);
	function showAll(): void {
		setText("");
		onFilters(filters.sort === undefined ? {} : { sort: filters.sort, order: filters.order ?? "asc" });
	}
	return (
		<Group gap={8} role="search" aria-label="Keys" flex={narrow ? 1 : undefined} miw={narrow ? "100%" : undefined}>
			<TextInput
				aria-label="Search by name"
				placeholder="Search by name"
				leftSection={<IconSearch size={16} aria-hidden="true" />}
				value={text}
				maxLength={NAME_CHARACTERS_MAX}
				w={narrow ? undefined : 200}
				flex={narrow ? 1 : undefined}
				onChange={(event) => {
					setText(event.currentTarget.value);
					search(event.currentTarget.value);
				}}
			/>
			{narrow && (
				<Button
					variant="default"
					leftSection={<IconAdjustmentsHorizontal size={16} aria-hidden="true" />}
					aria-expanded={unfolded}
					onClick={() => setUnfolded(!unfolded)}
				>
					Filters
				</Button>
			)}
			{(!narrow || unfolded) && <Filters filters={filters} onFilters={onFilters} choices={choices} />}
			{isFiltered(filters) && (
				<Button variant="subtle" onClick={showAll}>
					Show all keys
				</Button>
			)}
		</Group>
	);
}

function Filters({ filters, onFilters, choices }: ToolbarProps) {
	return (
		<>
			<Choose
				label="Environment"
				data={ENVIRONMENTS.map((value) => ({ value, label: ENVIRONMENT_WORDS[value].name }))}
				value={filters.environment}
				onChosen={(environment) => onFilters(withFilter(filters, "environment", environment))}
			/>
			<Choose
				label="Status"
				data={STATUSES.map((value) => ({ value, label: STATUS_WORDS[value] }))}
				value={filters.status}
				onChosen={(status) => onFilters(withFilter(filters, "status", status))}
			/>
			<Choose
				label="Responsible"
				data={entries(choices.owners, filters.owner)}
				value={filters.owner}
				onChosen={(owner) => onFilters(withFilter(filters, "owner", owner))}
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

interface ChooseProps<T extends string> {
	readonly label: string;
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
			w={{ base: "calc(50% - 4px)", sm: 144 }}
			comboboxProps={{ width: 220, position: "bottom-start" }}
		/>
	);
}
