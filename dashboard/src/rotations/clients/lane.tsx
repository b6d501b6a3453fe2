import { Text } from "@mantine/core";
import type { CSSProperties } from "react";
import { relativeTime } from "../../ui/time-words.ts";
import { formatRequests } from "../../usage/ranges.ts";
import type { Position } from "../progress.ts";
import type { RotationSource } from "../queries.ts";

/** Where the dot stands between the old key and the new one. */
const AT: Readonly<Record<Position, string>> = { old: "0%", moving: "60%", ask: "86%", moved: "100%", new: "100%" };

type Seen = RotationSource["old"];

function formatSeen(key: string, seen: Seen | RotationSource["new"], now_ms: number): string {
	return seen === null ? `${key}: not seen` : `${key}: ${formatRequests(seen.requests)}, last ${relativeTime(seen.last_seen_at, now_ms)}`;
}

/** A line from the old key to the new one. Its name and tooltip have the requests with each. */
export function Lane({ source, position }: { source: RotationSource; position: Position }) {
	const now_ms = Date.now();
	const text = `${formatSeen("Old key", source.old, now_ms)}. ${formatSeen("New key", source.new, now_ms)}.`;
	const arrived = position === "moved" || position === "new";
	// Guarantee: a custom property is a valid style, which React's type does not know.
	const style = { "--at": AT[position] } as CSSProperties;
	return (
		<div className="kw-lane" role="img" aria-label={text} title={text} data-position={position} style={style}>
			<Text component="span" inherit c="dimmed" aria-hidden="true">
				old
			</Text>
			<span className="kw-lane-track">
				<i />
				<b />
			</span>
			<Text component="span" inherit c={arrived ? "var(--kw-good)" : "dimmed"} aria-hidden="true">
				new
			</Text>
		</div>
	);
}
