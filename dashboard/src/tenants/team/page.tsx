import { Alert, Anchor, Box, Button, List, SimpleGrid, Text } from "@mantine/core";
import { IconLock, IconUserPlus } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { ROLE_WORDS, ROLES } from "../../access/roles.ts";
import { useAccess, useTenant } from "../../access/session.ts";
import { useDialog, useStaying } from "../../ui/dialog/use-dialog.ts";
import { Page, Section } from "../../ui/page.tsx";
import { PageSkeleton } from "../../ui/page-skeleton.tsx";
import { Problem } from "../../ui/problem.tsx";
import { invitationsQuery, type Member, membersQuery, portalSessionsQuery } from "../team-queries.ts";
import { TeamInvitations } from "./invitations.tsx";
import { TeamInvite } from "./invite.tsx";
import { TeamMembers } from "./members.tsx";
import { TeamPortal } from "./portal.tsx";

export default function TeamPage() {
	const tenant = useTenant();
	const { may } = useAccess();
	const members = useSuspenseQuery(membersQuery(tenant.id)).data.data;
	const invitations = useQuery({ ...invitationsQuery(tenant.id), enabled: may.see_invitations });
	const portal = useQuery({ ...portalSessionsQuery(tenant.id), enabled: may.manage_team });
	const inviting = useDialog("invite");
	const invites = useStaying(inviting.opened, may.manage_team);
	// Both lists stand above what each role may do, and would push it down.
	if (invitations.isLoading || portal.isLoading) return <PageSkeleton />;
	return (
		<Page
			title="Team"
			lead={
				<>
					Who works on the keys of{" "}
					<bdi className="kw-name" title={tenant.name}>
						{tenant.name}
					</bdi>
					, and what each person may do.
				</>
			}
			action={
				may.manage_team && (
					<Button leftSection={<IconUserPlus size={16} aria-hidden="true" />} onClick={() => inviting.open()}>
						Invite a person
					</Button>
				)
			}
		>
			{!may.manage_team && <WhoDecides members={members} suspended={tenant.status === "suspended"} />}
			<Section title="Members">
				<TeamMembers tenant={tenant} members={members} manages={may.manage_team} />
			</Section>
			{may.see_invitations && (
				<Section title="Invitations">
					<Problem error={invitations.error} known={invitations.data !== undefined} />
					<TeamInvitations tenant_id={tenant.id} invitations={invitations.data?.data} manages={may.manage_team} />
				</Section>
			)}
			{((portal.error !== null && portal.data === undefined) || (portal.data?.data.length ?? 0) > 0) && (
				<Section title="Here by a link">
					<Problem error={portal.error} known={portal.data !== undefined} />
					<TeamPortal tenant_id={tenant.id} sessions={portal.data?.data ?? []} isCut={portal.data?.next_cursor != null} />
				</Section>
			)}
			<Section title="What each role may do">
				<SimpleGrid component="dl" cols={{ base: 1, sm: ROLES.length }} spacing="xl" verticalSpacing="sm" m={0}>
					{ROLES.map((role) => (
						<Box key={role}>
							<Text component="dt" size="sm" fw={500}>
								{ROLE_WORDS[role].name}
							</Text>
							<Text component="dd" size="sm" m={0} c="dimmed">
								{ROLE_WORDS[role].may}
							</Text>
						</Box>
					))}
				</SimpleGrid>
			</Section>
			<TeamInvite tenant_id={tenant.id} opened={invites} onClose={inviting.close} />
		</Page>
	);
}

/** For members who cannot change the team: names the owners who can. */
function WhoDecides({ members, suspended }: { members: readonly Member[]; suspended: boolean }) {
	const owners = members.filter(({ role }) => role === "owner");
	if (suspended) {
		return (
			<Alert variant="light" color="yellow" icon={<IconLock size={18} aria-hidden="true" />} title="This team is suspended">
				The team stays as it is until the suspension ends. You can still leave it.
			</Alert>
		);
	}
	return (
		<Alert variant="light" color="gray" icon={<IconLock size={18} aria-hidden="true" />} title="Only an owner can change the team">
			{owners.length === 0 ? (
				<Text size="sm">It has no owner here yet. The operator of this server can invite one.</Text>
			) : (
				<>
					<Text size="sm">To invite a person, or to get another role, ask:</Text>
					<List size="sm" className="kw-wrap">
						{owners.map(({ id, name, email }) => (
							<List.Item key={id}>
								<bdi>{name}</bdi>
								{email !== null && (
									<>
										,{" "}
										<Anchor inherit underline="always" href={`mailto:${encodeURIComponent(email)}`}>
											{email}
										</Anchor>
									</>
								)}
							</List.Item>
						))}
					</List>
				</>
			)}
		</Alert>
	);
}
