import { DecideOnWebhook } from "./decide.tsx";
import { EditWebhook } from "./edit.tsx";
import type { WebhookAction } from "./list.tsx";
import type { Owner, Webhook } from "./queries.ts";
import { ReplaceSecret } from "./replace-secret.tsx";
import { SendTest } from "./send-test.tsx";

interface DialogsProps {
	readonly owner: Owner;
	readonly action: WebhookAction;
	readonly webhook: Webhook;
	readonly opened: boolean;
	readonly onClose: () => void;
	readonly onClosed: () => void;
}

/** The dialog of an action. Each stays mounted closed, so that it returns the focus to what opened it. */
export function WebhookDialogs({ action, opened, onClosed, ...props }: DialogsProps) {
	const decision = action === "disable" || action === "enable" || action === "delete" ? action : null;
	return (
		<>
			<SendTest {...props} opened={opened && action === "test"} />
			<EditWebhook {...props} opened={opened && action === "edit"} />
			<ReplaceSecret {...props} opened={opened && action === "secret"} />
			<DecideOnWebhook {...props} decision={decision ?? "disable"} opened={opened && decision !== null} onClosed={onClosed} />
		</>
	);
}
