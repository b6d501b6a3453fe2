import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { isRefusal } from "../http/api.ts";
import { goToFirstFault } from "../ui/first-fault.ts";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import { EMAIL_FAULT, isEmail } from "./email.ts";
import type { Invitation } from "./join-page.tsx";
import { isLongEnough, NewPasswordField } from "./new-password-field.tsx";
import { ROLE_WORDS } from "./roles.ts";

const NAME_CHARACTERS_MAX = 200;

export interface Joining {
	readonly name?: string;
	readonly email?: string;
	readonly password: string;
}

interface JoinFormProps {
	readonly invitation: Invitation;
	readonly onJoin: (joining: Joining) => Promise<void>;
}

/** Who joins: with a new account, or with the one that the invited address has. */
export function JoinForm({ invitation, onJoin }: JoinFormProps) {
	const { email: invited, account_exists, role } = invitation;
	const [name, setName] = useState("");
	const [email, setEmail] = useState(invited ?? "");
	const [password, setPassword] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();
	const address = email.trim();
	const isComplete = isEmail(address) && (account_exists ? password !== "" : name.trim() !== "" && isLongEnough(password));

	async function join(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		setTried(true);
		if (!isComplete) return goToFirstFault(event.currentTarget);
		const account = account_exists ? {} : { name: name.trim() };
		await action.run(() => onJoin({ ...account, ...(invited === null ? { email: address } : {}), password }));
	}
	return (
		<form onSubmit={join} noValidate>
			<Stack gap="md">
				{!account_exists && (
					<TextInput
						label="Your name"
						description="As others on the team will see it"
						autoComplete="name"
						maxLength={NAME_CHARACTERS_MAX}
						value={name}
						onChange={(event) => setName(event.currentTarget.value)}
						error={tried && name.trim() === "" ? "Write your name." : undefined}
						autoFocus
					/>
				)}
				<TextInput
					label="E-mail address"
					description={invited === null ? "You sign in with it" : "The address that was invited"}
					type="email"
					autoComplete="username"
					value={email}
					onChange={(event) => setEmail(event.currentTarget.value)}
					readOnly={invited !== null}
					error={tried && !isEmail(address) ? EMAIL_FAULT : undefined}
				/>
				{account_exists ? (
					<PasswordInput
						label="Your password"
						description="This address has an account: it is the password that you sign in with"
						autoComplete="current-password"
						value={password}
						onChange={(event) => setPassword(event.currentTarget.value)}
						error={tried && password === "" ? "Write your password." : undefined}
						visibilityToggleButtonProps={{ "aria-label": "Show the password" }}
						autoFocus
					/>
				) : (
					<NewPasswordField label="Password" value={password} onText={setPassword} personal={[name, email]} tried={tried} />
				)}
				{isRefusal(action.error, "credential_invalid") ? <WrongPassword is_known={account_exists} /> : <Problem error={action.error} />}
				<Button type="submit" loading={action.pending} fullWidth>
					Join
				</Button>
				<Text size="sm" c="dimmed">
					{ROLE_WORDS[role].you}
				</Text>
			</Stack>
		</form>
	);
}

/** An address may turn out to have an account only when the form is sent: an open invitation does not name it before. */
function WrongPassword({ is_known }: { is_known: boolean }) {
	return (
		<Text role="alert" size="sm" c="var(--mantine-color-error)">
			{is_known ? "This is not the password of your account." : "This address has an account already, and this is not its password."} Enter the
			password that you sign in with, or{" "}
			<Anchor inherit underline="always" renderRoot={(props) => <Link to="/forgot-password" {...props} />}>
				set a new one
			</Anchor>{" "}
			and open this invitation again.
		</Text>
	);
}
