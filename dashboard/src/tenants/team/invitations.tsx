import { Box, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { ROLE_WORDS } from "../../access/roles.ts";
import { Modal } from "../../ui/dialog/modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import type { Meaning } from "../../ui/theme.ts";
import { Time } from "../../ui/time.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { cancelInvitation, type Invitation, invite, type MadeInvitation, useTeamChanged } from "../team-queries.ts";
import { InviteLink } from "./invite.tsx";

const STATES: Readonly<Record<Invitation["status"], { readonly meaning: Meaning; readonly word: string }>> = {
	waiting: { meaning: "attention", word: "Waiting" },
	accepted: { meaning: "good", word: "Accepted" },
	cancelled: { meaning: "ended", word: "Cancelled" },
	expired: { meaning: "resting", word: "Expired" },
};

interface TeamInvitationsProps {
	readonly tenant_id: string;
	readonly invitations: readonly Invitation[] | undefined;
	readonly manages: boolean;
}

/** Whether a person still has to join by it: it waits, or it expired and no later one went to the same address. */
function isOpen(invitation: Invitation, all: readonly Invitation[]): boolean {
	const { status, email, created_at } = invitation;
	if (status === "waiting") return true;
	return status === "expired" && email !== null && !all.some((other) => other.email === email && other.created_at > created_at);
}

/** Pending and expired invitations; earlier ones on demand. */
export function TeamInvitations({ tenant_id, invitations, manages }: TeamInvitationsProps) {
	const [all, setAll] = useState(false);
	const [made, setMade] = useState<MadeInvitation | null>(null);
	const [opened, setOpened] = useState(false);
	function show(next: MadeInvitation): void {
		setMade(next);
		setOpened(true);
	}
	if (invitations === undefined) return <Skeleton height={48} />;
	const waiting = invitations.filter((invitation) => isOpen(invitation, invitations));
	const shown = all ? invitations : waiting;
	const earlier = invitations.length - waiting.length;
	return (
		<Stack gap="sm" align="flex-start">
			{shown.length === 0 ? (
				<Text c="dimmed">
					{manages
						? "No invitation is waiting. Invite a person, and it stands here until they join."
						: "No invitation is waiting. Owners can invite people."}
				</Text>
			) : (
				<Stack component="ul" gap={0} m={0} p={0} w="100%" style={{ listStyle: "none" }}>
					{shown.map((invitation) => (
						<InvitationRow
							key={invitation.id}
							tenant_id={tenant_id}
							invitation={invitation}
							manages={manages}
							open={waiting.includes(invitation)}
							onMade={show}
						/>
					))}
				</Stack>
			)}
			{earlier > 0 && (
				<Button variant="subtle" size="compact-sm" onClick={() => setAll(!all)} aria-expanded={all}>
					{all ? "Show only what is open" : `Show earlier invitations (${earlier})`}
				</Button>
			)}
			<Modal
				name="question"
				opened={opened}
				onClose={() => setOpened(false)}
				title="The invitation is ready"
				closeButtonProps={{ "aria-label": "Close" }}
			>
				{made !== null && <InviteLink made={made} onClose={() => setOpened(false)} />}
			</Modal>
		</Stack>
	);
}

interface RowProps {
	readonly tenant_id: string;
	readonly invitation: Invitation;
	readonly manages: boolean;
	readonly open: boolean;
	readonly onMade: (made: MadeInvitation) => void;
}

function InvitationRow({ tenant_id, invitation, manages, open, onMade }: RowProps) {
	const { id, email, role, status, created_at, created_by, expires_at } = invitation;
	const changed = useTeamChanged(tenant_id);
	const action = useAction();
	const confirmed = useConfirmed();
	const whom = email ?? "Anyone with the link";

	/** The new link replaces the one before it. */
	async function again(address: string): Promise<void> {
		const made = await action.run(() => confirmed(() => invite(tenant_id, { role, email: address })));
		if (!made) return;
		onMade(made);
		await changed();
	}
	async function cancel(): Promise<void> {
		const done = await action.run(() => cancelInvitation(tenant_id, id));
		await changed();
		if (done) toaster.noted("The invitation is cancelled: its link does not work any more.");
	}
	return (
		<Box component="li" className="kw-row">
			<Group justify="space-between" gap="sm">
				<Box flex="1 1 240px" miw={0}>
					<Text fw={500} fz={13} lh="18px" truncate title={whom}>
						{whom}
					</Text>
					<Text size="xs" c="dimmed" className="kw-wrap">
						As {ROLE_WORDS[role].article}, invited by <bdi>{created_by.name}</bdi> <Time value={created_at} />
						{status === "waiting" && (
							<>
								; ends <Time value={expires_at} />
							</>
						)}
						{status === "expired" && (
							<>
								; ended <Time value={expires_at} />
							</>
						)}
					</Text>
				</Box>
				<Group gap="sm">
					<StateBadge meaning={STATES[status].meaning}>{STATES[status].word}</StateBadge>
					{manages && open && email !== null && (
						<Button variant="default" size="xs" loading={action.pending} onClick={() => void again(email)} aria-label={`Invite again: ${whom}`}>
							Invite again
						</Button>
					)}
					{manages && status === "waiting" && (
						<Button variant="default" size="xs" loading={action.pending} onClick={() => void cancel()} aria-label={`Cancel the invitation: ${whom}`}>
							Cancel invitation
						</Button>
					)}
				</Group>
			</Group>
			{action.error !== null && (
				<Box mt="sm">
					<Problem error={action.error} />
				</Box>
			)}
		</Box>
	);
}
