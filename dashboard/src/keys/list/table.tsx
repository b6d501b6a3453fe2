import { Box, Button, Checkbox, Group, Skeleton, Stack, Table, Text, UnstyledButton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type UseQueryResult, useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { flexRender, getCoreRowModel, type RowSelectionState, useReactTable } from "@tanstack/react-table";
import { type MouseEvent, useMemo, useState } from "react";
import { useKeepFocus } from "../../ui/keep-focus.ts";
import { Problem } from "../../ui/problem.tsx";
import { isFiltered, type Sort, sortedBy } from "../list-filters.ts";
import { type ApiKey, activityQuery, type KeyHour, keysQuery } from "../queries.ts";
import { ListCards } from "./cards.tsx";
import { getColumns, type Row } from "./columns.tsx";
import type { ListProps } from "./props.ts";

const NARROW = "(max-width: 48em)";
const TABLE_WIDTH_PX = 1_000;
const ROWS = ["a", "b", "c", "d", "e"];

/** The filtered keys, a page at a time; as cards on narrow screens. */
export function ListTable(props: ListProps) {
	const { tenant_id, filters, may, onBulk, onRevoke } = props;
	const narrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
	const list = useInfiniteQuery(keysQuery(tenant_id, filters));
	const pages = list.data?.pages;
	const keys = useMemo(() => pages?.flatMap((page) => page.data) ?? [], [pages]);
	const queries = (pages ?? []).map(({ data }) =>
		activityQuery(
			tenant_id,
			data.map(({ id }) => id),
		),
	);
	const activity = useQueries({ queries, combine: getActivity });
	const [selection, setSelection] = useState<RowSelectionState>({});
	const region = useKeepFocus<HTMLDivElement>();
	const rows: Row[] = useMemo(
		() => keys.map((key) => ({ key, hours: activity.hours[key.id] ?? (activity.failed ? [] : undefined) })),
		[keys, activity],
	);
	const chosen = keys.filter((key) => selection[key.id] === true && key.status !== "revoked");

	if (list.error && keys.length === 0) return <Problem error={list.error} />;
	if (list.isPending) return <TableSkeleton />;
	return (
		<Stack gap="sm" ref={region} tabIndex={-1} role="region" aria-label="Keys found">
			{chosen.length > 0 && <Chosen keys={chosen} onBulk={onBulk} onNone={() => setSelection({})} />}
			{keys.length === 0 ? (
				<Nothing filtered={isFiltered(filters)} />
			) : narrow ? (
				<ListCards tenant_id={tenant_id} rows={rows} may={may} onRevoke={onRevoke} />
			) : (
				<WideTable {...props} rows={rows} selection={selection} onSelection={setSelection} />
			)}
			<Problem error={list.error} />
			{list.hasNextPage && (
				<Group justify="center">
					<Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
						Show more
					</Button>
				</Group>
			)}
		</Stack>
	);
}

/** Requests of the keys on all pages, and whether some failed to load. Returns the same object while the data is equal, to avoid renders. */
function getActivity(pages: readonly UseQueryResult<Readonly<Record<string, readonly KeyHour[]>>>[]) {
	const hours: Record<string, readonly KeyHour[]> = Object.assign({}, ...pages.map(({ data }) => data));
	return { hours, failed: pages.some(({ isError }) => isError) };
}

function Chosen({ keys, onBulk, onNone }: { keys: readonly ApiKey[]; onBulk: ListProps["onBulk"]; onNone: () => void }) {
	return (
		<Group className="kw-surface" p="xs" pl="md" justify="space-between" role="status">
			<Text size="sm">{keys.length === 1 ? "1 key chosen" : `${keys.length} keys chosen`}</Text>
			<Group gap={8}>
				<Button variant="default" size="xs" onClick={onNone}>
					Choose none
				</Button>
				<Button color="red" variant="light" size="xs" onClick={() => onBulk({ kind: "keys", key_ids: keys.map((key) => key.id) })}>
					Revoke these keys
				</Button>
			</Group>
		</Group>
	);
}

function Nothing({ filtered }: { filtered: boolean }) {
	return (
		<Box className="kw-surface" p="xl">
			<Text fw={500}>{filtered ? "No key fits these filters" : "There are no keys"}</Text>
			<Text size="sm" c="dimmed">
				{filtered ? "Take a filter away, or search for another part of the name." : "Create one to let a program call the API."}
			</Text>
		</Box>
	);
}

function TableSkeleton() {
	return (
		<Stack gap={8} role="status" aria-busy="true" aria-label="Loading keys">
			{ROWS.map((row) => (
				<Skeleton key={row} height={56} />
			))}
		</Stack>
	);
}

interface WideProps extends ListProps {
	readonly rows: Row[];
	readonly selection: RowSelectionState;
	readonly onSelection: (next: RowSelectionState | ((before: RowSelectionState) => RowSelectionState)) => void;
}

function WideTable({ tenant_id, filters, onFilters, may, rows, selection, onSelection, onRevoke }: WideProps) {
	const navigate = useNavigate();
	const columns = useMemo(() => getColumns(tenant_id, may, onRevoke), [tenant_id, may, onRevoke]);
	const table = useReactTable({
		data: rows,
		columns,
		state: { rowSelection: selection },
		getRowId: (row) => row.key.id,
		enableRowSelection: (row) => row.original.key.status !== "revoked",
		onRowSelectionChange: onSelection,
		getCoreRowModel: getCoreRowModel(),
		manualSorting: true,
		autoResetAll: false,
	});
	function open(event: MouseEvent, key: ApiKey): void {
		const target = event.target instanceof Element ? event.target : null;
		const inRow = event.currentTarget.contains(target);
		if (!inRow || target?.closest("a, button, input, label") || getSelection()?.isCollapsed === false) return;
		void navigate({ to: "/settings/api-access/$key_id", params: { key_id: key.id }, search: { tenant: tenant_id } });
	}
	return (
		<Box className="kw-surface">
			<Table.ScrollContainer minWidth={TABLE_WIDTH_PX} type="native">
				<Table verticalSpacing="sm" horizontalSpacing="xs" highlightOnHover aria-label="API keys">
					<Table.Thead>
						<Table.Tr>
							{may.revoke_keys && (
								<Table.Th w={40}>
									<Checkbox
										size="xs"
										aria-label="Choose all keys shown"
										checked={table.getIsAllRowsSelected()}
										indeterminate={table.getIsSomeRowsSelected()}
										onChange={table.getToggleAllRowsSelectedHandler()}
									/>
								</Table.Th>
							)}
							{table.getFlatHeaders().map((header) => {
								const { sort, label } = getHead(header.column.columnDef.meta, header.id);
								return <Head key={header.id} label={label} sort={sort} filters={filters} onFilters={onFilters} />;
							})}
						</Table.Tr>
					</Table.Thead>
					<Table.Tbody>
						{table.getRowModel().rows.map((row) => (
							<Table.Tr key={row.id} onClick={(event) => open(event, row.original.key)} style={{ cursor: "pointer" }} data-key={row.id}>
								{may.revoke_keys && (
									<Table.Td>
										<Checkbox
											size="xs"
											aria-label={`Choose ${row.original.key.name}`}
											checked={row.getIsSelected()}
											disabled={!row.getCanSelect()}
											onChange={row.getToggleSelectedHandler()}
										/>
									</Table.Td>
								)}
								{row.getVisibleCells().map((cell) => (
									<Table.Td key={cell.id}>{flexRender(cell.column.columnDef.cell, cell.getContext())}</Table.Td>
								))}
							</Table.Tr>
						))}
					</Table.Tbody>
				</Table>
			</Table.ScrollContainer>
		</Box>
	);
}

interface HeadMeta {
	readonly label: string;
	readonly sort: Sort | null;
}

/** Guarantee: `columnsOf` sets this meta on each column. */
function getHead(meta: unknown, id: string): HeadMeta {
	return (meta as HeadMeta | undefined) ?? { label: id, sort: null };
}

function Head({ label, sort, filters, onFilters }: HeadMeta & Pick<ListProps, "filters" | "onFilters">) {
	if (sort === null) return <Table.Th>{label}</Table.Th>;
	const sorted = filters.sort === sort ? filters.order : undefined;
	function change(by: Sort): void {
		const { sort: _sort, order: _order, ...rest } = filters;
		onFilters({ ...rest, ...sortedBy(filters, by) });
	}
	return (
		<Table.Th aria-sort={sorted === undefined ? "none" : sorted === "asc" ? "ascending" : "descending"}>
			<UnstyledButton fz="inherit" fw="inherit" style={{ whiteSpace: "nowrap" }} onClick={() => change(sort)}>
				{label}{" "}
				<span aria-hidden="true" style={{ visibility: sorted === undefined ? "hidden" : "visible" }}>
					{sorted === "desc" ? "↓" : "↑"}
				</span>
			</UnstyledButton>
		</Table.Th>
	);
}
