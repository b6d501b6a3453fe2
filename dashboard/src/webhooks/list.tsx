import { ActionIcon, Menu, Text, UnstyledButton } from "@mantine/core";
import { IconBan, IconDots, IconKey, IconPencil, IconPlayerPlay, IconSend, IconTrash } from "@tabler/icons-react";
import { useRef } from "react";
import { MEANINGS } from "../ui/theme.ts";
import { useNow } from "../ui/time.tsx";
import type { Webhook } from "./queries.ts";
import { formatDeliveries, formatEvents, webhookState } from "./words.ts";

/** What can be done with a webhook, each in a dialog. */
export type WebhookAction = "edit" | "secret" | "test" | "disable" | "enable" | "delete";

interface ListProps {
	readonly webhooks: readonly Webhook[];
	readonly selected: string | null;
	readonly onSelect: (webhook: Webhook) => void;
	/** False in a suspended tenant, where a webhook can only be deleted. */
	readonly manages: boolean;
	readonly onAction: (action: WebhookAction, webhook: Webhook) => void;
}

/** The webhooks, each with its address, its types and its state. The selected one's deliveries are shown beside. */
export function WebhooksList({ webhooks, selected, onSelect, manages, onAction }: ListProps) {
	const now_ms = useNow();
	return (
		<ul className="kw-webhook-rows" aria-label="Webhooks">
			{webhooks.map((webhook) => (
				<li key={webhook.id} data-webhook={webhook.id} data-selected={webhook.id === selected || undefined}>
					<UnstyledButton
						className="kw-webhook-row"
						aria-current={webhook.id === selected ? "true" : undefined}
						onClick={() => onSelect(webhook)}
						title={webhook.url}
					>
						<Text className="kw-mono" size="sm" lh="18px" fw={500} truncate>
							{webhook.url}
						</Text>
						<Text component="span" display="block" size="xs" lh="16px" c="dimmed" truncate>
							{formatEvents(webhook.events)}
							<SecretNote webhook={webhook} />
						</Text>
						<Counts webhook={webhook} />
						<StateLine webhook={webhook} now_ms={now_ms} />
					</UnstyledButton>
					<WebhookMenu webhook={webhook} manages={manages} onAction={(action) => onAction(action, webhook)} />
				</li>
			))}
		</ul>
	);
}

function SecretNote({ webhook }: { webhook: Webhook }) {
	return webhook.previous_secret_expires_at === null ? null : <> · two secrets sign</>;
}

function Counts({ webhook }: { webhook: Webhook }) {
	const counts = formatDeliveries(webhook);
	return counts === null ? null : (
		<Text component="span" display="block" size="xs" lh="16px" c="dimmed" className="kw-webhook-counts" data-counts>
			{counts}
		</Text>
	);
}

function StateLine({ webhook, now_ms }: { webhook: Webhook; now_ms: number }) {
	const { meaning, word, detail } = webhookState(webhook, now_ms);
	return (
		<Text component="span" className="kw-webhook-state" size="sm" data-state={word}>
			<span className="kw-shape" data-meaning={meaning} aria-hidden="true">
				{MEANINGS[meaning].shape}
			</span>
			<span className="kw-word" data-meaning={meaning}>
				{word}
			</span>
			{detail !== null && (
				<Text span inherit size="xs" c="dimmed">
					{detail}
				</Text>
			)}
		</Text>
	);
}

interface MenuProps {
	readonly webhook: Webhook;
	readonly manages: boolean;
	readonly onAction: (action: WebhookAction) => void;
}

function WebhookMenu({ webhook, manages, onAction }: MenuProps) {
	const opener = useRef<HTMLButtonElement>(null);
	/** The menu unmounts its item, so a dialog that closes later must return the focus to the button. */
	function choose(action: WebhookAction): () => void {
		return () => {
			opener.current?.focus();
			onAction(action);
		};
	}
	return (
		<Menu position="bottom-end" width={220}>
			<Menu.Target>
				<ActionIcon ref={opener} variant="subtle" color="gray" aria-label={`Actions for ${webhook.url}`}>
					<IconDots size={18} aria-hidden="true" />
				</ActionIcon>
			</Menu.Target>
			<Menu.Dropdown>
				{manages && (
					<>
						<Menu.Item leftSection={<IconSend size={16} aria-hidden="true" />} onClick={choose("test")}>
							Send a test event
						</Menu.Item>
						<Menu.Item leftSection={<IconPencil size={16} aria-hidden="true" />} onClick={choose("edit")}>
							Edit this webhook
						</Menu.Item>
						<Menu.Item leftSection={<IconKey size={16} aria-hidden="true" />} onClick={choose("secret")}>
							Replace its secret
						</Menu.Item>
						{webhook.status === "active" ? (
							<Menu.Item leftSection={<IconBan size={16} aria-hidden="true" />} onClick={choose("disable")}>
								Disable it
							</Menu.Item>
						) : (
							<Menu.Item leftSection={<IconPlayerPlay size={16} aria-hidden="true" />} onClick={choose("enable")}>
								Enable it
							</Menu.Item>
						)}
					</>
				)}
				<Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden="true" />} onClick={choose("delete")}>
					Delete this webhook
				</Menu.Item>
			</Menu.Dropdown>
		</Menu>
	);
}
