import { Anchor, Button, Stack, Text } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { answered, api, isApiError } from "../http/api.ts";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import { OpenPage } from "./open-page.tsx";
import { beginSession } from "./session.ts";
import { useTokenInLink } from "./token-in-link.ts";

/** The page of the link that is mailed when the password attempts are used up. Opening it does not consume it, since mail scanners open links. */
export default function SignInLinkPage() {
	const token = useTokenInLink();
	const navigate = useNavigate();
	const action = useAction();
	if (token === "" || isApiError(action.error, "not_found", "invalid_request")) return <DeadLinkPage />;

	async function signIn(): Promise<void> {
		await action.run(async () => {
			await answered(api.POST("/api/auth/sign-in/link", { body: { token } }));
			await beginSession();
			await navigate({ to: "/", replace: true });
		});
	}
	return (
		<OpenPage title="Sign in" lead="This link signs you in, once. This browser is then known as yours, whatever others try elsewhere.">
			<Stack gap="md">
				<Problem error={action.error} />
				<Button onClick={() => void signIn()} loading={action.pending} fullWidth>
					Sign in by this link
				</Button>
			</Stack>
		</OpenPage>
	);
}

function DeadLinkPage() {
	return (
		<OpenPage title="This link does not work any more">
			<Stack gap="sm">
				<Text role="status">
					A link to sign in works once, for 15 minutes. This one has been used, is too old, or was cut off where it was copied.
				</Text>
				<Text>Sign in with your password. Where that is refused, set a new one: the link for it comes by mail.</Text>
				<Anchor underline="always" renderRoot={(props) => <Link to="/sign-in" {...props} />}>
					Sign in with your password
				</Anchor>
				<Anchor underline="always" renderRoot={(props) => <Link to="/forgot-password" {...props} />}>
					Set a new password
				</Anchor>
			</Stack>
		</OpenPage>
	);
}
