import { List, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { formatCount } from "../../../plans/meter.ts";
import { limitsQuery } from "../../../plans/queries.ts";
import { membersQuery } from "../../../tenants/team-queries.ts";
import { Problem } from "../../../ui/problem.tsx";
import { activityQuery } from "../queries.ts";

export interface Breaking {
	readonly keys: number;
	readonly sites: number;
	readonly documents: number;
	readonly people: number;
	/** Allowed requests of the last 24 hours and of the last hour. */
	readonly day: number;
	readonly hour: number;
}

/** What a suspension or deletion of the tenant would break; undefined while it loads. */
export function useBreaking(tenant_id: string): { breaking: Breaking | undefined; error: unknown } {
	const limits = useQuery(limitsQuery(tenant_id));
	const members = useQuery(membersQuery(tenant_id));
	const activity = useQuery(activityQuery(tenant_id));
	const error = limits.error ?? members.error ?? activity.error;
	if (!limits.data || !members.data || !activity.data) return { breaking: undefined, error };
	const { api_keys, sites, documents } = limits.data;
	const breaking = {
		...{ keys: api_keys.used, sites: sites.used, documents: documents.used, people: members.data.data.length },
		...{ day: activity.data.day.allowed, hour: activity.data.hour.allowed },
	};
	return { breaking, error: null };
}

/** "1 key", "3 keys". */
export function counted(amount: number, one: string): string {
	return `${formatCount(amount)} ${amount === 1 ? one : `${one}s`}`;
}

/** The lines of a preview, or a placeholder while it loads. */
export function Breaks({ error, lines }: { error: unknown; lines: readonly ReactNode[] | undefined }) {
	if (lines === undefined) return error === null || error === undefined ? <Skeleton height={84} /> : <Problem error={error} />;
	return (
		<List size="sm" spacing={4} className="kw-wrap" data-preview>
			{lines.map((line, index) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: the lines of a preview have a fixed order
				<List.Item key={index}>{line}</List.Item>
			))}
		</List>
	);
}
