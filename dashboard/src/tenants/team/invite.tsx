import { Button, Group, Radio, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { isEmail } from "../../access/email.ts";
import { ROLE_WORDS, ROLES } from "../../access/roles.ts";
import { type Role, useSession } from "../../access/session.ts";
import { ChoiceCard } from "../../ui/choice-card.tsx";
import { GuardedModal, LeaveButton } from "../../ui/form/guarded-modal.tsx";
import { OneTimeLink } from "../../ui/form/one-time-link.tsx";
import { Problem } from "../../ui/problem.tsx";
import { useAction } from "../../ui/use-action.ts";
import { invite, type MadeInvitation, useTeamChanged } from "../team-queries.ts";

const FIRST_ROLE: Role = "admin";

interface TeamInviteProps {
	readonly tenant_id: string;
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Asks for address and role, then shows the link, which is stored nowhere else. */
export function TeamInvite({ tenant_id, opened, onClose }: TeamInviteProps) {
	const [made, setMade] = useState<MadeInvitation | null>(null);
	return (
		<GuardedModal
			name="invite"
			opened={opened}
			onClose={onClose}
			onClosed={() => setMade(null)}
			title={made === null ? "Invite a person" : "The invitation is ready"}
			undone="The invitation has not been made."
			closing="Close"
			guarded={made === null}
		>
			{made === null ? <InviteForm tenant_id={tenant_id} onMade={setMade} /> : <InviteLink made={made} onClose={onClose} />}
		</GuardedModal>
	);
}

function InviteForm({ tenant_id, onMade }: { tenant_id: string; onMade: (made: MadeInvitation) => void }) {
	const { mail } = useSession();
	const [email, setEmail] = useState("");
	const [role, setRole] = useState<Role>(FIRST_ROLE);
	const [malformed, setMalformed] = useState(false);
	const confirmed = useConfirmed();
	const changed = useTeamChanged(tenant_id);
	const action = useAction();

	async function make(event: FormEvent): Promise<void> {
		event.preventDefault();
		const address = email.trim();
		const is_wrong = address !== "" && !isEmail(address);
		setMalformed(is_wrong);
		if (is_wrong) return;
		const made = await action.run(() => confirmed(() => invite(tenant_id, { role, ...(address === "" ? {} : { email: address }) })));
		if (!made) return;
		onMade(made);
		void changed();
	}
	return (
		<form onSubmit={make} noValidate>
			<Stack gap="lg">
				<TextInput
					label="Their e-mail address"
					description={
						mail
							? "They get a mail with the link, and only this address can join with it. Leave it empty for a link that you pass on yourself."
							: "Only this address can join then. Leave it empty for a link that anyone can join with who has it. You pass the link on yourself: this server sends no mail."
					}
					type="email"
					autoComplete="off"
					value={email}
					onChange={(event) => setEmail(event.currentTarget.value)}
					error={malformed ? "Write the whole address, such as name@example.com, or leave it empty." : undefined}
					data-autofocus
				/>
				<Radio.Group label="What may they do?" value={role} onChange={(value) => setRole(ROLES.find((known) => known === value) ?? FIRST_ROLE)}>
					<Stack gap={8} mt={8}>
						{ROLES.map((known) => (
							<ChoiceCard key={known} value={known} title={ROLE_WORDS[known].name} text={ROLE_WORDS[known].may} />
						))}
					</Stack>
				</Radio.Group>
				<Problem error={action.error} />
				<Group justify="flex-end">
					<LeaveButton>Go back</LeaveButton>
					<Button type="submit" loading={action.pending}>
						{mail && email.trim() !== "" ? "Send the invitation" : "Make a link"}
					</Button>
				</Group>
			</Stack>
		</form>
	);
}

/** The link of an invitation that was just made; it is shown only here. */
export function InviteLink({ made, onClose }: { made: MadeInvitation; onClose: () => void }) {
	const { invitation, url, mailed } = made;
	return (
		<OneTimeLink label="Link of the invitation" url={url} expires_at={invitation.expires_at} onDone={onClose}>
			{mailed && (
				<>
					A mail is on its way to <b>{invitation.email}</b>. Only the mailed link shows that the address is theirs; you can pass on this one as well.
				</>
			)}
			{invitation.email !== null && !mailed && (
				<>
					Pass this link on to <b>{invitation.email}</b>: no mail was sent.
				</>
			)}
			{invitation.email === null && "Anyone who opens this link can join: pass it on where only the right person reads it."}
		</OneTimeLink>
	);
}
