import { Text } from "@mantine/core";
import { IconCheck, IconCircle, IconCircleHalf2 } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { formatActor } from "../../keys/text.ts";
import { Instant, Time } from "../../ui/time.tsx";
import type { Position } from "../progress.ts";
import type { RotationSource } from "../queries.ts";
import { isConfirmed } from "../words.ts";

const SHAPE_PX = 12;
const exact = new Intl.NumberFormat("en");

/** Two rings that cross: several programs can look like this one. */
function CrossingRings() {
	return (
		<svg width={SHAPE_PX} height={SHAPE_PX} viewBox="0 0 12 12" fill="none" stroke="var(--kw-attention-mark)" strokeWidth={1.5} aria-hidden="true">
			<circle cx={4.2} cy={6} r={3.2} />
			<circle cx={7.8} cy={6} r={3.2} />
		</svg>
	);
}

const SHAPES: Readonly<Record<Position, ReactNode>> = {
	ask: <CrossingRings />,
	old: <IconCircle size={SHAPE_PX} color="var(--kw-mark)" stroke={2.5} aria-hidden="true" />,
	moving: <IconCircleHalf2 size={SHAPE_PX} color="var(--kw-good-mark)" stroke={2.5} aria-hidden="true" />,
	moved: <IconCheck size={SHAPE_PX} color="var(--kw-good-mark)" stroke={3} aria-hidden="true" />,
	new: <IconCheck size={SHAPE_PX} color="var(--kw-good-mark)" stroke={3} aria-hidden="true" />,
};

/** The position of a client as a shape and a word, and the fact behind it. */
export function ClientState({ source, position, word }: { source: RotationSource; position: Position; word: string }) {
	return (
		<div className="kw-client-state">
			<Text size="sm" lh="18px" {...(position === "ask" ? { c: "var(--kw-attention)", fw: 500 } : {})}>
				{SHAPES[position]}
				{word}
			</Text>
			<Text size="xs" lh="16px" c="dimmed" className="kw-figures">
				<Behind source={source} position={position} />
			</Text>
		</div>
	);
}

function Behind({ source, position }: { source: RotationSource; position: Position }) {
	if (position === "old") return <Time value={source.old?.last_seen_at ?? null} />;
	if (position === "ask" || position === "moving") return <>{exact.format(source.new?.requests ?? 0)} with the new key</>;
	if (isConfirmed(source) && source.confirmation !== null)
		return (
			<>
				{formatActor(source.confirmation.by)}, <Instant value={source.confirmation.at} />
			</>
		);
	if (source.new !== null) return <Instant value={source.new.first_seen_at} />;
	return (
		<>
			silent since <Instant value={source.silent_since} />
		</>
	);
}
