import { useQuery } from "@tanstack/react-query";
import type { UsageRow } from "../../usage/buckets.ts";
import { keyUsageQuery } from "../../usage/queries.ts";
import { getPeriod, RANGES } from "../../usage/ranges.ts";

/** A key's requests of the last 24 hours. */
export interface Day {
	/** Null while loading, and when that failed. */
	readonly rows: readonly UsageRow[] | null;
	readonly failed: boolean;
}

export function useDay(tenant_id: string, key_id: string): Day {
	const { data, isError } = useQuery(keyUsageQuery(tenant_id, key_id, getPeriod(RANGES[0], Date.now()).from_ms));
	return { rows: data?.data ?? null, failed: isError };
}
