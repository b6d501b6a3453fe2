import { GuardedModal, useFormGuard } from "../ui/form/guarded-modal.tsx";
import { toaster } from "../ui/toaster.tsx";
import { WebhookForm } from "./form.tsx";
import { type Owner, updateWebhook, useWebhooksChanged, type Webhook } from "./queries.ts";

const WIDTH_PX = 560;

interface EditProps {
	readonly owner: Owner;
	readonly webhook: Webhook;
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Changes the address and the types of a webhook. */
export function EditWebhook({ opened, onClose, ...props }: EditProps) {
	return (
		<GuardedModal
			name="edit"
			sheet
			opened={opened}
			onClose={onClose}
			title="Edit this webhook"
			size={WIDTH_PX}
			undone="The webhook has not been changed."
			closing="Close without saving"
		>
			<EditForm {...props} onClose={onClose} />
		</GuardedModal>
	);
}

function EditForm({ owner, webhook, onClose }: Omit<EditProps, "opened">) {
	const changed = useWebhooksChanged(owner);
	const { finish } = useFormGuard();
	return (
		<WebhookForm
			before={webhook}
			send={async (input) => {
				await updateWebhook(owner, webhook.id, input);
				changed();
				toaster.done("The webhook is saved.");
				finish();
				onClose();
			}}
			submit="Save changes"
			leave="Close without saving"
		/>
	);
}
