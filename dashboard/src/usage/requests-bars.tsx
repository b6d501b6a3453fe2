import "./requests-bars.css";
import { useState } from "react";
import type { Bucket, BucketSize } from "./buckets.ts";
import { formatBucket, formatTick } from "./chart-words.ts";
import { OUTCOME_WORDS, OUTCOMES, type Outcome } from "./outcomes.ts";
import { formatRequests } from "./ranges.ts";
import { getTicks } from "./scale.ts";

const TIMES_MAX = 7;
/** Of the widest time, which must not leave the chart at its right. */
const TIME_WIDTH_PX = 40;
/** A note right of its bar would leave the chart beyond this part of the width. */
const NOTE_RIGHT_UNTIL = 0.66;

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat("en");

interface BarsProps {
	readonly buckets: readonly Bucket[];
	/** The starts of buckets that are not there yet. */
	readonly to_come?: readonly number[];
	readonly size: BucketSize;
	readonly outcomes: readonly Outcome[];
	readonly height_px: number;
	/** The label for screen readers, who do not get the bars. */
	readonly label: string;
	/** Lines of the axis above zero. */
	readonly steps_max?: number;
	/** Whether the tallest refusal is named at its bar. */
	readonly names_worst?: boolean;
}

function sum(bucket: Bucket): number {
	return OUTCOMES.reduce((total, outcome) => total + bucket[outcome], 0);
}

/** The bucket with the most refusals; null without any. */
function getWorst(buckets: readonly Bucket[]): { index: number; refused: number } | null {
	const worst = buckets.reduce((found, bucket, index) => (bucket.refused > (buckets[found]?.refused ?? 0) ? index : found), 0);
	const refused = buckets[worst]?.refused ?? 0;
	return refused === 0 ? null : { index: worst, refused };
}

/** Requests over time as stacked bars from zero. The tallest refusal is named at its bar, the last bucket is paler while it runs. */
export function RequestsBars({ buckets, to_come = [], size, outcomes, height_px, label, steps_max, names_worst = true }: BarsProps) {
	const [hovered, setHovered] = useState<number | null>(null);
	const ticks = getTicks(Math.max(...buckets.map(sum)), steps_max);
	const top = ticks.at(-1) ?? 1;
	const percent = (requests: number) => `${(requests / top) * 100}%`;
	const starts = [...buckets.map(({ start_ms }) => start_ms), ...to_come];
	const columns = starts.length;
	const every = Math.ceil(columns / TIMES_MAX);
	const worst = names_worst ? getWorst(buckets) : null;
	const shown = hovered === null ? undefined : buckets[hovered];
	return (
		<div className="kw-bars" role="img" aria-label={label} data-bars={buckets.length} onPointerLeave={() => setHovered(null)}>
			<div className="kw-bars-plot" style={{ height: height_px }}>
				{ticks.map((tick) => (
					<div key={tick} className="kw-bars-line" style={{ bottom: percent(tick) }} data-tick={tick}>
						<span>{compact.format(tick)}</span>
					</div>
				))}
				<div className="kw-bars-columns">
					{buckets.map((bucket, index) => (
						<div
							key={bucket.start_ms}
							className="kw-bars-column"
							onPointerEnter={() => setHovered(index)}
							data-open={index === buckets.length - 1 || undefined}
						>
							{[...outcomes]
								.reverse()
								.filter((outcome) => bucket[outcome] > 0)
								.map((outcome) => (
									<div key={outcome} className="kw-bars-part" data-part={outcome} style={{ height: percent(bucket[outcome]) }} />
								))}
						</div>
					))}
					{to_come.map((start_ms) => (
						<div key={start_ms} className="kw-bars-column" onPointerEnter={() => setHovered(null)} />
					))}
				</div>
				{worst !== null && shown === undefined && (
					<div
						className="kw-bars-note"
						data-side={(worst.index + 1) / columns > NOTE_RIGHT_UNTIL ? "left" : "right"}
						style={{ left: `${((worst.index + 0.5) / columns) * 100}%`, bottom: percent(sum(buckets[worst.index] ?? NOTHING)) }}
					>
						<span>{exact.format(worst.refused)} refused</span>
					</div>
				)}
				{shown !== undefined && hovered !== null && (
					<div
						className="kw-bars-note"
						data-side={(hovered + 1) / columns > NOTE_RIGHT_UNTIL ? "left" : "right"}
						style={{ left: `${((hovered + 0.5) / columns) * 100}%`, bottom: "50%" }}
					>
						<span>
							<b>{formatBucket(shown.start_ms, size)}</b>
							{outcomes.map((outcome) => (
								<i key={outcome}>
									{OUTCOME_WORDS[outcome].name}: {formatRequests(shown[outcome])}
								</i>
							))}
						</span>
					</div>
				)}
			</div>
			<div className="kw-bars-times" aria-hidden="true">
				{starts.map((start_ms, index) =>
					index % every === 0 ? (
						<span key={start_ms} style={{ left: `min(${(index / columns) * 100}%, 100% - ${TIME_WIDTH_PX}px)` }}>
							{formatTick(start_ms, size)}
						</span>
					) : null,
				)}
			</div>
		</div>
	);
}

const NOTHING: Bucket = { start_ms: 0, allowed: 0, limited: 0, refused: 0 };
