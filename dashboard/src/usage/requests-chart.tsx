import { Box, Button, ColorSwatch, Group, getThemeColor, Skeleton, Text, Tooltip, useMantineTheme } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { CHART_COLORS } from "../ui/theme.ts";
import { type BucketSize, getBuckets, getTotals, outcomesIn, type Totals, type UsageRow } from "./buckets.ts";
import { formatChart } from "./chart-words.ts";
import { OUTCOME_WORDS, type Outcome } from "./outcomes.ts";
import { RequestsTable } from "./requests-table.tsx";

const RequestsBars = lazy(() => import("./requests-bars.tsx"));

const HEIGHT_PX = 220;
const SWATCH_PX = 10;
const exact = new Intl.NumberFormat("en");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

interface ChartProps {
	/** The label, such as "Requests in the last 24 hours". */
	readonly what: string;
	/** Null while loading. */
	readonly rows: readonly UsageRow[] | null;
	readonly period: { readonly from_ms: number; readonly to_ms: number; readonly size: BucketSize };
	/** Shown instead of an empty chart. */
	readonly empty: ReactNode;
}

/** Requests over time by outcome, with totals in the legend and the same data as a table. */
export function RequestsChart({ what, rows, period, empty }: ChartProps) {
	const [asTable, setAsTable] = useState(false);
	if (rows === null) return <Skeleton height={HEIGHT_PX + 64} role="status" aria-busy="true" aria-label={`Loading: ${what}`} />;
	const buckets = getBuckets(rows, period);
	const totals = getTotals(buckets);
	if (totals.all === 0) return <Box mih={HEIGHT_PX + 64}>{empty}</Box>;
	const outcomes = outcomesIn(totals);
	const shown = { buckets, size: period.size, outcomes, height_px: HEIGHT_PX };
	return (
		<Box data-chart>
			<Group justify="space-between" gap="xs" mb="sm">
				<Totalled outcomes={outcomes} totals={totals} />
				<Button variant="subtle" size="compact-sm" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
					{asTable ? "Show as chart" : "Show as table"}
				</Button>
			</Group>
			{asTable ? (
				<RequestsTable what={what} {...shown} />
			) : (
				<Box role="img" aria-label={formatChart(what, totals, buckets, period.size)} h={HEIGHT_PX} pos="relative">
					{/* Positioned out of the flow, so that the chart's width does not keep its container from shrinking. */}
					<Box pos="absolute" inset={0}>
						<Suspense fallback={<Skeleton height={HEIGHT_PX} />}>
							<RequestsBars {...shown} />
						</Suspense>
					</Box>
				</Box>
			)}
			<Text size="xs" c="dimmed" mt={8}>
				Times in {zone.replaceAll("_", " ")}
			</Text>
		</Box>
	);
}

/** Legend with totals. */
function Totalled({ outcomes, totals }: { outcomes: readonly Outcome[]; totals: Totals }) {
	const theme = useMantineTheme();
	return (
		<Group component="ul" gap="lg" m={0} p={0} style={{ listStyle: "none" }}>
			{outcomes.map((outcome) => (
				<Tooltip key={outcome} label={OUTCOME_WORDS[outcome].means}>
					<Group component="li" gap={6} wrap="nowrap" data-outcome={outcome}>
						<ColorSwatch size={SWATCH_PX} radius={2} color={getThemeColor(CHART_COLORS[outcome], theme)} withShadow={false} aria-hidden="true" />
						<Text size="sm" c="dimmed">
							{OUTCOME_WORDS[outcome].name}
						</Text>
						<Text size="sm" fw={600} className="kw-figures">
							{exact.format(totals[outcome])}
						</Text>
					</Group>
				</Tooltip>
			))}
		</Group>
	);
}
