import "@mantine/charts/styles.css";
import { BarChart } from "@mantine/charts";
import { useReducedMotion } from "@mantine/hooks";
import { CHART_COLORS } from "../ui/theme.ts";
import type { Bucket, BucketSize } from "./buckets.ts";
import { formatBucket, formatTick } from "./chart-words.ts";
import { OUTCOME_WORDS, type Outcome } from "./outcomes.ts";

const DRAWN_MS = 160;
const BAR_WIDTH_MAX_PX = 28;
const TICK_GAP_PX = 24;

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat("en");

/** The library also renders the tooltip while no bar is hovered. */
function formatLabel(start_ms: unknown, size: BucketSize): string {
	return typeof start_ms === "number" ? formatBucket(start_ms, size) : "";
}

interface BarsProps {
	readonly buckets: readonly Bucket[];
	readonly size: BucketSize;
	readonly outcomes: readonly Outcome[];
	readonly height_px: number;
}

/** The bars, lazy-loaded with the chart library. */
export default function RequestsBars({ buckets, size, outcomes, height_px }: BarsProps) {
	const still = useReducedMotion();
	return (
		<BarChart
			h={height_px}
			type="stacked"
			data={buckets.map((bucket) => ({ ...bucket }))}
			dataKey="start_ms"
			series={outcomes.map((outcome) => ({ name: outcome, label: OUTCOME_WORDS[outcome].name, color: CHART_COLORS[outcome] }))}
			accessibilityLayer={false}
			strokeDasharray={0}
			tickLine="none"
			gridAxis="x"
			maxBarWidth={BAR_WIDTH_MAX_PX}
			valueFormatter={(requests) => exact.format(requests)}
			xAxisProps={{ tickFormatter: (start_ms: number) => formatTick(start_ms, size), minTickGap: TICK_GAP_PX, interval: "preserveStart" }}
			yAxisProps={{ allowDecimals: false, tickFormatter: (requests: number) => compact.format(requests), width: 44 }}
			barProps={{ isAnimationActive: !still, animationDuration: DRAWN_MS }}
			tooltipProps={{ labelFormatter: (start_ms) => formatLabel(start_ms, size), isAnimationActive: false }}
		/>
	);
}
