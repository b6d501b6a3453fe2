import { Box, Button, Skeleton, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Card } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import type { RotationProps } from "../props.ts";
import { isOpen, trafficQuery } from "../queries.ts";
import { TrafficSteps } from "./steps.tsx";
import { formatTraffic, getSettled, getTraffic, type TrafficBucket, type TrafficGranularity, trafficPeriod } from "./traffic.ts";

const HEIGHT_PX = 108;
const TABLE_HEIGHT_PX = 220;
const exact = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayAndClock = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Requests with the old key and with the new one from shortly before the beginning to now, or to the end. */
export function RotationTraffic({ tenant_id, apiKey, rotation }: RotationProps) {
	const ended = isOpen(rotation) ? null : Date.parse(rotation.ended_at ?? rotation.old_ends_at ?? rotation.started_at);
	const period = trafficPeriod(Date.parse(rotation.started_at), ended, Date.now());
	const { data, error } = useQuery(trafficQuery(tenant_id, apiKey.id, period, ended === null));
	const [asTable, setAsTable] = useState(false);
	if (rotation.successor === null) return null;
	const { granularity } = period;
	const kids = { old: rotation.predecessor.kid, new: rotation.successor.kid };
	const buckets = getSettled(getTraffic(data?.data ?? [], kids, period));
	return (
		<Card
			flush
			title="Requests with each key"
			note={`each ${granularity} since the beginning, ${granularity === "day" ? "UTC" : zone.replaceAll("_", " ")}`}
			aside={
				<Button variant="subtle" size="compact-sm" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
					{asTable ? "Show as chart" : "Show as table"}
				</Button>
			}
		>
			{data === undefined && error !== null && <Problem error={error} />}
			{data === undefined && error === null && (
				<Skeleton
					mx="md"
					mb="md"
					width="auto"
					height={HEIGHT_PX + 24}
					role="status"
					aria-busy="true"
					aria-label="Loading the requests with each key"
				/>
			)}
			{data !== undefined && <Drawn buckets={buckets} granularity={granularity} asTable={asTable} live={ended === null} />}
		</Card>
	);
}

interface DrawnProps {
	readonly buckets: readonly TrafficBucket[];
	readonly granularity: TrafficGranularity;
	readonly asTable: boolean;
	readonly live: boolean;
}

function Drawn({ buckets, granularity, asTable, live }: DrawnProps) {
	const formatBucket = (start_ms: number): string => (granularity === "day" ? day : dayAndClock).format(start_ms).replace(",", "");
	const formatTick = (start_ms: number, first: boolean): string =>
		first ? formatBucket(start_ms) : (granularity === "day" ? day : clock).format(start_ms);
	if (asTable) return <TrafficTable buckets={buckets} formatBucket={formatBucket} />;
	return (
		<Box role="img" aria-label={formatTraffic(buckets, formatBucket)} px="md" pb={12} data-traffic>
			<TrafficSteps buckets={buckets} height_px={HEIGHT_PX} live={live} formatTick={formatTick} formatBucket={formatBucket} />
		</Box>
	);
}

function TrafficTable({ buckets, formatBucket }: { buckets: readonly TrafficBucket[]; formatBucket: (start_ms: number) => string }) {
	return (
		<Table.ScrollContainer
			minWidth={0}
			mah={TABLE_HEIGHT_PX}
			type="native"
			tabIndex={0}
			role="region"
			aria-label="Requests with each key, as a table"
		>
			<Table stickyHeader horizontalSpacing="md" verticalSpacing={6} fz="sm" aria-label="Requests with each key">
				<Table.Thead bg="var(--kw-surface)">
					<Table.Tr>
						<Table.Th>Time</Table.Th>
						<Table.Th ta="right">Old key</Table.Th>
						<Table.Th ta="right">New key</Table.Th>
					</Table.Tr>
				</Table.Thead>
				<Table.Tbody>
					{[...buckets].reverse().map((bucket) => (
						<Table.Tr key={bucket.start_ms}>
							<Table.Th scope="row" fw={400}>
								{formatBucket(bucket.start_ms)}
							</Table.Th>
							{([bucket.old, bucket.new] as const).map((requests, index) => (
								<Table.Td key={index === 0 ? "old" : "new"} ta="right" className="kw-figures" {...(requests === 0 ? { c: "dimmed" } : {})}>
									{exact.format(requests)}
								</Table.Td>
							))}
						</Table.Tr>
					))}
				</Table.Tbody>
			</Table>
		</Table.ScrollContainer>
	);
}
