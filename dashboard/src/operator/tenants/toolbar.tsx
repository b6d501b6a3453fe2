import { Button, Group, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback, useHotkeys } from "@mantine/hooks";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { plansQuery } from "../plans/queries.ts";
import { type TenantsSearch, tenantsSearchFrom } from "./search.ts";

const TYPED_MS = 250;
const TEXT_CHARACTERS_MAX = 200;
const SEARCHED_FROM = 8;
/** The value of no filter. Mantine's button for that is hidden from screen readers. */
const EVERY_PLAN = { value: "", label: "Every plan" };
const EVERY_STATE = { value: "", label: "Every state" };
const STATES = [
	{ value: "active", label: "Active" },
	{ value: "suspended", label: "Suspended" },
];

interface ToolbarProps {
	readonly search: TenantsSearch;
	readonly onSearch: (next: TenantsSearch) => void;
	readonly onCreate: () => void;
}

/** Search, filters and the primary action. Each filter begins at the first page. */
export function TenantsToolbar({ search, onSearch, onCreate }: ToolbarProps) {
	const { data: plans } = useQuery(plansQuery);
	const field = useRef<HTMLInputElement>(null);
	const [text, setText] = useState(search.search ?? "");
	const filter = (name: "search" | "plan" | "status", value: string | null) =>
		onSearch(tenantsSearchFrom({ ...search, page: undefined, [name]: value === "" || value === null ? undefined : value }));
	const searchFor = useDebouncedCallback((typed: string) => filter("search", typed.trim()), TYPED_MS);
	// The address may lose the search by another action, such as "Show all tenants"; text that is being typed is never replaced.
	useEffect(() => {
		if (document.activeElement !== field.current) setText(search.search ?? "");
	}, [search.search]);
	useHotkeys([
		["/", () => field.current?.focus()],
		["c", onCreate],
	]);
	return (
		<Group gap={8} role="search" aria-label="Tenants">
			<TextInput
				ref={field}
				aria-label="Search by name or id"
				placeholder="Name or id"
				leftSection={<IconSearch size={16} aria-hidden="true" />}
				value={text}
				maxLength={TEXT_CHARACTERS_MAX}
				flex="1 1 150px"
				maw={320}
				onChange={(event) => {
					setText(event.currentTarget.value);
					searchFor(event.currentTarget.value);
				}}
			/>
			<Select
				aria-label="Plan"
				placeholder="Plan"
				data={[EVERY_PLAN, ...(plans ?? []).map(({ id, name }) => ({ value: id, label: name }))]}
				value={search.plan ?? null}
				onChange={(value) => filter("plan", value)}
				searchable={(plans?.length ?? 0) > SEARCHED_FROM}
				w={96}
			/>
			<Select
				aria-label="State"
				placeholder="State"
				data={[EVERY_STATE, ...STATES]}
				value={search.status ?? null}
				onChange={(value) => filter("status", value)}
				w={104}
			/>
			<Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={onCreate} px="sm">
				Create a tenant
			</Button>
		</Group>
	);
}
