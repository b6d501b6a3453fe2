import { Box, Button, Group, Text } from "@mantine/core";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useConfirmed } from "../../access/confirm.tsx";
import { answered, api } from "../../http/api.ts";
import { Problem } from "../../ui/problem.tsx";
import { Time } from "../../ui/time.tsx";
import { useAction } from "../../ui/use-action.ts";
import { type OperatorInvitation, operatorInvitationsQuery } from "./queries.ts";

/** Pending invitations of operators; renders nothing without any. */
export function OperatorInvitations() {
	const { data } = useSuspenseQuery(operatorInvitationsQuery).data;
	return data.map((invitation) => <InvitationRow key={invitation.id} invitation={invitation} />);
}

function InvitationRow({ invitation }: { invitation: OperatorInvitation }) {
	const { id, email, created_by, expires_at } = invitation;
	const action = useAction();
	const confirmed = useConfirmed();
	const queries = useQueryClient();
	async function cancel(): Promise<void> {
		const params = { path: { invitation_id: id } };
		await action.run(() => confirmed(() => answered(api.DELETE("/api/v1/operator/operator-invitations/{invitation_id}", { params }))));
		void queries.invalidateQueries({ queryKey: operatorInvitationsQuery.queryKey });
	}
	return (
		<Box className="kw-row" data-invited={email}>
			<Group justify="space-between">
				<Box miw={0}>
					<Text fw={500} className="kw-wrap">
						{email}
					</Text>
					<Text size="xs" c="dimmed">
						Invited by <bdi>{created_by.name}</bdi>; no operator until the link is accepted. It ends <Time value={expires_at} />
					</Text>
				</Box>
				<Button variant="default" size="xs" loading={action.pending} aria-label={`Cancel the invitation of ${email}`} onClick={() => void cancel()}>
					Cancel
				</Button>
			</Group>
			<Problem error={action.error} />
		</Box>
	);
}
