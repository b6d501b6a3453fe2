import { Anchor, Button, Checkbox, Group, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { answered, api, isApiError } from "../http/api.ts";
import { goToFirstFault } from "../ui/first-fault.ts";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import { EMAIL_FAULT, isEmail } from "./email.ts";
import { OpenPage } from "./open-page.tsx";
import { beginSession } from "./session.ts";
import { wayBack } from "./way-back.ts";

export default function SignInPage() {
	const router = useRouter();
	const { back, ended = false, reset = false } = useSearch({ from: "/sign-in" });
	const [email, setEmail] = useState("");
	const [password, setPassword] = useState("");
	const [rememberMe, setRememberMe] = useState(true);
	const [tried, setTried] = useState(false);
	const action = useAction();
	const isWrong = isApiError(action.error, "credential_invalid");

	async function signIn(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		const address = email.trim();
		setTried(true);
		if (!isEmail(address) || password === "") return goToFirstFault(event.currentTarget);
		await action.run(async () => {
			await answered(api.POST("/api/auth/sign-in/email", { body: { email: address, password, rememberMe } }));
			await beginSession();
			router.history.replace(wayBack(back));
		});
	}
	return (
		<OpenPage title="Sign in" lead={getLead(ended, reset)}>
			<form onSubmit={signIn} noValidate>
				<Stack gap="md">
					<TextInput
						label="E-mail address"
						type="email"
						autoComplete="username"
						value={email}
						onChange={(event) => setEmail(event.currentTarget.value)}
						error={tried && !isEmail(email.trim()) ? EMAIL_FAULT : undefined}
						autoFocus
					/>
					<PasswordInput
						label="Password"
						autoComplete="current-password"
						value={password}
						onChange={(event) => setPassword(event.currentTarget.value)}
						error={tried && password === "" ? "Write your password." : undefined}
						visibilityToggleButtonProps={{ "aria-label": "Show the password", tabIndex: 0 }}
					/>
					<Group justify="space-between" gap="xs">
						<Checkbox label="Keep me signed in" checked={rememberMe} onChange={(event) => setRememberMe(event.currentTarget.checked)} />
						<Anchor size="sm" underline="always" renderRoot={(props) => <Link to="/forgot-password" {...props} />}>
							Forgotten your password?
						</Anchor>
					</Group>
					{isWrong ? <WrongSignIn /> : <Problem error={action.error} />}
					<Button type="submit" loading={action.pending} fullWidth>
						Sign in
					</Button>
				</Stack>
			</form>
		</OpenPage>
	);
}

function getLead(ended: boolean, reset: boolean): string | undefined {
	if (reset) return "Your new password is set, and you were signed out everywhere. Sign in with it.";
	return ended ? "Your session has ended. Sign in, and you are back where you were." : undefined;
}

/** The same text for a wrong address and a wrong password, so that it does not reveal which accounts exist. */
function WrongSignIn() {
	return (
		<Text role="alert" size="sm" c="var(--mantine-color-error)">
			The e-mail address or the password is incorrect. Check both; small and capital letters matter in the password. You can also set a new one.
		</Text>
	);
}
