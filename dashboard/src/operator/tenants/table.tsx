import { ActionIcon, Box, Button, Group, Skeleton, Table, Text, UnstyledButton } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import type { MouseEvent } from "react";
import { formatCount } from "../../plans/meter.ts";
import { MEANINGS, type Meaning } from "../../ui/theme.ts";
import { Time } from "../../ui/time.tsx";
import { PAGE_ROWS, type TenantRow } from "./queries.ts";
import { sortedBy, type TenantSort, type TenantsSearch } from "./search.ts";
import { getState, type TenantState } from "./state.ts";

const COLORS: Readonly<Record<Meaning, string>> = {
	good: "var(--kw-good)",
	attention: "var(--kw-attention)",
	ended: "var(--kw-ended)",
	resting: "var(--mantine-color-dimmed)",
	coming: "var(--mantine-color-dimmed)",
	last: "var(--kw-ended)",
};

interface TableProps {
	/** Undefined while the first page loads. */
	readonly data: { readonly data: readonly TenantRow[]; readonly total: number } | undefined;
	readonly search: TenantsSearch;
	readonly onSearch: (next: TenantsSearch) => void;
	/** Whether the rows are those of the previous query. */
	readonly is_stale: boolean;
}

const PLACEHOLDERS = Array.from({ length: 13 }, (_row, index) => index);

/** One page of tenants. On a phone the name and the day's requests remain. */
export function TenantsTable({ data, search, onSearch, is_stale }: TableProps) {
	const heads = { search, onSearch };
	return (
		<Box className="kw-surface" aria-busy={data === undefined || is_stale}>
			<Table highlightOnHover horizontalSpacing="md" verticalSpacing={0} fz={13} aria-label="Tenants">
				<colgroup>
					<col />
					<col className="kw-wide" style={{ width: 116 }} />
					<col style={{ width: 140 }} />
					<col className="kw-wide" style={{ width: 68 }} />
					<col className="kw-wide" style={{ width: 100 }} />
					<col className="kw-wide kw-beside" style={{ width: 96 }} />
					<col className="kw-wide kw-beside" style={{ width: 140 }} />
				</colgroup>
				<Table.Thead>
					<Table.Tr>
						<Head label="Tenant" sort="name" {...heads} />
						<Table.Th className="kw-wide">Plan</Table.Th>
						<Table.Th>State</Table.Th>
						<Head label="Keys" sort="keys" right {...heads} />
						<Head label="24 hours" sort="requests_24h" right {...heads} />
						<Table.Th className="kw-wide kw-beside" ta="right">
							Refused
						</Table.Th>
						<Head label="Since" sort="created_at" beside {...heads} />
					</Table.Tr>
				</Table.Thead>
				<Table.Tbody>
					{data === undefined && PLACEHOLDERS.map((index) => <PlaceholderRow key={index} />)}
					{data?.data.map((tenant) => (
						<Row key={tenant.id} tenant={tenant} is_open={tenant.id === search.open} onOpen={() => onSearch({ ...search, open: tenant.id })} />
					))}
				</Table.Tbody>
			</Table>
			{data?.total === 0 && (
				<Group p="lg" gap="sm">
					<Text fw={500}>No tenant fits</Text>
					<Button variant="default" size="xs" onClick={() => onSearch({})}>
						Show all tenants
					</Button>
				</Group>
			)}
			{data !== undefined && <Foot total={data.total} search={search} onSearch={onSearch} />}
		</Box>
	);
}

function PlaceholderRow() {
	return (
		<Table.Tr>
			<Table.Td>
				<Skeleton height={12} width="60%" />
			</Table.Td>
			<Table.Td colSpan={6}>
				<Skeleton height={12} />
			</Table.Td>
		</Table.Tr>
	);
}

