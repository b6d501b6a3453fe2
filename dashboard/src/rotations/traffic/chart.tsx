import { Box, Button, ColorSwatch, Group, getThemeColor, Skeleton, Table, Text, useMantineTheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Section } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { CHART_COLORS } from "../../ui/theme.ts";
import type { RotationProps } from "../props.ts";
import { isOpen, trafficQuery } from "../queries.ts";
import { formatTraffic, getSettled, getTraffic, type TrafficBucket, type TrafficGranularity, trafficPeriod } from "./traffic.ts";

const TrafficLines = lazy(() => import("./lines.tsx"));

const HEIGHT_PX = 220;
const SWATCH_PX = 10;
const exact = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayAndClock = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const EACH: Readonly<Record<TrafficGranularity, string>> = { minute: "minute", hour: "hour", day: "day" };

/** Requests with the old key and with the new one over time. */
export function RotationTraffic({ tenant_id, apiKey, rotation }: RotationProps) {
	const ended = isOpen(rotation) ? null : Date.parse(rotation.ended_at ?? rotation.old_ends_at ?? rotation.started_at);
	const period = trafficPeriod(Date.parse(rotation.started_at), ended, Date.now());
	const { data, error } = useQuery(trafficQuery(tenant_id, apiKey.id, period, ended === null));
	const [asTable, setAsTable] = useState(false);
	if (rotation.successor === null) return null;
	const kids = { old: rotation.predecessor.kid, new: rotation.successor.kid };
	const buckets = getSettled(getTraffic(data?.data ?? [], kids, period));
	return (
		<Section
			title="Requests with each key"
			aside={
				<Button variant="subtle" size="compact-sm" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
					{asTable ? "Show as chart" : "Show as table"}
				</Button>
			}
		>
			{data === undefined && error !== null && <Problem error={error} />}
			{data === undefined && error === null && (
				<Skeleton height={HEIGHT_PX + 56} role="status" aria-busy="true" aria-label="Loading the requests with each key" />
			)}
			{data !== undefined && <Drawn buckets={buckets} rotation={rotation} granularity={period.granularity} asTable={asTable} />}
		</Section>
	);
}

interface DrawnProps extends Pick<RotationProps, "rotation"> {
	readonly buckets: readonly TrafficBucket[];
	readonly granularity: TrafficGranularity;
	readonly asTable: boolean;
}

function Drawn({ buckets, rotation, granularity, asTable }: DrawnProps) {
	const formatBucket = (start_ms: number): string => (granularity === "day" ? day.format(start_ms) : dayAndClock.format(start_ms));
	const formatTick = (start_ms: number): string => (granularity === "day" ? day.format(start_ms) : clock.format(start_ms));
	return (
		<Box data-traffic>
			<Totals buckets={buckets} rotation={rotation} />
			{asTable ? (
				<TrafficTable buckets={buckets} formatBucket={formatBucket} />
			) : (
				<Box role="img" aria-label={formatTraffic(buckets, formatBucket)} h={HEIGHT_PX} pos="relative">
					{/* Positioned out of the flow, so that the chart's width does not keep its container from shrinking. */}
					<Box pos="absolute" inset={0}>
						<Suspense fallback={<Skeleton height={HEIGHT_PX} />}>
							<TrafficLines buckets={buckets} height_px={HEIGHT_PX} formatTick={formatTick} formatBucket={formatBucket} />
						</Suspense>
					</Box>
				</Box>
			)}
			<Text size="xs" c="dimmed" mt={8}>
				Requests in each {EACH[granularity]}, let through or not. Times in {granularity === "day" ? "UTC" : zone.replaceAll("_", " ")}
			</Text>
		</Box>
	);
}

/** Legend with totals. */
function Totals({ buckets, rotation }: Pick<DrawnProps, "buckets" | "rotation">) {
	const theme = useMantineTheme();
	const lines = [
		{ name: "old", word: "Old key", last4: rotation.predecessor.last4, color: CHART_COLORS.old_key },
		{ name: "new", word: "New key", last4: rotation.successor?.last4 ?? "", color: CHART_COLORS.new_key },
	] as const;
	return (
		<Group component="ul" gap="lg" m={0} p={0} mb="sm" style={{ listStyle: "none" }}>
			{lines.map(({ name, word, last4, color }) => (
				<Group key={name} component="li" gap={6} wrap="nowrap" data-line={name}>
					<ColorSwatch size={SWATCH_PX} radius={2} color={getThemeColor(color, theme)} withShadow={false} aria-hidden="true" />
					<Text size="sm" c="dimmed">
						{word} <span className="kw-mono">…{last4}</span>
					</Text>
					<Text size="sm" fw={600} className="kw-figures">
						{exact.format(buckets.reduce((sum, bucket) => sum + bucket[name], 0))}
					</Text>
				</Group>
			))}
		</Group>
	);
}

function TrafficTable({ buckets, formatBucket }: { buckets: readonly TrafficBucket[]; formatBucket: (start_ms: number) => string }) {
	return (
		<Table.ScrollContainer minWidth={0} mah={HEIGHT_PX} type="native" tabIndex={0} role="region" aria-label="Requests with each key, as a table">
			<Table stickyHeader verticalSpacing={6} aria-label="Requests with each key">
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
								<Table.Td key={index === 0 ? "old" : "new"} ta="right" {...(requests === 0 ? { c: "dimmed" } : {})}>
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
