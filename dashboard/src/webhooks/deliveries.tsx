import { Button, Group, Select, Skeleton, Text, UnstyledButton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useDialog, useKept, useStaying } from "../ui/dialog/use-dialog.ts";
import { Card } from "../ui/page.tsx";
import { Problem } from "../ui/problem.tsx";
import { MEANINGS } from "../ui/theme.ts";
import { useNow } from "../ui/time.tsx";
import { DeliverySheet } from "./delivery-sheet.tsx";
import { type Delivery, type DeliveryStatus, deliveriesQuery, type Owner, type Webhook } from "./queries.ts";
import { formatMoment, formatOutcome, formatResponse, getHost, STATUS_MEANINGS, STATUS_WORDS } from "./words.ts";

const ANY = "any";
const CHOICES = [
	{ value: ANY, label: "All" },
	{ value: "pending", label: STATUS_WORDS.pending },
	{ value: "delivered", label: STATUS_WORDS.delivered },
	{ value: "failed", label: STATUS_WORDS.failed },
];

interface DeliveriesProps {
	readonly owner: Owner;
	readonly webhook: Webhook;
	readonly status: DeliveryStatus | null;
	readonly onStatus: (status: DeliveryStatus | null) => void;
	readonly manages: boolean;
	readonly onTest: () => void;
}

/** What was sent to a webhook, the latest event first; a row opens what the receiver responded. */
export function Deliveries({ owner, webhook, status, onStatus, manages, onTest }: DeliveriesProps) {
	const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage, isPlaceholderData } = useInfiniteQuery(
		deliveriesQuery(owner, webhook.id, status),
	);
	const { opened, of, open, close } = useDialog("delivery");
	const deliveries = data?.pages.flatMap((page) => page.data) ?? [];
	const asked = deliveries.find(({ id }) => id === of);
	const chosen = useKept(asked);
	const shows = useStaying(opened, asked !== undefined);
	const filter = (
		<Select
			aria-label="Deliveries"
			className="kw-card-filter"
			size="xs"
			w={112}
			data={CHOICES}
			value={status ?? ANY}
			onChange={(value) => onStatus(CHOICES.some((choice) => choice.value === value) ? statusFrom(value) : null)}
		/>
	);
	return (
		<Card
			title="Last deliveries"
			beside={
				<Text size="xs" c="dimmed" className="kw-mono" truncate miw={0} flex="0 1 auto" data-of>
					{getHost(webhook.url)}
				</Text>
			}
			aside={filter}
			flush
		>
			{data === undefined && (error === null ? <Skeleton height={132} m="md" aria-busy="true" /> : <Problem error={error} />)}
			{data !== undefined && deliveries.length === 0 && <Nothing status={status} onTest={manages ? onTest : null} />}
			{deliveries.length > 0 && (
				<ul className="kw-webhook-rows kw-rows" data-stale={isPlaceholderData || undefined} aria-label="Deliveries">
					{deliveries.map((delivery) => (
						<Row key={delivery.id} delivery={delivery} onChoose={() => open(delivery.id)} />
					))}
				</ul>
			)}
			{hasNextPage && (
				<Group justify="center" p="xs">
					<Button variant="default" size="xs" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
						Show more
					</Button>
				</Group>
			)}
			{chosen !== null && (
				<DeliverySheet
					key={chosen.id}
					owner={owner}
					webhook={webhook}
					delivery={chosen}
					opened={shows}
					manages={manages}
					onClose={close}
					onReplayed={({ id }) => open(id)}
				/>
			)}
		</Card>
	);
}

function statusFrom(value: string | null): DeliveryStatus | null {
	return value === "pending" || value === "delivered" || value === "failed" ? value : null;
}

function Row({ delivery, onChoose }: { delivery: Delivery; onChoose: () => void }) {
	const now_ms = useNow();
	const meaning = STATUS_MEANINGS[delivery.status];
	return (
		<li data-delivery={delivery.status}>
			<UnstyledButton className="kw-delivery" onClick={onChoose}>
				<time className="kw-figures" dateTime={delivery.at}>
					{formatMoment(delivery.at, now_ms)}
				</time>
				<Text span inherit className="kw-mono" truncate>
					{delivery.type}
				</Text>
				<span className="kw-delivery-response" data-response>
					<span className="kw-shape" data-meaning={meaning} aria-hidden="true">
						{delivery.status === "delivered" ? "✓" : MEANINGS[meaning].shape}
					</span>{" "}
					{formatResponse(delivery)}
				</span>
				<span className="kw-delivery-outcome" data-meaning={delivery.status === "delivered" ? undefined : meaning} data-outcome>
					{formatOutcome(delivery, now_ms)}
				</span>
			</UnstyledButton>
		</li>
	);
}

function Nothing({ status, onTest }: { status: DeliveryStatus | null; onTest: (() => void) | null }) {
	return (
		<Group px="md" py="sm" gap="sm" role="status">
			<Text size="sm" c="dimmed" flex="1 1 200px">
				{status === null ? "Nothing was sent yet. The next event is the first." : `No delivery is in the state “${STATUS_WORDS[status]}”.`}
			</Text>
			{status === null && onTest !== null && (
				<Button variant="default" size="xs" onClick={onTest}>
					Send a test event
				</Button>
			)}
		</Group>
	);
}
