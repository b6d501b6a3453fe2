import { Anchor, Button, Stack, Text } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api, isApiError } from "../http/api.ts";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import { OpenPage } from "./open-page.tsx";
import { beginSession } from "./session.ts";
import { useTokenInLink } from "./token-in-link.ts";

/** The page of the link that is mailed to a new address. Opening it changes nothing, since mail scanners open links. */
export default function NewAddressPage() {
	const token = useTokenInLink();
	const navigate = useNavigate();
	const [email, setEmail] = useState<string | null>(null);
	const action = useAction();

	async function change(): Promise<void> {
		const changed = await action.run(async () => {
			const answer = await answered(api.POST("/api/v1/session/address/confirm", { body: { token } }));
			await beginSession();
			return answer;
		});
		if (changed) setEmail(changed.email);
	}
	if (email !== null)
		return (
			<OpenPage title="Your new address is in use">
				<Stack gap="md">
					<Text role="status" className="kw-wrap">
						From now on you sign in with <b>{email}</b>. Elsewhere you are signed out.
					</Text>
					<Button onClick={() => void navigate({ to: "/settings", replace: true })} fullWidth>
						Go to your settings
					</Button>
				</Stack>
			</OpenPage>
		);
	if (token === "" || isApiError(action.error, "not_found", "invalid_request")) return <DeadLinkPage />;
	const isSignedOut = isApiError(action.error, "credential_missing", "credential_invalid");
	return (
		<OpenPage title="Use this address" lead="You will sign in with this address from now on, and be signed out everywhere else.">
			<Stack gap="md">
				{isSignedOut ? <SignInFirst /> : <Problem error={action.error} />}
				<Button onClick={() => void change()} loading={action.pending} fullWidth>
					Use this address
				</Button>
			</Stack>
		</OpenPage>
	);
}

/** A link works in a session of the person who asked. Sign-in opens beside this page, so that the token stays out of every address. */
function SignInFirst() {
	return (
		<Text role="alert">
			Nothing is changed yet.{" "}
			<Anchor inherit underline="always" renderRoot={(props) => <Link to="/sign-in" target="_blank" {...props} />}>
				Sign in
			</Anchor>{" "}
			with the address that you have had until now, then come back to this page and try again.
		</Text>
	);
}

function DeadLinkPage() {
	return (
		<OpenPage title="This link does not work any more">
			<Stack gap="sm">
				<Text role="status">It works once, for an hour, and only the newest one does. It may also have been cut off where it was copied.</Text>
				<Anchor underline="always" renderRoot={(props) => <Link to="/settings" {...props} />}>
					Ask for another one in your settings
				</Anchor>
			</Stack>
		</OpenPage>
	);
}
