import { Anchor, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { answered, api, isApiError } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import { Problem } from "../ui/problem.tsx";
import { Time } from "../ui/time.tsx";
import { JoinForm, type Joining } from "./join-form.tsx";
import { OpenPage } from "./open-page.tsx";
import { ROLE_WORDS } from "./roles.ts";
import { beginSession, rememberTenant } from "./session.ts";
import { useTokenInLink } from "./token-in-link.ts";

/** The page that an invitation link opens, including that of the first owner. */
export default function JoinPage() {
	const token = useTokenInLink();
	const navigate = useNavigate();
	const invitation = useQuery({
		queryKey: cacheRoots.invitation(token),
		queryFn: () => answered(api.POST("/api/v1/invitations/read", { body: { token } })),
		enabled: token !== "",
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 0,
	});
	if (token === "" || isApiError(invitation.error, "not_found", "invalid_request")) return <DeadInvitationPage />;
	if (invitation.error) {
		return (
			<OpenPage title="The invitation could not be opened">
				<Problem error={invitation.error} />
			</OpenPage>
		);
	}
	if (!invitation.data) return <WaitingPage />;
	const { tenant, role, invited_by, expires_at, makes_operator } = invitation.data;

	async function join(joining: Joining): Promise<void> {
		const { tenant_id } = await answered(api.POST("/api/v1/invitations/accept", { body: { token, ...joining } }));
		if (tenant_id !== null) rememberTenant(tenant_id);
		await beginSession();
		if (tenant_id === null) await navigate({ to: "/operator", replace: true });
		else await navigate({ to: "/settings/api-access", search: { tenant: tenant_id }, replace: true });
	}
	return (
		<OpenPage
			title={tenant === null ? "Become an operator" : `Join ${tenant.name}`}
			lead={
				<>
					<bdi>{invited_by}</bdi> invites you {role === null ? "to run this instance" : `as ${ROLE_WORDS[role].article}`}
					{role !== null && makes_operator && ", and you will run this instance"}. The invitation ends <Time value={expires_at} />.
				</>
			}
		>
			<JoinForm invitation={invitation.data} onJoin={join} />
		</OpenPage>
	);
}

function WaitingPage() {
	return (
		<OpenPage title="Opening your invitation">
			<Stack gap="md" aria-busy="true">
				<Skeleton height={54} />
				<Skeleton height={54} />
				<Skeleton height={36} />
			</Stack>
		</OpenPage>
	);
}

function DeadInvitationPage() {
	return (
		<OpenPage title="This invitation does not work">
			<Stack gap="sm">
				<Text role="status">
					It may have been used already, cancelled, replaced by a newer one, or be too old; or the link was cut off where it was copied.
				</Text>
				<Text>Ask the sender for a new one. If you have joined before, sign in.</Text>
				<Anchor underline="always" renderRoot={(props) => <Link to="/sign-in" {...props} />}>
					Sign in
				</Anchor>
			</Stack>
		</OpenPage>
	);
}
