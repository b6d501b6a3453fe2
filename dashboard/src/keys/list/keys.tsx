import { ActionIcon, Box, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { RowSelectionState } from "@tanstack/react-table";
import { useState } from "react";
import { useKeepFocus } from "../../ui/keep-focus.ts";
import { Problem } from "../../ui/problem.tsx";
import { isFiltered } from "../list-filters.ts";
import { attentionQuery } from "../queries.ts";
import { ListCards } from "./cards.tsx";
import { type KeyPages, useKeyPages } from "./pages.ts";
import type { ListProps } from "./props.ts";
import { ListTable } from "./table.tsx";
import { ListToolbar } from "./toolbar.tsx";

const NARROW = "(max-width: 48em)";
const ROW_PX = 44;
const SKELETONS = [..."abcdefghijkl"];

/** The keys with search and filters above, a page at a time; as cards on narrow screens. */
export function ListKeys(props: ListProps) {
	const { tenant_id, filters, onFilters, choices, may, onBulk, onRevoke } = props;
	const narrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
	const pages = useKeyPages(tenant_id, filters);
	const { data: attention } = useQuery(attentionQuery(tenant_id));
	const [selection, setSelection] = useState<RowSelectionState>({});
	const region = useKeepFocus<HTMLDivElement>();
	const chosen = Object.keys(selection);
	return (
		<Stack gap="sm">
			{chosen.length > 0 ? (
				<Chosen key_ids={chosen} onBulk={onBulk} onNone={() => setSelection({})} />
			) : (
				<ListToolbar filters={filters} onFilters={onFilters} choices={choices} total={pages.total} attention={attention} narrow={narrow} />
			)}
			<Box ref={region} tabIndex={-1} role="region" aria-label="Keys found" style={{ outline: "none" }}>
				{pages.error && pages.rows.length === 0 ? (
					<Problem error={pages.error} />
				) : pages.isPending ? (
					<RowsSkeleton rows={pages.rows_max} />
				) : pages.rows.length === 0 ? (
					<Nothing filtered={isFiltered(filters)} />
				) : (
					<Box className="kw-rows" data-stale={pages.isStale || undefined}>
						{narrow ? (
							<>
								<ListCards tenant_id={tenant_id} rows={pages.rows} may={may} onRevoke={onRevoke} />
								<Foot pages={pages} />
							</>
						) : (
							<Box className="kw-surface">
								<ListTable {...props} rows={pages.rows} selection={selection} onSelection={setSelection} />
								<Foot pages={pages} />
							</Box>
						)}
					</Box>
				)}
			</Box>
		</Stack>
	);
}

interface ChosenProps {
	readonly key_ids: readonly string[];
	readonly onBulk: ListProps["onBulk"];
	readonly onNone: () => void;
}

/** Takes the place of the filters, in the same height, once rows are chosen. */
function Chosen({ key_ids, onBulk, onNone }: ChosenProps) {
	return (
		<Group gap={8} mih={36}>
			<Text size="sm" fw={600} mr={8} role="status" className="kw-figures">
				{key_ids.length === 1 ? "1 key chosen" : `${key_ids.length} keys chosen`}
			</Text>
			<Button color="red" variant="light" onClick={() => onBulk({ kind: "keys", key_ids })}>
				Revoke these keys
			</Button>
			<Button variant="default" onClick={() => onBulk({ kind: "filter", filter: {} })}>
				Revoke several by filter
			</Button>
			<Button variant="subtle" onClick={onNone}>
				Choose none
			</Button>
		</Group>
	);
}

function Foot({ pages }: { pages: KeyPages }) {
	const { page, rows_max, rows, total = 0, hasNext, goTo } = pages;
	if (page === 0 && !hasNext) return null;
	const first = page * rows_max + 1;
	return (
		<Group justify="space-between" px="md" py={8} className="kw-foot">
			<Text size="sm" c="dimmed" className="kw-figures">
				{first}–{first + rows.length - 1} of {total.toLocaleString("en")}
			</Text>
			<Group gap={8}>
				<Text size="sm" c="dimmed" className="kw-figures">
					Page {page + 1} of {Math.max(1, Math.ceil(total / rows_max))}
				</Text>
				<ActionIcon variant="default" size={28} aria-label="Previous page" disabled={page === 0} onClick={() => goTo(page - 1)}>
					<IconChevronLeft size={16} aria-hidden="true" />
				</ActionIcon>
				<ActionIcon variant="default" size={28} aria-label="Next page" disabled={!hasNext} onClick={() => goTo(page + 1)}>
					<IconChevronRight size={16} aria-hidden="true" />
				</ActionIcon>
			</Group>
		</Group>
	);
}

function Nothing({ filtered }: { filtered: boolean }) {
	return (
		<Box className="kw-surface" p="xl">
			<Text fw={500}>{filtered ? "No key fits these filters" : "There are no keys"}</Text>
			<Text size="sm" c="dimmed">
				{filtered
					? "Take a filter away, or search for a part of the name, the last four characters, the key's id or its kid."
					: "Create one to let a program call the API."}
			</Text>
		</Box>
	);
}

function RowsSkeleton({ rows }: { rows: number }) {
	return (
		<Box className="kw-surface" role="status" aria-busy="true" aria-label="Loading keys" h={(rows + 1) * ROW_PX} p="md">
			<Stack gap={20}>
				{SKELETONS.slice(0, rows).map((row) => (
					<Skeleton key={row} height={24} />
				))}
			</Stack>
		</Box>
	);
}
