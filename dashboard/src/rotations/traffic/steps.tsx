import { Box, Text } from "@mantine/core";
import { type PointerEvent, useState } from "react";
import { getSteps, getTop, OUTLINE_HEIGHT, OUTLINE_WIDTH } from "./outline.ts";
import type { TrafficBucket } from "./traffic.ts";

/** Where the horizontal lines are, as parts of the axis. */
const GRID_LINES = [0, 0.5, 1];
const LABELS_MAX = 5;

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat("en");

interface StepsProps {
	readonly buckets: readonly TrafficBucket[];
	readonly height_px: number;
	/** Whether the last bucket is the current one. */
	readonly live: boolean;
	readonly formatTick: (start_ms: number, first: boolean) => string;
	readonly formatBucket: (start_ms: number) => string;
}

/** Requests with the old key (dashed) and with the new one as steps, from the beginning to now. The figures of a bucket appear under the pointer. */
export function TrafficSteps({ buckets, height_px, live, formatTick, formatBucket }: StepsProps) {
	const [pointed, setPointed] = useState<number | null>(null);
	const top = getTop(Math.max(...buckets.map((bucket) => Math.max(bucket.old, bucket.new))));
	const at = pointed === null ? undefined : buckets[pointed];
	function follow(event: PointerEvent<HTMLDivElement>): void {
		const { left, width } = event.currentTarget.getBoundingClientRect();
		const index = Math.floor(((event.clientX - left) / width) * buckets.length);
		setPointed(Math.min(Math.max(index, 0), buckets.length - 1));
	}
	const shared = { fill: "none", strokeWidth: 2, vectorEffect: "non-scaling-stroke", strokeLinejoin: "round" } as const;
	return (
		<div className="kw-steps-chart">
			<div style={{ position: "relative", height: height_px }} onPointerMove={follow} onPointerLeave={() => setPointed(null)}>
				{GRID_LINES.map((line) => (
					<div key={line} className="kw-grid-line" style={{ bottom: `${line * 100}%` }}>
						<span>{compact.format(top * line)}</span>
					</div>
				))}
				<svg
					viewBox={`0 0 ${OUTLINE_WIDTH} ${OUTLINE_HEIGHT}`}
					preserveAspectRatio="none"
					width="100%"
					height="100%"
					style={{ position: "absolute", overflow: "visible" }}
					aria-hidden="true"
				>
					<path
						d={getSteps(
							buckets.map((bucket) => bucket.old),
							top,
						)}
						stroke="var(--kw-old-key)"
						strokeDasharray="4 3"
						{...shared}
					/>
					<path
						d={getSteps(
							buckets.map((bucket) => bucket.new),
							top,
						)}
						stroke="var(--kw-good-mark)"
						{...shared}
					/>
				</svg>
				{at !== undefined && pointed !== null && (
					<>
						<div className="kw-pointed" style={{ left: `${((pointed + 0.5) / buckets.length) * 100}%` }} />
						<Box className="kw-surface kw-pointed-note" {...(pointed * 2 > buckets.length ? { left: 0 } : { right: 0 })}>
							<Text size="xs" fw={600}>
								{formatBucket(at.start_ms)}
							</Text>
							<Text size="xs" c="dimmed" className="kw-figures">
								old key {exact.format(at.old)} · new key {exact.format(at.new)}
							</Text>
						</Box>
					</>
				)}
			</div>
			<div className="kw-ticks" aria-hidden="true">
				{getTicks(buckets).map((start_ms, index) => (
					<span key={start_ms}>{formatTick(start_ms, index === 0)}</span>
				))}
				<span>{live ? "now" : formatTick(buckets.at(-1)?.start_ms ?? 0, false)}</span>
			</div>
		</div>
	);
}

/** The starts of evenly spaced buckets, without the last. */
function getTicks(buckets: readonly TrafficBucket[]): number[] {
	const labels = Math.min(LABELS_MAX, Math.max(1, buckets.length - 1));
	return Array.from({ length: labels }, (_, label) => buckets[Math.floor((label / labels) * buckets.length)]?.start_ms ?? 0);
}
