import { Button, Group, Radio, Stack, Text } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useConfirmed } from "../access/confirm.tsx";
import { ChoiceCard } from "../ui/choice-card.tsx";
import { LeaveButton } from "../ui/form/guarded-modal.tsx";
import { Problem } from "../ui/problem.tsx";
import { SheetFoot } from "../ui/sheet-foot.tsx";
import { Instant } from "../ui/time.tsx";
import { useAction } from "../ui/use-action.ts";
import { type MadeWebhook, type Owner, replaceSecret, useWebhooksChanged, type Webhook } from "./queries.ts";
import { SecretSheet } from "./secret-sheet.tsx";

const DAY_SECONDS = 86_400;
const OVERLAPS = [
	{ value: String(DAY_SECONDS), title: "Both sign for a day", text: "The receiver changes over within a day and misses nothing" },
	{ value: String(7 * DAY_SECONDS), title: "Both sign for a week", text: "For a receiver that is released rarely" },
] as const;
const AT_ONCE = "0";

interface ReplaceProps {
	readonly owner: Owner;
	readonly webhook: Webhook;
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Replaces the secret of a webhook, and shows the new one once. */
export function ReplaceSecret({ owner, webhook, opened, onClose }: ReplaceProps) {
	return (
		<SecretSheet
			name="secret"
			opened={opened}
			onClose={onClose}
			title="Replace the secret"
			undone="The secret has not been replaced."
			closing="Close without replacing"
			form={(hold) => <OverlapForm owner={owner} webhook={webhook} onMade={hold} />}
		/>
	);
}

function OverlapForm({ owner, webhook, onMade }: Pick<ReplaceProps, "owner" | "webhook"> & { readonly onMade: (made: MadeWebhook) => void }) {
	const until = webhook.previous_secret_expires_at;
	const [overlap, setOverlap] = useState<string>(until === null ? OVERLAPS[0].value : AT_ONCE);
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = useWebhooksChanged(owner);
	async function replace(event: FormEvent): Promise<void> {
		event.preventDefault();
		const made = await action.run(() => confirmed(() => replaceSecret(owner, webhook.id, Number(overlap))));
		changed();
		if (made !== undefined) onMade(made);
	}
	return (
		<form noValidate className="kw-sheet-form" onSubmit={(event) => void replace(event)}>
			<Stack gap="md" flex={1}>
				<Text size="sm" className="kw-wrap">
					Messages to <span className="kw-mono">{webhook.url}</span> are signed by a secret, which was shown once. A new one is made; the one before
					it can sign as well for a while, so that the receiver accepts every message.
				</Text>
				{until !== null && (
					<Text size="sm" role="note" data-overlap>
						The secret was replaced a short while ago: two secrets sign until <Instant value={until} />. Until then, another one can only end both at
						once.
					</Text>
				)}
				<Radio.Group aria-label="The secret before" value={overlap} onChange={setOverlap}>
					<Stack gap={8}>
						{until === null && OVERLAPS.map((choice) => <ChoiceCard key={choice.value} {...choice} />)}
						<ChoiceCard
							value={AT_ONCE}
							title="Only the new one signs, at once"
							text="For a secret that has leaked: the receiver refuses every message until it has the new one"
						/>
					</Stack>
				</Radio.Group>
				<Problem error={action.error} />
			</Stack>
			<SheetFoot>
				<Group justify="flex-end" gap={8}>
					<LeaveButton>Keep the secret</LeaveButton>
					<Button type="submit" loading={action.pending}>
						Replace the secret
					</Button>
				</Group>
			</SheetFoot>
		</form>
	);
}
