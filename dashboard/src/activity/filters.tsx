import { Box, SegmentedControl, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keyQuery } from "../keys/queries.ts";
import { choicesQuery, type FailureGroup } from "./queries.ts";
import { type ActivitySearch, isFiltered } from "./search.ts";
import { clientChoice, codeTitle } from "./words.ts";

/** The value of no filter. Mantine's button for that is hidden from screen readers. */
const ANY = "";
/** In place of a key: refusals that no right secret came with. No id has a space. */
const NOT_PROVEN: Item = { value: "not proven", label: "No key proven" };

interface Item {
	readonly value: string;
	readonly label: string;
}

interface FiltersProps {
	readonly tenant_id: string;
	readonly search: ActivitySearch;
	readonly from_ms: number;
	readonly onFilter: (changes: { readonly [Name in keyof ActivitySearch]?: ActivitySearch[Name] | undefined }) => void;
}

/** Each value once, by its label; two of the same label have their ids behind it. */
function unique(items: readonly Item[], chosen: Item | null): Item[] {
	const byValue = new Map((chosen === null ? items : [chosen, ...items]).map((item) => [item.value, item]));
	const sorted = [...byValue.values()].sort((a, b) => a.label.localeCompare(b.label) || a.value.localeCompare(b.value));
	const labels = sorted.map(({ label }) => label);
	return sorted.map((item) =>
		labels.filter((label) => label === item.label).length === 1 ? item : { ...item, label: `${item.label} (${item.value})` },
	);
}

/** The clients; of unproven refusals, the networks. */
function clientItems(groups: readonly FailureGroup[], is_proven: boolean): Item[] {
	return groups.filter(({ proven }) => proven === is_proven).map(({ source, proven }) => ({ value: source.id, label: clientChoice(source, proven) }));
}

/** The filters, each in the address, and whether groups or single refusals are listed. */
export function ActivityFilters({ tenant_id, search, from_ms, onFilter }: FiltersProps) {
	const [wanted, setWanted] = useState(false);
	const { data: groups = [] } = useQuery({ ...choicesQuery(tenant_id, from_ms), enabled: wanted || isFiltered(search) });
	const { code, key, client, proven } = search;
	const keys = groups.flatMap((group) => (group.key === null ? [] : [{ value: group.key.id, label: group.key.name }]));
	const { data: chosen } = useQuery({ ...keyQuery(tenant_id, key ?? ""), enabled: key !== undefined, refetchInterval: false });
	const clients = clientItems(groups, proven === undefined);
	const known = clients.find(({ value }) => value === client);
	const props = { onOpen: () => setWanted(true) };
	return (
		<Box className="kw-activity-filters" role="search" aria-label="Refusals">
			<Choice
				label="Reason"
				any="Any reason"
				data={unique(
					groups.map((group) => ({ value: group.code, label: codeTitle(group.code) })),
					code === undefined ? null : { value: code, label: codeTitle(code) },
				)}
				value={code}
				onChange={(value) => onFilter({ code: value })}
				{...props}
			/>
			<Choice
				label="Key"
				any="Any key"
				data={[NOT_PROVEN, ...unique(keys, key === undefined ? null : { value: key, label: chosen?.name ?? key })]}
				value={proven === undefined ? key : NOT_PROVEN.value}
				onChange={(value) => onFilter(value === NOT_PROVEN.value ? { key: undefined, proven: "false" } : { key: value, proven: undefined })}
				{...props}
			/>
			<Choice
				label="Client"
				any="Any client"
				data={unique(clients, client === undefined ? null : (known ?? { value: client, label: client }))}
				value={client}
				onChange={(value) => onFilter({ client: value })}
				{...props}
			/>
			<SegmentedControl
				size="xs"
				ml="auto"
				aria-label="Listed"
				data={[
					{ value: "groups", label: "Grouped" },
					{ value: "each", label: "Each" },
				]}
				value={search.show ?? "groups"}
				onChange={(value) => onFilter({ show: value === "each" ? "each" : undefined })}
			/>
		</Box>
	);
}

interface ChoiceProps {
	readonly label: string;
	readonly any: string;
	readonly data: readonly Item[];
	readonly value: string | undefined;
	readonly onChange: (value: string | undefined) => void;
	readonly onOpen: () => void;
}

function Choice({ label, any, data, value, onChange, onOpen }: ChoiceProps) {
	return (
		<Select
			aria-label={label}
			placeholder={label}
			searchable
			nothingFoundMessage="Nothing found"
			comboboxProps={{ width: 280, position: "bottom-start" }}
			data={[{ value: ANY, label: any }, ...data]}
			value={value ?? null}
			data-chosen={value !== undefined || undefined}
			onChange={(chosen) => onChange(chosen === null || chosen === ANY ? undefined : chosen)}
			onDropdownOpen={onOpen}
		/>
	);
}
