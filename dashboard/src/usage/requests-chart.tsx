import { Box, Button, Group, Skeleton, Text, Tooltip } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Card } from "../ui/page.tsx";
import { type BucketSize, getBuckets, getTotals, outcomesIn, type Totals, type UsageRow } from "./buckets.ts";
import { formatChart } from "./chart-words.ts";
import { OUTCOME_WORDS, type Outcome } from "./outcomes.ts";
import { RequestsBars } from "./requests-bars.tsx";
import { RequestsTable } from "./requests-table.tsx";

const HEIGHT_PX = 208;
/** Times and the line that names the zone, below the bars. */
const BELOW_PX = 48;
const LOW_PX = 84;
const CONTEXT_PX = 62;
const TIMES_PX = 20;
/** Keeps the place of the legend, with which the head has two lines on a phone. */
const LEGEND_PX = 160;
const SIZE_WORDS: Readonly<Record<BucketSize, string>> = { hour: "Each hour", six_hours: "Every six hours", day: "Each day" };
const exact = new Intl.NumberFormat("en");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

interface ChartProps {
	readonly title: string;
	/** At the right of the head, such as the choice of a period. */
	readonly aside?: ReactNode;
	/** The label, such as "Requests in the last 24 hours". */
	readonly what: string;
	/** Null while loading. */
	readonly rows: readonly UsageRow[] | null;
	/** Until `until_ms` the time axis goes on, without bars. */
	readonly period: { readonly from_ms: number; readonly to_ms: number; readonly size: BucketSize; readonly until_ms?: number };
	/** Shown instead of an empty chart. */
	readonly empty: ReactNode;
	/** Whether there is probably nothing to draw, so that no place is kept for the bars. */
	readonly low?: boolean;
	/** Shown instead of the chart, such as an error. */
	readonly instead?: ReactNode;
	/** A low chart, as context of what is below it: its zone is named there. */
	readonly as_context?: boolean;
	/** Below the chart. */
	readonly children?: ReactNode;
}

/** A card with the requests over time by outcome: totals in its head, and the same data as a table. */
export function RequestsChart({ title, aside, what, rows, period, empty, low = false, instead, as_context = false, children }: ChartProps) {
	const [asTable, setAsTable] = useState(false);
	const buckets = rows === null ? [] : getBuckets(rows, period);
	const totals = getTotals(buckets);
	const outcomes = outcomesIn(totals);
	const any = totals.all > 0;
	const bars_px = as_context ? CONTEXT_PX : HEIGHT_PX;
	const height_px = low && !any ? LOW_PX : bars_px + (as_context ? TIMES_PX : BELOW_PX);
	const { to_ms, until_ms = to_ms, size } = period;
	const to_come = getBuckets([], { from_ms: to_ms, to_ms: until_ms, size }).map(({ start_ms }) => start_ms);
	const shown = { buckets, size, outcomes, height_px: bars_px };
	const scale = as_context ? { steps_max: 3, names_worst: false } : {};
	return (
		<Card
			title={title}
			beside={any ? <Legend outcomes={outcomes} totals={totals} /> : rows === null && !low && <Box w={LEGEND_PX} h={18} />}
			aside={
				<>
					{any && (
						<Button
							variant="transparent"
							size="compact-xs"
							c="var(--mantine-color-anchor)"
							aria-label={asTable ? "Show as chart" : "Show as table"}
							onClick={() => setAsTable(!asTable)}
						>
							{asTable ? "Chart" : "Table"}
						</Button>
					)}
					{aside}
				</>
			}
		>
			<Box mih={height_px} data-chart={any || undefined}>
				{instead}
				{!instead && rows === null && <Skeleton height={height_px} role="status" aria-busy="true" aria-label={`Loading: ${what}`} />}
				{!instead && rows !== null && !any && empty}
				{!instead && any && asTable && <RequestsTable what={what} {...shown} />}
				{!instead && any && !asTable && <RequestsBars label={formatChart(what, totals, buckets, size)} to_come={to_come} {...shown} {...scale} />}
				{any && !as_context && (
					<Text size="xs" c="dimmed" mt={4} ml={36}>
						{SIZE_WORDS[size]}. Times in {zone.replaceAll("_", " ")}.
					</Text>
				)}
			</Box>
			{children}
		</Card>
	);
}

/** Legend with totals, in one line: the head of the card keeps its height when it appears. */
function Legend({ outcomes, totals }: { outcomes: readonly Outcome[]; totals: Totals }) {
	return (
		<Group component="ul" gap={12} m={0} p={0} className="kw-legend">
			{outcomes.map((outcome) => (
				<Tooltip key={outcome} label={OUTCOME_WORDS[outcome].means}>
					<Group component="li" gap={6} wrap="nowrap" data-outcome={outcome}>
						<span className="kw-swatch" data-part={outcome} aria-hidden="true" />
						<Text size="xs" c="dimmed">
							{OUTCOME_WORDS[outcome].name}
						</Text>
						<Text size="xs" fw={600} className="kw-figures">
							{exact.format(totals[outcome])}
						</Text>
					</Group>
				</Tooltip>
			))}
		</Group>
	);
}
