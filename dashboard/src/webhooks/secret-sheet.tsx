import { Button, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { flushSync } from "react-dom";
import { useShownOnce } from "../keys/show-once/secret.ts";
import { Modal } from "../ui/dialog/modal.tsx";
import { GuardedModal } from "../ui/form/guarded-modal.tsx";
import { ShownSecret } from "./made.tsx";
import type { MadeWebhook } from "./queries.ts";

const WIDTH_PX = 600;

interface SheetProps {
	readonly name: "add" | "secret";
	readonly opened: boolean;
	readonly onClose: () => void;
	readonly title: string;
	/** What has not happened when a filled form is dropped. */
	readonly undone: string;
	readonly closing: string;
	/** The form, which calls `hold` with what was made. */
	readonly form: (hold: (made: MadeWebhook) => void) => ReactNode;
}

/** A side sheet: a form, then the secret that it made, which only the sheet's state contains. While it is shown, only its button closes the sheet. */
export function SecretSheet({ name, opened, onClose, title, undone, closing, form }: SheetProps) {
	const { value: made, hold, drop, emptied, leaving } = useShownOnce<MadeWebhook>(() => true);
	function finish(): void {
		flushSync(drop);
		if (leaving) leaving.proceed();
		else onClose();
	}
	return (
		<>
			<GuardedModal
				name={name}
				sheet
				opened={opened || made !== null}
				onClose={onClose}
				title={made === null ? title : "The secret, shown once"}
				size={WIDTH_PX}
				undone={undone}
				closing={closing}
				guarded={made === null}
				closable={made === null}
			>
				{made !== null && <ShownSecret made={made} onStored={finish} />}
				{made === null && emptied && (
					<Text size="sm">You left this page while the secret was shown. It was not kept: replace it from the menu of the webhook.</Text>
				)}
				{made === null && !emptied && form(hold)}
			</GuardedModal>
			<Modal
				name="question"
				opened={leaving !== null}
				onClose={() => leaving?.stay()}
				title="Is the secret stored?"
				closeButtonProps={{ "aria-label": "Back" }}
			>
				<Stack gap="md">
					<Text size="sm">When you leave this page, the secret cannot be shown again.</Text>
					<Group justify="flex-end" gap={8}>
						<Button variant="default" onClick={finish}>
							It is stored, leave
						</Button>
						<Button onClick={() => leaving?.stay()} data-autofocus>
							Back to the secret
						</Button>
					</Group>
				</Stack>
			</Modal>
		</>
	);
}
