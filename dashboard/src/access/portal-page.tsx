import { Anchor, Button, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { answered, api, isApiError } from "../http/api.ts";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import { OpenPage } from "./open-page.tsx";
import { beginSession, rememberTenant, sessionQuery, useProfile } from "./session.ts";
import { useTokenInLink } from "./token-in-link.ts";

/** The page that a portal link from the operator's product opens. The link starts a session, once. */
export default function PortalPage() {
	const token = useTokenInLink();
	const { ended = false } = useSearch({ from: "/portal" });
	if (ended) return <OverPage />;
	return token === "" ? <UsedPage /> : <Redeem token={token} />;
}

function Redeem({ token }: { token: string }) {
	const navigate = useNavigate();
	const action = useAction();
	const begun = useRef(false);

	async function redeem(): Promise<void> {
		await action.run(async () => {
			const { tenant_id } = await answered(api.POST("/api/v1/portal-sessions/redeem", { body: { token } }));
			rememberTenant(tenant_id);
			await beginSession();
			await navigate({ to: "/settings/api-access", search: { tenant: tenant_id }, replace: true });
		});
	}
	// The link works once, and React may run the effect twice: send it only once.
	useEffect(() => {
		if (begun.current) return;
		begun.current = true;
		void redeem();
	});
	if (isApiError(action.error, "not_found", "invalid_request")) return <UsedPage />;
	if (action.error === null)
		return (
			<OpenPage title="Opening API Access">
				<Stack gap={8} aria-busy="true">
					<Skeleton height={14} />
					<Skeleton height={14} width="70%" />
				</Stack>
			</OpenPage>
		);
	return (
		<OpenPage title="API Access could not be opened">
			<Problem error={action.error} />
			<Button onClick={() => void redeem()} loading={action.pending}>
				Try again
			</Button>
		</OpenPage>
	);
}

function UsedPage() {
	return (
		<OpenPage title="This link does not work any more">
			<Text role="status">It works once, for five minutes. Nothing is lost: a new one is made each time that you open API Access from there.</Text>
			<GoOn />
			<WayBack />
		</OpenPage>
	);
}

/** For a link that was used before, such as one reopened from the history: its session may still be valid. */
function GoOn() {
	const session = useQuery({ ...sessionQuery, retry: false }).data;
	if (!session) return null;
	return (
		<Button component="a" href="/settings/api-access">
			Go on as {session.person.name}
		</Button>
	);
}

function OverPage() {
	return (
		<OpenPage title="Your visit here is over">
			<Text role="status">A visit ends after an hour, or when you end it. What you changed is kept.</Text>
			<WayBack />
		</OpenPage>
	);
}

function WayBack() {
	const profile = useProfile();
	return (
		<Stack gap="sm">
			<Text className="kw-wrap">
				Go back to {profile ? <bdi>{profile.product_name}</bdi> : "where you came from"}, where you are signed in, and open API Access from there
				again.
			</Text>
			{profile?.support_url && (
				<Anchor href={profile.support_url} rel="noreferrer" size="sm" underline="always">
					Contact support
				</Anchor>
			)}
		</Stack>
	);
}
