import "@mantine/charts/styles.css";
import { LineChart } from "@mantine/charts";
import { useReducedMotion } from "@mantine/hooks";
import { CHART_COLORS } from "../../ui/theme.ts";
import type { TrafficBucket } from "./traffic.ts";

const DRAWN_MS = 160;
const TICK_GAP_PX = 24;

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat("en");

interface LinesProps {
	readonly buckets: readonly TrafficBucket[];
	readonly height_px: number;
	readonly formatTick: (start_ms: number) => string;
	readonly formatBucket: (start_ms: number) => string;
}

/** Lazy-loaded with the chart library. The old key's line is dashed, so that colour is not the only difference. */
export default function TrafficLines({ buckets, height_px, formatTick, formatBucket }: LinesProps) {
	const still = useReducedMotion();
	return (
		<LineChart
			h={height_px}
			data={buckets.map((bucket) => ({ ...bucket }))}
			dataKey="start_ms"
			series={[
				{ name: "old", label: "Old key", color: CHART_COLORS.old_key, strokeDasharray: "5 4" },
				{ name: "new", label: "New key", color: CHART_COLORS.new_key },
			]}
			curveType="monotone"
			withDots={false}
			strokeDasharray={0}
			tickLine="none"
			gridAxis="x"
			valueFormatter={(requests) => exact.format(requests)}
			lineChartProps={{ accessibilityLayer: false }}
			lineProps={{ isAnimationActive: !still, animationDuration: DRAWN_MS }}
			xAxisProps={{ tickFormatter: formatTick, minTickGap: TICK_GAP_PX, interval: "preserveStart" }}
			yAxisProps={{ allowDecimals: false, tickFormatter: (requests: number) => compact.format(requests), width: 44 }}
			tooltipProps={{ labelFormatter: (start_ms) => (typeof start_ms === "number" ? formatBucket(start_ms) : ""), isAnimationActive: false }}
		/>
	);
}
