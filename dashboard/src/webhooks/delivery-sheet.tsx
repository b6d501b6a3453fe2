import { Box, Button, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { CopyButton } from "../ui/copy-button.tsx";
import { Drawer } from "../ui/dialog/modal.tsx";
import { Problem } from "../ui/problem.tsx";
import { SheetFoot } from "../ui/sheet-foot.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { Time, useNow } from "../ui/time.tsx";
import { exactTime } from "../ui/time-words.ts";
import { toaster } from "../ui/toaster.tsx";
import { useAction } from "../ui/use-action.ts";
import { type Delivery, type EventType, type Owner, replayDelivery, useWebhooksChanged, type Webhook } from "./queries.ts";
import { EVENT_WORDS, formatDuration, formatOutcome, formatResponse, STATUS_MEANINGS, STATUS_WORDS } from "./words.ts";

const WIDTH_PX = 480;

interface SheetProps {
	readonly owner: Owner;
	readonly webhook: Webhook;
	readonly delivery: Delivery;
	readonly opened: boolean;
	readonly manages: boolean;
	readonly onClose: () => void;
	/** With the delivery as it is after it was sent again. */
	readonly onReplayed: (delivery: Delivery) => void;
}

/** One event for one webhook: what the receiver responded, what follows, and a button that sends it again. */
export function DeliverySheet({ opened, onClose, ...props }: SheetProps) {
	return (
		<Drawer
			name="delivery"
			opened={opened}
			onClose={onClose}
			size={WIDTH_PX}
			title={<span className="kw-mono kw-wrap">{props.delivery.type}</span>}
			closeButtonProps={{ "aria-label": "Close" }}
		>
			<Inside {...props} />
		</Drawer>
	);
}

function isKnown(type: string): type is EventType {
	return Object.hasOwn(EVENT_WORDS, type);
}

function Inside({ owner, webhook, delivery, manages, onReplayed }: Omit<SheetProps, "opened" | "onClose">) {
	const action = useAction();
	const changed = useWebhooksChanged(owner);
	const now_ms = useNow();
	const { type, attempt, status, at, duration_ms, error, next_attempt_at, event_id, sequence } = delivery;
	async function replay(): Promise<void> {
		const replayed = await action.run(() => replayDelivery(owner, webhook.id, delivery.id));
		changed();
		if (replayed === undefined) return;
		toaster.done("The event is sent again.");
		onReplayed(replayed);
	}
	const obstacle = getObstacle(webhook, delivery, manages);
	return (
		<Box className="kw-sheet-form">
			<Stack gap="md" flex={1}>
				{isKnown(type) && <Text size="sm">This event says: {EVENT_WORDS[type]}.</Text>}
				<dl className="kw-webhook-facts">
					<Fact name="State">
						<StateBadge meaning={STATUS_MEANINGS[status]}>{STATUS_WORDS[status]}</StateBadge>
					</Fact>
					<Fact name="Response">
						<span className="kw-figures" data-response>
							{formatResponse(delivery)}
						</span>
						{error !== null && (
							<Text size="sm" className="kw-wrap" data-error>
								{error}
							</Text>
						)}
					</Fact>
					{next_attempt_at !== null && (
						<Fact name="Next attempt">
							<span data-next>{formatOutcome(delivery, now_ms)}</span>
							<Text size="xs" c="dimmed">
								{exactTime(next_attempt_at)}
							</Text>
						</Fact>
					)}
					<Fact name={attempt === 0 ? "Waiting since" : "Last attempt"}>
						<Time value={at} />
						{duration_ms !== null && `, took ${formatDuration(duration_ms)}`}
					</Fact>
					<Fact name="Attempts">{attempt}</Fact>
					<Fact name="Sent to">
						<span className="kw-mono kw-wrap">{webhook.url}</span>
					</Fact>
					<Fact name="webhook-id" mono>
						<Group gap={8} wrap="nowrap">
							<span className="kw-mono kw-wrap">{event_id}</span>
							<CopyButton value={event_id} what="webhook-id" size="compact-xs" />
						</Group>
					</Fact>
					<Fact name="Sequence">{sequence}</Fact>
				</dl>
				<Text size="xs" c="dimmed">
					Every attempt has the same webhook-id, by which a receiver ignores repeats. The text of a response is not stored.
				</Text>
				<Problem error={action.error} />
			</Stack>
			<SheetFoot>
				<Group justify="flex-end" gap={12}>
					{obstacle !== null && (
						<Text size="xs" c="dimmed" flex="1 1 160px" id="replay-obstacle">
							{obstacle}
						</Text>
					)}
					<Button
						onClick={() => void replay()}
						loading={action.pending}
						disabled={obstacle !== null}
						{...(obstacle === null ? {} : { "aria-describedby": "replay-obstacle" })}
					>
						Send it again
					</Button>
				</Group>
			</SheetFoot>
		</Box>
	);
}

/** Why a delivery cannot be sent again now; null if it can. */
function getObstacle(webhook: Webhook, { status, attempt }: Delivery, manages: boolean): string | null {
	if (!manages) return "This tenant is suspended: nothing can be sent by hand.";
	if (webhook.status === "disabled") return "This webhook is disabled. Enable it first.";
	if (status !== "pending") return null;
	return attempt === 0 ? "It is being sent." : "It is attempted again by itself.";
}

function Fact({ name, mono = false, children }: { name: string; mono?: boolean; children: ReactNode }) {
	return (
		<>
			<dt className={mono ? "kw-mono" : undefined}>{name}</dt>
			<dd>{children}</dd>
		</>
	);
}
