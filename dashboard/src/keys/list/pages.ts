import { keepPreviousData, type UseQueryResult, useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { ListFilters } from "../list-filters.ts";
import { activityQuery, type KeyHour, keysQuery } from "../queries.ts";
import type { Row } from "./columns.tsx";
import { rowsThatFit } from "./prefetch.ts";

export interface KeyPages {
	readonly rows: Row[];
	/** How many keys match; undefined until the first answer. */
	readonly total: number | undefined;
	/** The page's number, from 0. */
	readonly page: number;
	readonly rows_max: number;
	readonly hasNext: boolean;
	/** Whether another page is loading; the previous rows are still shown. */
	readonly isStale: boolean;
	readonly isPending: boolean;
	readonly error: Error | null;
	readonly goTo: (page: number) => void;
}

/** The keys that match, one page at a time. While a search is typed, the previous rows stay to avoid a layout shift. */
export function useKeyPages(tenant_id: string, filters: ListFilters): KeyPages {
	const [rows_max] = useState(rowsThatFit);
	const of = JSON.stringify([tenant_id, filters]);
	const [at, setAt] = useState({ of, page: 0 });
	const page = at.of === of ? at.page : 0;
	const list = useInfiniteQuery({ ...keysQuery(tenant_id, filters, rows_max), placeholderData: keepPreviousData });
	const pages = list.data?.pages;
	const shown = pages?.[Math.min(page, pages.length - 1)];
	const keys = useMemo(() => shown?.data ?? [], [shown]);
	const queries = (pages ?? []).map(({ data }) =>
		activityQuery(
			tenant_id,
			data.map(({ id }) => id),
		),
	);
	const activity = useQueries({ queries, combine: getActivity });
	const rows: Row[] = useMemo(
		() => keys.map((key) => ({ key, hours: activity.hours[key.id] ?? (activity.failed ? [] : undefined) })),
		[keys, activity],
	);
	async function goTo(next: number): Promise<void> {
		if (next >= (pages?.length ?? 0)) await list.fetchNextPage();
		setAt({ of, page: next });
	}
	return {
		rows,
		total: shown?.total,
		page,
		rows_max,
		hasNext: page + 1 < (pages?.length ?? 0) || list.hasNextPage,
		isStale: list.isPlaceholderData || list.isFetchingNextPage,
		isPending: list.isPending,
		error: list.error,
		goTo: (next) => void goTo(next),
	};
}

/** Requests of the keys on all pages, and whether some failed to load. Returns the same object while the data is equal, to avoid renders. */
function getActivity(pages: readonly UseQueryResult<Readonly<Record<string, readonly KeyHour[]>>>[]) {
	const hours: Record<string, readonly KeyHour[]> = Object.assign({}, ...pages.map(({ data }) => data));
	return { hours, failed: pages.some(({ isError }) => isError) };
}
