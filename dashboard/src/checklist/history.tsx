import { Button, Skeleton, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { SentenceView } from "../alerts/sentence.tsx";
import { Drawer } from "../ui/dialog/modal.tsx";
import { Problem } from "../ui/problem.tsx";
import { Instant, useNow } from "../ui/time.tsx";
import { type Turn, turnsQuery } from "./queries.ts";
import { StatusShape } from "./status-shape.tsx";
import { formatEvidence, STATUS_WORDS, TITLES, withShortNames } from "./words.ts";

interface HistoryProps {
	readonly tenant_id: string;
	readonly key_id: string | undefined;
	readonly opened: boolean;
	readonly onClose: () => void;
}

const WIDTH_PX = 480;
const LOADING_PX = 240;

/** When items turned, and by what. */
export function ChecklistHistory({ opened, onClose, ...of }: HistoryProps) {
	return (
		<Drawer name="history" opened={opened} onClose={onClose} size={WIDTH_PX} title="What turned" closeButtonProps={{ "aria-label": "Close" }}>
			<Turns {...of} />
		</Drawer>
	);
}

function Turns({ tenant_id, key_id }: Pick<HistoryProps, "tenant_id" | "key_id">) {
	const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(turnsQuery(tenant_id, key_id));
	const turns = data?.pages.flatMap((page) => page.data);
	return (
		<Stack gap="md">
			<Problem error={error} />
			{turns === undefined && error === null && <Skeleton height={LOADING_PX} role="status" aria-busy="true" aria-label="Loading" />}
			{turns?.length === 0 && (
				<Text size="sm" c="dimmed">
					Nothing has turned yet. What turns is noticed when this page is read, or within an hour.
				</Text>
			)}
			{turns !== undefined && turns.length > 0 && (
				<ul className="kw-turns">
					{turns.map((turn) => (
						<TurnRow key={`${turn.at} ${turn.item}`} turn={turn} />
					))}
				</ul>
			)}
			{hasNextPage && (
				<Button variant="default" onClick={() => void fetchNextPage()} loading={isFetchingNextPage}>
					Show earlier ones
				</Button>
			)}
		</Stack>
	);
}

function TurnRow({ turn }: { turn: Turn }) {
	const { item, from, to, at, evidence, key_id } = turn;
	const now_ms = useNow();
	const then = { item, status: to, evidence, key_id, scope: key_id === null ? "tenant" : "key", observed_at: at, since: at, action: null } as const;
	return (
		<li data-turn={item}>
			<StatusShape status={to} />
			<div>
				<Text span size="sm" fw={600}>
					{TITLES[item]}
				</Text>{" "}
				turned from {STATUS_WORDS[from].toLowerCase()} to {STATUS_WORDS[to].toLowerCase()}, <Instant value={at} />
				<p>
					<SentenceView of={withShortNames(formatEvidence(then, now_ms))} />
				</p>
			</div>
		</li>
	);
}
