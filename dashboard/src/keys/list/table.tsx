import { Checkbox, Table, UnstyledButton } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { flexRender, getCoreRowModel, type RowSelectionState, useReactTable } from "@tanstack/react-table";
import { type MouseEvent, useMemo } from "react";
import { type Sort, sortedBy } from "../list-filters.ts";
import type { ApiKey } from "../queries.ts";
import { type ColumnHead, getColumns, type Row } from "./columns.tsx";
import type { ListProps } from "./props.ts";

const TABLE_WIDTH_PX = 976;
const CHECKBOX_WIDTH_PX = 44;

interface TableProps extends ListProps {
	readonly rows: Row[];
	readonly selection: RowSelectionState;
	readonly onSelection: (next: RowSelectionState | ((before: RowSelectionState) => RowSelectionState)) => void;
}

/** One page of keys in rows of one height. Checkboxes appear on hover, on focus, or once a key is chosen. */
export function ListTable({ tenant_id, filters, onFilters, may, rows, selection, onSelection, onRevoke }: TableProps) {
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
	const heads = table.getFlatHeaders().map((header) => ({ id: header.id, ...getHead(header.column.columnDef.meta) }));
	return (
		<Table.ScrollContainer minWidth={TABLE_WIDTH_PX} type="native">
			<Table
				className="kw-list"
				horizontalSpacing={8}
				verticalSpacing={0}
				highlightOnHover
				aria-label="API keys"
				data-choosing={Object.keys(selection).length > 0 || undefined}
			>
				<Table.Thead>
					<Table.Tr>
						{may.revoke_keys && (
							<Table.Th w={CHECKBOX_WIDTH_PX}>
								<Checkbox
									size="xs"
									className="kw-choose"
									aria-label="Choose all keys shown"
									checked={table.getIsAllRowsSelected()}
									indeterminate={table.getIsSomeRowsSelected()}
									onChange={table.getToggleAllRowsSelectedHandler()}
								/>
							</Table.Th>
						)}
						{heads.map(({ id, ...head }) => (
							<Head key={id} {...head} filters={filters} onFilters={onFilters} />
						))}
					</Table.Tr>
				</Table.Thead>
				<Table.Tbody>
					{table.getRowModel().rows.map((row) => (
						<Table.Tr key={row.id} onClick={(event) => open(event, row.original.key)} style={{ cursor: "pointer" }} data-key={row.id}>
							{may.revoke_keys && (
								<Table.Td>
									<Checkbox
										size="xs"
										className="kw-choose"
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
	);
}

/** Guarantee: `getColumns` sets this meta on each column. */
function getHead(meta: unknown): ColumnHead {
	return meta as ColumnHead;
}

function Head({ label, sort, width_px, align, filters, onFilters }: ColumnHead & Pick<ListProps, "filters" | "onFilters">) {
	const place = { ta: align ?? ("left" as const), ...(width_px === undefined ? {} : { w: width_px }) };
	if (sort === null) return <Table.Th {...place}>{label}</Table.Th>;
	const sorted = filters.sort === sort ? filters.order : undefined;
	function change(by: Sort): void {
		const { sort: _sort, order: _order, ...rest } = filters;
		onFilters({ ...rest, ...sortedBy(filters, by) });
	}
	return (
		<Table.Th {...place} aria-sort={sorted === undefined ? "none" : sorted === "asc" ? "ascending" : "descending"}>
			<UnstyledButton fz="inherit" fw="inherit" c={sorted === undefined ? "inherit" : "var(--mantine-color-text)"} onClick={() => change(sort)}>
				{label}{" "}
				<span aria-hidden="true" style={{ visibility: sorted === undefined ? "hidden" : "visible" }}>
					{sorted === "desc" ? "↓" : "↑"}
				</span>
			</UnstyledButton>
		</Table.Th>
	);
}
