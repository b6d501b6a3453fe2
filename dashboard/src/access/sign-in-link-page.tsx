import { Anchor, Button, Stack, Text } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { answered, api, isRefusal } from "../http/api.ts";
import { OpenPage } from "../ui/open-page.tsx";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import { beginSession } from "./session.ts";
import { useTokenInLink } from "./token-in-link.ts";

/** Where the link leads that is mailed when attempts at a password are used up. Opening it uses nothing up: mail programs look into links. */
export default function SignInLinkPage() {
	const token = useTokenInLink();
	const navigate = useNavigate();
	const action = useAction();
	if (token === "" || isRefusal(action.error, "not_found")) return <DeadLinkPage />;

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
				<Text role="status">It works once, for 15 minutes. If it is none of that, it may have been cut off where it was copied.</Text>
				<Anchor underline="always" renderRoot={(props) => <Link to="/sign-in" {...props} />}>
					Sign in with your password
				</Anchor>
			</Stack>
		</OpenPage>
	);
}
