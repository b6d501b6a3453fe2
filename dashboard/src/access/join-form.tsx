import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { isApiError } from "../http/api.ts";
import type { paths } from "../http/openapi.gen.ts";
import { goToFirstFault } from "../ui/first-fault.ts";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import { EMAIL_FAULT, isEmail } from "./email.ts";

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

/** Joins with a new or an existing account. Only a link that verifies the address reveals which is needed; otherwise the person chooses. */
export function JoinForm({ invitation, onJoin }: JoinFormProps) {
	const { email: invited, account_exists, role } = invitation;
	const [has_account, setHasAccount] = useState(account_exists);
	const [name, setName] = useState("");
	const [email, setEmail] = useState(invited ?? "");
	const [password, setPassword] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();
	const address = email.trim();
	const isComplete = isEmail(address) && (has_account ? password !== "" : name.trim() !== "" && isLongEnough(password));

	async function join(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		setTried(true);
		if (!isComplete) return goToFirstFault(event.currentTarget);
		const account = has_account ? {} : { name: name.trim() };
		await action.run(() => onJoin({ ...account, ...(invited === null ? { email: address } : {}), password }));
	}
	return (
		<form onSubmit={join} noValidate>
			<Stack gap="md">
				{!has_account && (
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
				{has_account ? (
					<PasswordInput
						label="Your password"
						description={account_exists ? "This address has an account: it is the password that you sign in with" : "The one that you sign in with"}
						autoComplete="current-password"
						value={password}
						onChange={(event) => setPassword(event.currentTarget.value)}
						error={tried && password === "" ? "Write your password." : undefined}
						visibilityToggleButtonProps={{ "aria-label": "Show the password", tabIndex: 0 }}
						autoFocus
					/>
				) : (
					<NewPasswordField label="Password" value={password} onText={setPassword} personal={[name, email]} tried={tried} />
				)}
				{isApiError(action.error, "credential_invalid") ? <WrongPassword /> : <Problem error={action.error} />}
				<Button type="submit" loading={action.pending} fullWidth>
					Join
				</Button>
				{!account_exists && (
					<Anchor component="button" type="button" size="sm" underline="always" onClick={() => setHasAccount(!has_account)}>
						{has_account ? "I have no account yet" : "I have an account already"}
					</Anchor>
				)}
				<Text size="sm" c="dimmed">
					{role === null ? "Everything of every tenant is open to operators." : ROLE_WORDS[role].you}
				</Text>
			</Stack>
		</form>
	);
}

function WrongPassword() {
	return (
		<Text role="alert" size="sm" c="var(--mantine-color-error)">
			This is not the password of an account with this address. Enter the password that you sign in with, or{" "}
			<Anchor inherit underline="always" renderRoot={(props) => <Link to="/forgot-password" {...props} />}>
				set a new one
			</Anchor>{" "}
			and open this invitation again.
		</Text>
	);
}

export type Invitation = paths["/api/v1/invitations/read"]["post"]["responses"][200]["content"]["application/json"];
