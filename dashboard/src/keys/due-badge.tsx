import { Box, Text } from "@mantine/core";
import { StateBadge } from "../ui/state-badge.tsx";
import { Time, useNow } from "../ui/time.tsx";
import { exactTime, formatDate } from "../ui/time-words.ts";
import { type Due, expiryDue, replacementDue } from "./due-words.ts";

const DUES = { expiry: expiryDue, replacement: replacementDue } as const;
type Kind = keyof typeof DUES;
const TEXT_COLORS: Readonly<Record<Due["meaning"], string>> = {
	good: "inherit",
	resting: "inherit",
	coming: "inherit",
	attention: "var(--kw-attention)",
	last: "var(--kw-ended)",
	ended: "dimmed",
};

/** A date in a list: a badge when it is near or past, else the usual relative time. The exact time is on hover. */
export function DueTime({ kind, value, never }: { kind: Kind; value: string | null; never: string }) {
	const due = DUES[kind](value, useNow());
	return value === null || due === null ? <Time value={value} never={never} /> : <Badged due={due} value={value} words={due.short} />;
}

interface TextProps {
	readonly kind: Kind;
	readonly value: string | null;
	readonly never: string;
	/** Whether to show the date itself: then it is said elsewhere how near it is. */
	readonly dated?: boolean;
}

/** The same in a row of a table: one line, coloured when it is near or past. */
export function DueText({ kind, value, never, dated = false }: TextProps) {
	const now_ms = useNow();
	const due = DUES[kind](value, now_ms);
	if (value === null || (due === null && !dated)) {
		return (
			<Text span size="sm" {...(value === null ? { c: "dimmed" } : {})}>
				<Time value={value} never={never} />
			</Text>
		);
	}
	const words = dated ? formatDate(value, now_ms) : due?.short;
	return (
		<Text span size="sm" c={due === null ? "inherit" : TEXT_COLORS[due.meaning]}>
			<time dateTime={value} title={exactTime(value)} data-due={due?.nearness}>
				{words}
			</time>
		</Text>
	);
}

function Badged({ due, value, words }: { due: Due; value: string; words: string }) {
	return (
		<Box component="time" dateTime={value} title={exactTime(value)} display="inline-flex" data-due={due.nearness}>
			<StateBadge meaning={due.meaning}>{words}</StateBadge>
		</Box>
	);
}
