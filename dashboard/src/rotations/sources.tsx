import { Box, Group, Progress, SimpleGrid, Text } from "@mantine/core";
import { formatNetwork, formatProgram } from "../keys/text.ts";
import { Section } from "../ui/page.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import type { Meaning } from "../ui/theme.ts";
import { Time } from "../ui/time.tsx";
import { formatRequests } from "../usage/ranges.ts";
import { RotationConfirm } from "./confirm.tsx";
import type { RotationProps } from "./props.ts";
import { isOpen, type RotationSource } from "./queries.ts";
import { formatClient, getMove, type Move } from "./words.ts";

const ORDER: Readonly<Record<Move["state"], number>> = { old: 0, both: 1, moved: 2, none: 3 };
const MEANING: Readonly<Record<Move["state"], Meaning>> = { old: "attention", both: "attention", moved: "good", none: "good" };
/** Its position on the line from the old key to the new one. */
const PERCENT: Readonly<Record<Move["state"], number>> = { old: 6, both: 60, moved: 100, none: 100 };
const TRACK_PX = 6;

/** Each client that uses either key and how far it has moved, those that have not moved first. */
export function RotationSources(props: RotationProps) {
	const { rotation } = props;
	const { sources, reasons, successor } = rotation;
	const moves = sources
		.map((source) => ({ source, move: getMove(source, reasons, successor !== null) }))
		.sort((a, b) => ORDER[a.move.state] - ORDER[b.move.state] || formatClient(a.source).localeCompare(formatClient(b.source)));
	return (
		<Section title="From the old key to the new one">
			{moves.length === 0 ? (
				<Text size="sm">
					{isOpen(rotation)
						? "Nothing has used the old key in 90 days. The first request with either key shows here where it came from."
						: "Nothing used either key while both worked."}
				</Text>
			) : (
				<ul style={{ margin: 0, padding: 0, listStyle: "none" }} data-moves>
					{moves.map(({ source, move }) => (
						<OneMove key={source.id} {...props} source={source} move={move} open={isOpen(rotation)} />
					))}
				</ul>
			)}
			{isOpen(rotation) && moves.length > 0 && (
				<Text size="sm" c="dimmed" mt="sm" className="kw-wrap" data-evidence-limit>
					A client has moved when the old key was silent there for ten minutes, or for three of its longest pauses. A copy of a program that calls
					more rarely than that cannot be seen.
				</Text>
			)}
		</Section>
	);
}

function OneMove({ source, move, open, ...props }: RotationProps & { source: RotationSource; move: Move; open: boolean }) {
	const name = formatClient(source);
	const program = source.client ?? formatProgram(source.agent);
	const title = source.network === "other" ? name : (source.name ?? program);
	const word = open || source.moved || move.state === "none" ? move.word : "Had not moved";
	return (
		<Box component="li" className="kw-row" data-move={move.state} data-client={name}>
			<SimpleGrid cols={{ base: 1, xs: 2 }} spacing="lg" verticalSpacing={8}>
				<Box miw={0}>
					<Group gap={8} align="center">
						<Text fw={500} className="kw-wrap">
							{title}
						</Text>
						<StateBadge meaning={MEANING[move.state]}>{word}</StateBadge>
					</Group>
					<Text size="sm" c="dimmed" className="kw-wrap">
						{source.network !== "other" && (
							<>
								<span className="kw-mono">{formatNetwork(source.network)}</span>
								{title !== formatProgram(source.agent) && ` · ${formatProgram(source.agent)}`}
								{source.client !== null && source.client !== title && ` · ${source.client}`}
							</>
						)}
					</Text>
				</Box>
				<Track source={source} move={move} name={name} />
			</SimpleGrid>
			{open && move.why !== null && (
				<Text size="sm" mt={8} className="kw-wrap">
					{move.why}
					{source.waits_until !== null && move.state === "both" && source.told_apart && (
						<Text component="span" inherit c="dimmed">
							{" "}
							If nothing else is seen, that is <Time value={source.waits_until} />.
						</Text>
					)}
				</Text>
			)}
			{open && <RotationConfirm {...props} source={source} />}
		</Box>
	);
}

/** The line from the old key to the new one, with the last use at each end. */
function Track({ source, move, name }: { source: RotationSource; move: Move; name: string }) {
	return (
		<Box miw={0}>
			<Progress
				value={PERCENT[move.state]}
				size={TRACK_PX}
				color={move.state === "moved" || move.state === "none" ? "teal" : "yellow"}
				aria-label={`${name}: ${move.word}`}
				transitionDuration={160}
			/>
			<Group justify="space-between" gap="xs" mt={6} wrap="nowrap" align="flex-start">
				<Seen title="Old key" seen={source.old} />
				<Seen title="New key" seen={source.new} end />
			</Group>
		</Box>
	);
}

function Seen({ title, seen, end = false }: { title: string; seen: { last_seen_at: string; requests: number } | null; end?: boolean }) {
	return (
		<Text size="xs" c="dimmed" ta={end ? "right" : "left"} className="kw-figures" miw={0}>
			<Text component="span" inherit fw={500}>
				{title}
			</Text>
			<br />
			{seen === null ? (
				"not seen"
			) : (
				<>
					{formatRequests(seen.requests)}
					<br />
					last <Time value={seen.last_seen_at} />
				</>
			)}
		</Text>
	);
}
