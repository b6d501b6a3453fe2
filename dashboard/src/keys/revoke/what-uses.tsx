import { Alert, Box, Group, List, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Time } from "../../ui/time.tsx";
import { formatRequests } from "../../usage/ranges.ts";
import { type ApiKey, previewQuery, type RevokePreview } from "../queries.ts";
import { formatNetwork, formatProgram, wasUsedLately } from "../text.ts";

const SOURCES_SHOWN_MAX = 5;
const STATS = ["last_hour", "last_day", "last_week"] as const;
const STAT_WORDS = { last_hour: "Last hour", last_day: "Last day", last_week: "Last week" } as const;

/** Whether ending the key breaks a running program, by the listed key or the newer preview. */
export function isInUse(key: Pick<ApiKey, "usage_24h" | "last_used_at">, preview: RevokePreview | undefined, now_ms: number): boolean {
	if (wasUsedLately(key, now_ms)) return true;
	return preview !== undefined && wasUsedLately({ usage_24h: preview.requests.last_day, last_used_at: preview.last_used_at }, now_ms);
}

interface WhatUsesProps {
	readonly tenant_id: string;
	readonly apiKey: Pick<ApiKey, "id" | "usage_24h" | "last_used_at">;
	/** The action, named in the text that it is possible without the preview too. */
	readonly action: "revoke" | "pause" | "replace";
	/** Inside a list of several keys, which has its own heading. */
	readonly within?: boolean;
}

/** What stops with the key, shown before the confirmation: how much it is used, by which clients, and since when. */
export function WhatUses({ tenant_id, apiKey, action, within = false }: WhatUsesProps) {
	const { data: preview, error } = useQuery(previewQuery(tenant_id, apiKey.id));
	const used = isInUse(apiKey, preview, Date.now());
	const color = used ? (action === "pause" ? "yellow" : "red") : "gray";
	const content = (
		<>
			{preview !== undefined && <Uses preview={preview} />}
			{preview === undefined && error === null && <Waiting />}
			{preview === undefined && error !== null && (
				<Text size="sm">
					What uses it cannot be read just now. You can {action} it all the same; close this and look again if you would rather know first.
				</Text>
			)}
		</>
	);
	if (within) return <Box data-impact>{content}</Box>;
	return (
		<Alert color={color} variant="light" role="note" data-impact title={getTitle(used, preview, apiKey)}>
			{content}
		</Alert>
	);
}

function getTitle(used: boolean, preview: RevokePreview | undefined, key: WhatUsesProps["apiKey"]): string {
	if (used) return "Something uses this key";
	const ever = preview?.last_used_at ?? key.last_used_at;
	return ever === null ? "Nothing has used this key yet" : "Nothing used this key in the last day";
}

function Waiting() {
	return (
		<Stack gap={8} role="status" aria-busy="true" aria-label="Loading what uses this key">
			<Skeleton height={40} width={280} maw="100%" />
			<Skeleton height={18} width={180} />
			<Skeleton height={18} width={320} maw="100%" />
		</Stack>
	);
}

function Uses({ preview }: { preview: RevokePreview }) {
	const { requests, sources, last_used_at, rotation } = preview;
	const more = sources.length - SOURCES_SHOWN_MAX;
	return (
		<Stack gap={8}>
			<Stats requests={requests} last_used_at={last_used_at} />
			{sources.length > 0 && (
				<List size="sm" className="kw-wrap" aria-label="Used from">
					{sources.slice(0, SOURCES_SHOWN_MAX).map((source) => (
						<List.Item key={source.id}>
							<b>{source.name ?? source.client ?? formatProgram(source.agent)}</b> <span className="kw-mono">{formatNetwork(source.network)}</span>,
							used <Time value={source.last_seen_at} />
						</List.Item>
					))}
					{more > 0 && <List.Item>and {more === 1 ? "1 other client" : `${more} other clients`} in the last week</List.Item>}
				</List>
			)}
			{rotation !== null && (
				<Text size="sm" data-rotating>
					It is being replaced at the moment. The old key and the new one stop alike.
				</Text>
			)}
		</Stack>
	);
}

function Stats({ requests, last_used_at }: Pick<RevokePreview, "requests" | "last_used_at">) {
	return (
		<Group component="dl" gap="8px 28px" m={0} className="kw-figures">
			{STATS.map((stat) => (
				<Stat key={stat} name={stat} term={STAT_WORDS[stat]}>
					{formatRequests(requests[stat])}
				</Stat>
			))}
			<Stat name="last_used" term="Last used">
				<Time value={last_used_at} never="never" />
			</Stat>
		</Group>
	);
}

function Stat({ name, term, children }: { name: string; term: string; children: ReactNode }) {
	return (
		<Box data-stat={name}>
			<Text component="dt" size="xs">
				{term}
			</Text>
			<Text component="dd" m={0} fw={600}>
				{children}
			</Text>
		</Box>
	);
}
