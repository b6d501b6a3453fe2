import { Anchor, Button, Stack, Text } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { answered, api, isApiError } from "../http/api.ts";
import { queries } from "../http/queries.ts";
import { goToFirstFault } from "../ui/first-fault.ts";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import { isLongEnough, NewPasswordField } from "./new-password-field.tsx";
import { OpenPage } from "./open-page.tsx";
import { useTokenInLink } from "./token-in-link.ts";

export default function ResetPasswordPage() {
	const token = useTokenInLink();
	const navigate = useNavigate();
	const [password, setPassword] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();
	if (token === "" || isApiError(action.error, "not_found")) return <DeadLinkPage />;

	async function reset(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		setTried(true);
		if (!isLongEnough(password)) return goToFirstFault(event.currentTarget);
		await action.run(async () => {
			await answered(api.POST("/api/auth/reset-password", { body: { token, newPassword: password } }));
			queries.clear();
			await navigate({ to: "/sign-in", search: { reset: true }, replace: true });
		});
	}
	return (
		<OpenPage title="Set a new password" lead="Wherever you are signed in now, you will be signed out.">
			<form onSubmit={reset} noValidate>
				<Stack gap="md">
					<NewPasswordField label="New password" value={password} onText={setPassword} personal={[]} tried={tried} autoFocus />
					<Problem error={action.error} />
					<Button type="submit" loading={action.pending} fullWidth>
						Set this password
					</Button>
				</Stack>
			</form>
		</OpenPage>
	);
}

function DeadLinkPage() {
	return (
		<OpenPage title="This link does not work any more">
			<Stack gap="sm">
				<Text role="status">It works once and for an hour. If it is none of that, it may have been cut off where it was copied.</Text>
				<Anchor underline="always" renderRoot={(props) => <Link to="/forgot-password" {...props} />}>
					Ask for another link
				</Anchor>
			</Stack>
		</OpenPage>
	);
}
