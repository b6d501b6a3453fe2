import { Button, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useConfirmed } from "../access/confirm.tsx";
import { Modal } from "../ui/dialog/modal.tsx";
import { Problem } from "../ui/problem.tsx";
import { toaster } from "../ui/toaster.tsx";
import { useAction } from "../ui/use-action.ts";
import { deleteWebhook, type Owner, updateWebhook, useWebhooksChanged, type Webhook } from "./queries.ts";

/** What a person decides about a webhook after reading what follows. */
export type Decision = "disable" | "enable" | "delete";

interface Words {
	readonly title: string;
	readonly closing: string;
	readonly keep: string;
	readonly act: string;
	readonly done: string;
	readonly follows: ReactNode;
}

const WORDS: Readonly<Record<Decision, Words>> = {
	disable: {
		title: "Disable this webhook",
		closing: "Close without disabling",
		keep: "Keep it enabled",
		act: "Disable it",
		done: "The webhook is disabled.",
		follows:
			"gets nothing until it is enabled again. What happens meanwhile is not sent later; deliveries that are waiting now go on when it is enabled.",
	},
	enable: {
		title: "Enable this webhook",
		closing: "Close without enabling",
		keep: "Keep it disabled",
		act: "Enable it",
		done: "The webhook is enabled.",
		follows: "gets the events from now on, and first the deliveries that were waiting when it was disabled. What happened meanwhile is not sent.",
	},
	delete: {
		title: "Delete this webhook",
		closing: "Close without deleting",
		keep: "Keep this webhook",
		act: "Delete for good",
		done: "The webhook is deleted.",
		follows: "gets nothing any more. Its secret and its list of deliveries are deleted with it, and waiting events are not sent.",
	},
};

interface DecideProps {
	readonly owner: Owner;
	readonly webhook: Webhook;
	readonly decision: Decision;
	readonly opened: boolean;
	readonly onClose: () => void;
	readonly onClosed: () => void;
}

/** Disables, enables or deletes a webhook after saying what follows. */
export function DecideOnWebhook({ opened, onClose, onClosed, ...props }: DecideProps) {
	const { title, closing } = WORDS[props.decision];
	return (
		<Modal
			name={props.decision}
			opened={opened}
			onClose={onClose}
			onExitTransitionEnd={onClosed}
			title={title}
			closeButtonProps={{ "aria-label": closing }}
		>
			<Decide {...props} onClose={onClose} />
		</Modal>
	);
}

function Decide({ owner, webhook, decision, onClose }: Omit<DecideProps, "opened" | "onClosed">) {
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = useWebhooksChanged(owner);
	const { keep, act, done, follows } = WORDS[decision];
	async function decide(): Promise<void> {
		const decided = await action.run(() =>
			confirmed<unknown>(() =>
				decision === "delete"
					? deleteWebhook(owner, webhook.id)
					: updateWebhook(owner, webhook.id, { status: decision === "enable" ? "active" : "disabled" }),
			),
		);
		changed();
		if (decided === undefined) return;
		toaster.done(done);
		onClose();
	}
	return (
		<Stack gap="md">
			<Text size="sm" className="kw-wrap">
				<span className="kw-mono">{webhook.url}</span> {follows}
			</Text>
			<Problem error={action.error} />
			<Group justify="flex-end" gap={8}>
				<Button variant="default" onClick={onClose} data-autofocus>
					{keep}
				</Button>
				<Button {...(decision === "delete" ? { color: "red" } : {})} loading={action.pending} onClick={() => void decide()}>
					{act}
				</Button>
			</Group>
		</Stack>
	);
}
