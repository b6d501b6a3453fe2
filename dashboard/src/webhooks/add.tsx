import { WebhookForm } from "./form.tsx";
import { createWebhook, type Owner, useWebhooksChanged, type Webhook } from "./queries.ts";
import { SecretSheet } from "./secret-sheet.tsx";

interface AddProps {
	readonly owner: Owner;
	readonly opened: boolean;
	readonly onClose: () => void;
	readonly onMade: (webhook: Webhook) => void;
}

/** Adds a webhook and shows its secret once. */
export function AddWebhook({ owner, opened, onClose, onMade }: AddProps) {
	const changed = useWebhooksChanged(owner);
	return (
		<SecretSheet
			name="add"
			opened={opened}
			onClose={onClose}
			title="Add a webhook"
			undone="The webhook has not been added."
			closing="Close without adding"
			form={(hold) => (
				<WebhookForm
					before={null}
					send={async (input) => {
						const made = await createWebhook(owner, input);
						changed();
						onMade(made.webhook);
						hold(made);
					}}
					submit="Add this webhook"
					leave="Close without adding"
				/>
			)}
		/>
	);
}
