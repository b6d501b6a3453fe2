import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { EMAIL_FAULT, isEmail } from "../../access/email.ts";
import { answered, api } from "../../http/api.ts";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { GuardedModal, LeaveButton } from "../../ui/form/guarded-modal.tsx";
import { OneTimeLink } from "../../ui/form/one-time-link.tsx";
import { Problem } from "../../ui/problem.tsx";
import { useAction } from "../../ui/use-action.ts";
import { type MadeOperatorInvitation, operatorInvitationsQuery } from "./queries.ts";

export function AddOperator({ opened, onClose }: { opened: boolean; onClose: () => void }) {
	const [made, setMade] = useState<MadeOperatorInvitation | null>(null);
	return (
		<GuardedModal
			name="add"
			opened={opened}
			onClose={onClose}
			onClosed={() => setMade(null)}
			title="Invite an operator"
			undone="No one has been invited."
			closing={made === null ? "Close without inviting" : "Close"}
			guarded={made === null}
		>
			{made === null ? <InviteForm onMade={setMade} /> : <InviteLink made={made} onClose={onClose} />}
		</GuardedModal>
	);
}

function InviteForm({ onMade }: { onMade: (made: MadeOperatorInvitation) => void }) {
	const [email, setEmail] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();
	const confirmed = useConfirmed();
	const queries = useQueryClient();
	const address = email.trim();
	const fault = tried && !isEmail(address) ? EMAIL_FAULT : undefined;

	async function invite(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		setTried(true);
		if (!isEmail(address)) return goToFirstFault(event.currentTarget);
		const made = await action.run(() => confirmed(() => answered(api.POST("/api/v1/operator/operators", { body: { email: address } }))));
		if (!made) return;
		void queries.invalidateQueries({ queryKey: operatorInvitationsQuery.queryKey });
		onMade(made);
	}
	return (
		<form noValidate onSubmit={(event) => void invite(event)}>
			<Stack gap="md">
				<Text size="sm">
					You get a link for this address. Who accepts it proves that the address is theirs: another account that names it loses it. They become an
					operator by accepting, and their other sign-ins end.
				</Text>
				<TextInput
					label="E-mail address"
					type="email"
					value={email}
					onChange={(event) => setEmail(event.currentTarget.value)}
					error={fault}
					autoComplete="off"
					data-autofocus
				/>
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<LeaveButton>Close without inviting</LeaveButton>
					<Button type="submit" loading={action.pending}>
						Invite this operator
					</Button>
				</Group>
			</Stack>
		</form>
	);
}

function InviteLink({ made, onClose }: { made: MadeOperatorInvitation; onClose: () => void }) {
	const { invitation, url, mailed } = made;
	return (
		<OneTimeLink label="Link of the invitation" url={url} expires_at={invitation.expires_at} onDone={onClose}>
			{mailed ? "A mail with this link is on its way to " : "Hand this link to the person with the address "}
			<b>{invitation.email}</b>. Give it to no other person: its holder can become an operator.
		</OneTimeLink>
	);
}
