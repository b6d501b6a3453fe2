import { Box, Button, Group, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { ROLE_WORDS } from "../../access/roles.ts";
import { useProfile } from "../../access/session.ts";
import { Problem } from "../../ui/problem.tsx";
import { Time } from "../../ui/time.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { endPortalSession, PORTAL_SESSIONS_SHOWN_MAX, type PortalSession, portalSessionsQuery } from "../team-queries.ts";

interface TeamPortalProps {
	readonly tenant_id: string;
	readonly sessions: readonly PortalSession[];
	/** Whether there are more sessions than these. */
	readonly isCut: boolean;
}

/** Portal sessions and pending portal links. */
export function TeamPortal({ tenant_id, sessions, isCut }: TeamPortalProps) {
	const profile = useProfile();
	return (
		<Stack gap="sm">
			<Text size="sm" c="dimmed">
				They came with a link from {profile ? <bdi>{profile.product_name}</bdi> : "another product"}, without an account here, and stay an hour at
				most. What they made here and is still unused, such as a link to a key, ends when you end their visit.
			</Text>
			<Stack component="ul" gap={0} m={0} p={0} style={{ listStyle: "none" }}>
				{sessions.map((session) => (
					<PortalRow key={session.id} tenant_id={tenant_id} session={session} />
				))}
			</Stack>
			{isCut && (
				<Text size="sm" c="dimmed">
					The newest {PORTAL_SESSIONS_SHOWN_MAX} are shown.
				</Text>
			)}
		</Stack>
	);
}

function PortalRow({ tenant_id, session }: { tenant_id: string; session: PortalSession }) {
	const { id, name, email, role, status, created_at, expires_at, is_you } = session;
	const queries = useQueryClient();
	const action = useAction();
	const active = status === "active";
	async function end(): Promise<void> {
		const done = await action.run(() => endPortalSession(tenant_id, id));
		await queries.invalidateQueries({ queryKey: portalSessionsQuery(tenant_id).queryKey });
		if (done) toaster.noted(active ? `The visit of ${name} is over.` : `The link for ${name} does not work any more.`);
	}
	return (
		<Box component="li" className="kw-row">
			<Group justify="space-between" gap="sm">
				<Box flex="1 1 240px" miw={0}>
					<Text fw={500} fz={13} lh="18px" truncate title={name}>
						<bdi>{name}</bdi>
						{is_you && (
							<Text component="span" c="dimmed" fw={400}>
								{" "}
								(you)
							</Text>
						)}
					</Text>
					<Text size="xs" c="dimmed" className="kw-wrap">
						{email === null ? "As" : `${email}, as`} {ROLE_WORDS[role].article}; {active ? "visit ends" : "link not opened yet, ends"}{" "}
						<Time value={expires_at} />; link made <Time value={created_at} />
					</Text>
				</Box>
				{!is_you && (
					<Button
						variant="default"
						size="xs"
						loading={action.pending}
						aria-label={active ? `End the visit of ${name}` : `Cancel the link for ${name}`}
						onClick={() => void end()}
					>
						{active ? "End visit" : "Cancel link"}
					</Button>
				)}
			</Group>
			{action.error !== null && (
				<Box mt="sm">
					<Problem error={action.error} />
				</Box>
			)}
		</Box>
	);
}
