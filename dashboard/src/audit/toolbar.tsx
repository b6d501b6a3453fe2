import { ActionIcon, Group, Select, type SelectProps, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { actionChoices } from "./action-words.ts";
import type { ActorChoice, TargetChoice } from "./choices.ts";
import { getDay, startOfDay } from "./days.ts";
import { type AuditSearch, isFiltered, withSearch } from "./search.ts";

/** The value of no filter. Mantine's button for that is hidden from screen readers. */
const ANY = "";
const DAYS = "days";
const TIMES = [
	{ value: ANY, label: "Any time" },
	{ value: "day", label: "Last 24 hours" },
	{ value: "week", label: "Last 7 days" },
	{ value: "month", label: "Last 30 days" },
	{ value: DAYS, label: "Chosen days" },
];

interface ToolbarProps {
	readonly search: AuditSearch;
	readonly actors: readonly ActorChoice[];
	readonly targets: readonly TargetChoice[];
	readonly all_actions: boolean;
	/** Beside the filters, such as one more filter. */
	readonly more?: ReactNode;
	readonly aside: ReactNode;
	readonly onSearch: (next: AuditSearch) => void;
}

/** The filters, each in the address. A new filter closes the open entry. */
export function AuditToolbar({ search, actors, targets, all_actions, more, aside, onSearch }: ToolbarProps) {
	const has_days = search.from !== undefined || search.to !== undefined;
	const [choosing, setChoosing] = useState(false);
	const filter = (changes: Parameters<typeof withSearch>[1]) => onSearch(withSearch(search, { entry: undefined, ...changes }));
	const chosen = (value: string | null) => (value === null || value === ANY ? undefined : value);
	return (
		<Group className="kw-audit-filters" gap={8} role="search" aria-label="Entries">
			{more}
			<Choice
				label="Who"
				data={[{ group: "", items: [{ value: ANY, label: "Anyone" }] }, ...actors]}
				value={search.actor ?? null}
				onChange={(value) => filter({ actor: chosen(value) })}
			/>
			<Choice
				label="What"
				data={[{ group: "", items: [{ value: ANY, label: "Anything" }] }, ...getActions(all_actions, search.action)]}
				value={search.action ?? null}
				onChange={(value) => filter({ action: chosen(value) })}
			/>
			<Choice
				label="On which"
				data={[{ value: ANY, label: "Everything" }, ...targets]}
				value={search.target ?? null}
				onChange={(value) => filter({ target: chosen(value) })}
			/>
			<Choice
				label="Time"
				searchable={false}
				data={TIMES}
				value={has_days || choosing ? DAYS : (search.period ?? ANY)}
				onChange={(value) => {
					setChoosing(value === DAYS);
					const period = value === "day" || value === "week" || value === "month" ? value : undefined;
					if (value !== DAYS) filter({ from: undefined, to: undefined, period });
				}}
			/>
			{(has_days || choosing) && <Days search={search} onDays={filter} />}
			{isFiltered(search) && (
				<ActionIcon variant="default" size={36} aria-label="Show all entries" title="Show all entries" onClick={() => onSearch({})}>
					<IconX size={16} aria-hidden="true" />
				</ActionIcon>
			)}
			<Group className="kw-beside" flex={1} justify="flex-end">
				{aside}
			</Group>
		</Group>
	);
}

function Choice({ label, ...props }: SelectProps & { readonly label: string }) {
	return (
		<Select
			aria-label={label}
			placeholder={label}
			searchable
			nothingFoundMessage="Nothing found"
			comboboxProps={{ width: 280, position: "bottom-start" }}
			{...props}
		/>
	);
}

function getActions(all_actions: boolean, chosen: string | undefined): { group: string; items: { value: string; label: string }[] }[] {
	const groups = actionChoices(all_actions);
	const is_known = chosen === undefined || groups.some(({ items }) => items.some(({ value }) => value === chosen));
	return is_known ? groups : [...groups, { group: "From the address", items: [{ value: chosen, label: chosen }] }];
}

function Days({
	search,
	onDays,
}: {
	search: AuditSearch;
	onDays: (changes: { from?: string | undefined; to?: string | undefined; period: undefined }) => void;
}) {
	const change = (from: string, to: string) => onDays({ from: startOfDay(from) ?? undefined, to: startOfDay(to, 1) ?? undefined, period: undefined });
	const [from, to] = [getDay(search.from), getDay(search.to, true)];
	return (
		<>
			<TextInput
				type="date"
				aria-label="From this day"
				value={from}
				max={to === "" ? undefined : to}
				onChange={(event) => change(event.currentTarget.value, to)}
			/>
			<TextInput
				type="date"
				aria-label="To this day"
				value={to}
				min={from === "" ? undefined : from}
				onChange={(event) => change(from, event.currentTarget.value)}
			/>
		</>
	);
}