function Row({ tenant, is_open, onOpen }: { tenant: TenantRow; is_open: boolean; onOpen: () => void }) {
	const { id, name, plan, keys, requests_24h, created_at } = tenant;
	const { allowed, refused } = requests_24h;
	function open(event: MouseEvent): void {
		if (event.target instanceof Element && event.target.closest("a, button") === null && getSelection()?.isCollapsed !== false) onOpen();
	}
	return (
		<Table.Tr data-tenant={id} data-selected={is_open} onClick={open} style={{ cursor: "pointer" }}>
			<Table.Th scope="row" fw={400}>
				<UnstyledButton
					className="kw-tenant-link"
					fz="inherit"
					fw={600}
					w="100%"
					lh="18px"
					title={name}
					dir="auto"
					aria-expanded={is_open}
					onClick={onOpen}
				>
					{name}
				</UnstyledButton>
				<Text className="kw-mono" fz={12} lh="16px" c="dimmed" truncate title={id}>
					{id}
				</Text>
			</Table.Th>
			<Table.Td className="kw-wide" title={plan.name}>
				<bdi>{plan.name}</bdi>
			</Table.Td>
			<Table.Td>
				<TenantStateText state={getState(tenant)} />
			</Table.Td>
			<Table.Td className="kw-wide kw-figures" ta="right">
				{formatCount(keys)}
			</Table.Td>
			<Table.Td className="kw-wide kw-figures" ta="right">
				{formatCount(allowed + refused)}
			</Table.Td>
			<Table.Td className="kw-wide kw-beside kw-figures" ta="right" c={refused === 0 ? "dimmed" : "var(--kw-ended)"}>
				{formatCount(refused)}
			</Table.Td>
			<Table.Td className="kw-wide kw-beside" c="dimmed">
				<Time value={created_at} />
			</Table.Td>
		</Table.Tr>
	);
}

interface HeadProps extends Pick<TableProps, "search" | "onSearch"> {
	readonly label: string;
	readonly sort: TenantSort;
	readonly right?: boolean;
	readonly beside?: boolean;
}

function Head({ label, sort, right = false, beside = false, search, onSearch }: HeadProps) {
	const { sort: by = "requests_24h", order = "desc", page: _page, ...rest } = search;
	const is_sorted = by === sort;
	const classes = sort === "name" ? "" : beside ? "kw-wide kw-beside" : "kw-wide";
	return (
		<Table.Th className={classes} ta={right ? "right" : "left"} aria-sort={is_sorted ? (order === "asc" ? "ascending" : "descending") : "none"}>
			<UnstyledButton
				fz="inherit"
				fw={is_sorted ? 600 : 500}
				c={is_sorted ? "var(--mantine-color-text)" : "inherit"}
				onClick={() => onSearch({ ...rest, ...sortedBy(search, sort) })}
			>
				{label}
				{is_sorted && <span aria-hidden="true"> {order === "desc" ? "↓" : "↑"}</span>}
			</UnstyledButton>
		</Table.Th>
	);
}

function Foot({ total, search, onSearch }: { total: number } & Pick<TableProps, "search" | "onSearch">) {
	const { page = 1, ...rest } = search;
	const pages = Math.max(1, Math.ceil(total / PAGE_ROWS));
	const first = (page - 1) * PAGE_ROWS + 1;
	const last = Math.min(total, page * PAGE_ROWS);
	const go = (to: number) => onSearch(to === 1 ? rest : { ...rest, page: to });
	return (
		<Group justify="space-between" px="md" h={44} style={{ borderTop: "1px solid var(--kw-hairline)" }} wrap="nowrap">
			<Text size="xs" c="dimmed" role="status" className="kw-figures">
				{total === 0 ? "No tenants" : `${formatCount(first)}–${formatCount(last)} of ${formatCount(total)} ${total === 1 ? "tenant" : "tenants"}`}
			</Text>
			{pages > 1 && (
				<Group gap={8} wrap="nowrap">
					<ActionIcon variant="default" aria-label="Previous page" disabled={page === 1} onClick={() => go(page - 1)}>
						<IconChevronLeft size={16} aria-hidden="true" />
					</ActionIcon>
					<Text size="xs" c="dimmed" className="kw-figures">
						Page {page} of {pages}
					</Text>
					<ActionIcon variant="default" aria-label="Next page" disabled={page >= pages} onClick={() => go(page + 1)}>
						<IconChevronRight size={16} aria-hidden="true" />
					</ActionIcon>
				</Group>
			)}
		</Group>
	);
}

/** A state in a row: the shape in its colour, the text grey unless a person has to act. */
function TenantStateText({ state: { meaning, text, acts } }: { state: TenantState }) {
	return (
		<Group gap={6} wrap="nowrap">
			<Text component="span" fz={12} lh="18px" c={COLORS[meaning]} aria-hidden="true">
				{MEANINGS[meaning].shape}
			</Text>
			<Text component="span" fz={13} lh="18px" fw={acts ? 500 : 400} c={acts ? COLORS[meaning] : "dimmed"} truncate>
				{text}
			</Text>
		</Group>
	);
}
