import "./activity.css";
import { Box, Group, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import { getPeriod, getRange } from "../usage/ranges.ts";
import { RequestsCard } from "./chart.tsx";
import { ExplainPanel } from "./explain/panel.tsx";
import { ActivityFilters } from "./filters.tsx";
import { RefusalList } from "./list.tsx";
import { type RefusalRow, useRows } from "./rows.ts";
import { type ActivitySearch, isFiltered, UNFILTERED, withSearch } from "./search.ts";
import { ExplainSearch } from "./search-box.tsx";

const PERIODS = [
	{ value: "day", label: "24 h" },
	{ value: "week", label: "7 d" },
	{ value: "month", label: "30 d" },
];
/** From this width the panel is beside the page, so that the focus may stay in the list. */
const BESIDE = "(min-width: 68em)";

interface ActivityProps {
	readonly tenant: { readonly id: string; readonly name: string };
	readonly search: ActivitySearch;
	readonly onSearch: (next: ActivitySearch) => void;
	/** The address of a state of the page. */
	readonly hrefOf: (search: ActivitySearch) => string;
}

const findRow = (id: string | null) => (id === null ? null : document.querySelector<HTMLElement>(`[data-refusal="${CSS.escape(id)}"] button`));
const findSearch = () => document.querySelector<HTMLElement>("[data-search]");

/** The page: search, requests over time, refusals, and one of them explained beside them. */
export function Activity({ tenant, search, onSearch, hrefOf }: ActivityProps) {
	const range = getRange(search.period ?? "day");
	const period = getPeriod(range, Date.now());
	const list = useRows(tenant.id, search, period.from_ms);
	// A group keeps its row while the request that is explained is no longer its last.
	const [opened, setOpened] = useState<string | null>(null);
	const [takes_focus, setTakesFocus] = useState(true);
	const { explain } = search;
	const open = explain === undefined ? undefined : list.rows?.find(({ id, request_id }) => id === opened || request_id === explain);

	function show({ id, request_id }: RefusalRow): void {
		if (request_id === null) return;
		setTakesFocus(!matchMedia(BESIDE).matches);
		setOpened(id);
		onSearch(withSearch(search, { explain: request_id }));
	}
	function find(request_id: string): void {
		setTakesFocus(true);
		setOpened(null);
		onSearch(withSearch(search, { explain: request_id }));
	}
	function close(): void {
		onSearch(withSearch(search, { explain: undefined }));
		(findRow(open?.id ?? opened) ?? findSearch())?.focus();
	}
	function filter(changes: Parameters<typeof withSearch>[1]): void {
		setOpened(null);
		onSearch(withSearch(search, { explain: undefined, ...changes }));
	}
	function onKeyDown(event: KeyboardEvent): void {
		if (event.key !== "Escape" || event.defaultPrevented || explain === undefined) return;
		if (event.target instanceof Element && event.target.closest("table, [data-search]") !== null) close();
	}
	return (
		<Box className="kw-with-panel kw-activity" data-panel={explain !== undefined} onKeyDown={onKeyDown}>
			<Stack className="kw-page" gap={12}>
				<Box>
					<Title order={1}>Activity</Title>
					<Text c="dimmed">
						Requests and refusals of all keys of{" "}
						<bdi className="kw-name" title={tenant.name}>
							{tenant.name}
						</bdi>
						.
					</Text>
				</Box>
				<Group gap={8} align="flex-start">
					<ExplainSearch key={explain ?? ""} explained={explain ?? ""} onExplain={find} />
					<SegmentedControl size="xs" aria-label="Period" data={PERIODS} value={range.id} onChange={(id) => filter({ period: getRange(id).id })} />
				</Group>
				<RequestsCard tenant_id={tenant.id} search={search} range={range} period={period} onSearch={onSearch} />
				<ActivityFilters tenant_id={tenant.id} search={search} from_ms={period.from_ms} onFilter={filter} />
				<RefusalList
					list={list}
					words={range.words}
					filtered={isFiltered(search)}
					sort={search.sort}
					open={open?.id}
					onOpen={show}
					onSort={(sort) => filter({ sort })}
					onAll={() => filter(UNFILTERED)}
				/>
			</Stack>
			{explain !== undefined && (
				<ExplainPanel
					tenant_id={tenant.id}
					request_id={explain}
					takes_focus={takes_focus}
					opener={() => findRow(open?.id ?? opened) ?? findSearch()}
					link={hrefOf({ explain })}
					onClose={close}
				/>
			)}
		</Box>
	);
}
