import { Box, Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import { useKeepFocus } from "../../ui/keep-focus.ts";
import { Card } from "../../ui/page.tsx";
import { getProgress, type Position } from "../progress.ts";
import type { RotationProps } from "../props.ts";
import { isOpen } from "../queries.ts";
import { formatClient, getMove } from "../words.ts";
import { OneClient } from "./row.tsx";

const ORDER: Readonly<Record<Position, number>> = { ask: 0, old: 1, moving: 2, moved: 3, new: 4 };
/** Above this many clients, those that have moved are hidden at first, and more than this many rows of others too. */
const SHOWN_MAX = 8;
/** Rows that the block of a client takes that needs a person. */
const ROWS_OF_ASK = 2.5;

/** How many of the clients fit into `SHOWN_MAX` rows, at least one. */
function countFitting(positions: readonly Position[]): number {
	let rows = 0;
	const first_hidden = positions.findIndex((position) => {
		rows += position === "ask" ? ROWS_OF_ASK : 1;
		return rows > SHOWN_MAX;
	});
	return first_hidden === -1 ? positions.length : Math.max(1, first_hidden);
}

/** Each client that uses either key and how far it has moved; first those that need a person. */
export function RotationClients(props: RotationProps) {
	const { rotation } = props;
	const { sources, reasons, successor } = rotation;
	const [expanded, setExpanded] = useState(false);
	const list = useKeepFocus<HTMLUListElement>();
	const open = isOpen(rotation);
	const moves = sources
		.map((source) => ({ source, move: getMove(source, reasons, successor !== null) }))
		.sort((a, b) => ORDER[a.move.position] - ORDER[b.move.position] || formatClient(a.source).localeCompare(formatClient(b.source)));
	const remaining = moves.map(({ move }) => move.position).filter((position) => position !== "moved" && position !== "new");
	const fitting = countFitting(remaining);
	const hidden = moves.length > SHOWN_MAX && !expanded ? moves.length - fitting : 0;
	const shown = moves.slice(0, moves.length - hidden);
	return (
		<Card flush title="Clients" note={open ? "what each was last seen with" : "what each was last seen with before the end"} aside={<Keys />}>
			{moves.length === 0 && (
				<Text size="sm" px="md" pb="md">
					{open
						? "Nothing has used the old key in 90 days. The first request with either key shows here where it came from."
						: "Nothing used either key while both worked."}
				</Text>
			)}
			{shown.length > 0 && (
				<ul ref={list} tabIndex={-1} className="kw-clients" data-moves>
					{shown.map(({ source, move }) => (
						<OneClient key={source.id} {...props} source={source} move={move} />
					))}
				</ul>
			)}
			{moves.length > SHOWN_MAX && (hidden > 0 || expanded) && (
				<Box px="md" py={6} style={{ borderTop: "1px solid var(--kw-hairline)" }}>
					<Button variant="subtle" size="compact-sm" aria-expanded={expanded} onClick={() => setExpanded(!expanded)}>
						{fitting < remaining.length ? (expanded ? "Show fewer clients" : `Show all ${moves.length} clients`) : formatMovedOnes(expanded, hidden)}
					</Button>
				</Box>
			)}
			{open && moves.length > 0 && <Foot {...props} />}
		</Card>
	);
}

function formatMovedOnes(expanded: boolean, hidden: number): string {
	return expanded ? "Hide those that have moved" : `Show ${hidden} more ${hidden === 1 ? "client that uses" : "clients that use"} the new key`;
}

/** What to do about clients on the old key, how to tell programs apart, and the limit of the evidence. */
function Foot({ rotation }: RotationProps) {
	const { sources, successor } = rotation;
	const by = sources.find((source) => source.may_be_confirmed && !source.moved && source.tell_apart_by !== null)?.tell_apart_by;
	const on_old = successor !== null && getProgress(rotation).old > 0;
	return (
		<Text size="xs" c="dimmed" px="md" py={8} className="kw-wrap" style={{ borderTop: "1px solid var(--kw-hairline)" }} data-evidence-limit>
			{on_old && "Give what uses the old key the new one, or stop it. "}A client has moved when the old key was silent there for ten minutes, or for
			three of its longest pauses. A copy of a program that calls more rarely than that cannot be seen.
			{by !== undefined && (
				<>
					{" "}
					A program that sends a name of its own as <span className="kw-mono">{by}</span> is listed by itself from then on.
				</>
			)}
		</Text>
	);
}

function Keys() {
	return (
		<Group gap={12} visibleFrom="sm">
			{(
				[
					["Old key", "var(--kw-old-key)"],
					["New key", "var(--kw-good-mark)"],
				] as const
			).map(([word, color]) => (
				<Text key={word} component="span" size="xs" c="dimmed">
					<span className="kw-key-mark" style={{ background: color }} aria-hidden="true" />
					{word}
				</Text>
			))}
		</Group>
	);
}
