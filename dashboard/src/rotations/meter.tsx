import "./rotation.css";
import type { CSSProperties } from "react";
import { formatMoved, getMeter, METER_CELLS_MAX, type Progress } from "./progress.ts";

/** The clients of the old key at a glance: filled has moved, half filled uses both, striped waits for a person, hollow uses the old key. */
export function RotationMeter({ progress }: { progress: Progress }) {
	if (progress.clients === 0) return null;
	const parts = getMeter(progress);
	const proportional = parts.length < progress.clients;
	// Guarantee: a custom property is a valid style, which React's type does not know.
	const style = { "--cells": Math.min(progress.clients, METER_CELLS_MAX) } as CSSProperties;
	return (
		<span className="kw-meter" role="img" aria-label={formatMoved(progress)} style={style}>
			{parts.map(({ position, weight }, index) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: the parts have no identity; they are drawn in this order
				<i key={index} data-position={position} style={proportional ? { flexGrow: weight } : undefined} />
			))}
		</span>
	);
}
