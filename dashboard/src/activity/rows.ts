import { useInfiniteQuery } from "@tanstack/react-query";
import { eachQuery, type FailureGroup, groupsQuery, type SingleFailure } from "./queries.ts";
import type { ActivitySearch } from "./search.ts";
import { clientTitle, refusalTitle, subjectOf } from "./words.ts";

/** One row of the list: a group of refusals, or a single one. */
export interface RefusalRow {
	readonly id: string;
	/** The request that is explained; null if none of the group is kept. */
	readonly request_id: string | null;
	readonly title: string;
	readonly status: number;
	/** Null if there are several. */
	readonly operation: string | null;
	/** Null without a right secret: then nothing is known to come from a key. */
	readonly key_name: string | null;
	readonly client: string;
	/** Null for a single one. */
	readonly requests: number | null;
	readonly at: string;
}

function fromGroup(group: FailureGroup, now_ms: number): RefusalRow {
	const { id, last_request_id, status, operation, key, source, proven, requests, last_at } = group;
	const title = refusalTitle(group, now_ms);
	return {
		id,
		request_id: last_request_id,
		title,
		status,
		operation,
		key_name: key?.name ?? null,
		client: clientTitle(source, proven),
		requests,
		at: last_at,
	};
}

function fromSingle({ request_id, code, status, operation, facts, key_name, source, proven, at }: SingleFailure, now_ms: number): RefusalRow {
	const title = refusalTitle({ code, proven, subject: subjectOf(facts) }, now_ms);
	const who = { key_name: proven ? key_name : null, client: clientTitle(source, proven) };
	return { id: request_id, request_id, title, status, operation, ...who, requests: null, at };
}

/** The rows of the list, as the address says, and how many requests they are. */
export function useRows(tenant_id: string, search: ActivitySearch, from_ms: number) {
	const is_each = search.show === "each";
	const groups = useInfiniteQuery({ ...groupsQuery(tenant_id, search, from_ms), enabled: !is_each });
	const each = useInfiniteQuery({ ...eachQuery(tenant_id, search, from_ms), enabled: is_each });
	const { error, hasNextPage, isFetchingNextPage, isPlaceholderData, fetchNextPage } = is_each ? each : groups;
	const now_ms = Date.now();
	const rows = is_each
		? each.data?.pages.flatMap(({ data }) => data.map((failure) => fromSingle(failure, now_ms)))
		: // A group whose count grew between two pages would be on both.
			[...new Map(groups.data?.pages.flatMap(({ data }) => data.map((group) => [group.id, fromGroup(group, now_ms)] as const))).values()];
	const is_loading = (is_each ? each.data : groups.data) === undefined;
	const [first] = is_each ? [] : (groups.data?.pages ?? []);
	const counted = each.data?.pages[0]?.counts.reduce((sum, { requests }) => sum + requests, 0);
	return {
		rows: is_loading ? undefined : (rows ?? []),
		error,
		is_stale: isPlaceholderData,
		has_more: hasNextPage,
		is_fetching: isFetchingNextPage,
		more: () => void fetchNextPage(),
		/** All groups; null for single ones. */
		groups: is_each ? null : (first?.groups ?? 0),
		/** All refusals that match, kept or not. */
		requests: is_each ? (counted ?? 0) : (first?.requests ?? 0),
	};
}

export type Rows = ReturnType<typeof useRows>;
