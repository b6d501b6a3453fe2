import { Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { answered, api } from "../http/api.ts";
import { goToFirstFault } from "../ui/first-fault.ts";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import { EMAIL_FAULT, isEmail } from "./email.ts";
import { OpenPage } from "./open-page.tsx";
import { useProfile } from "./session.ts";

interface Asked {
	readonly email: string;
	readonly mail: boolean;
}

export default function ForgotPasswordPage() {
	const [asked, setAsked] = useState<Asked | null>(null);
	if (asked === null) return <AskPage onAsked={setAsked} />;
	return asked.mail ? <MailedPage email={asked.email} /> : <NoMailPage />;
}

function AskPage({ onAsked }: { onAsked: (asked: Asked) => void }) {
	const [email, setEmail] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();

	async function ask(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		const address = email.trim();
		setTried(true);
		if (!isEmail(address)) return goToFirstFault(event.currentTarget);
		const answer = await action.run(() => answered(api.POST("/api/auth/request-password-reset", { body: { email: address } })));
		if (answer) onAsked({ email: address, mail: answer.mail });
	}
	return (
		<OpenPage title="Set a new password" lead="Write the address that you sign in with. You get a mail with a link.">
			<form onSubmit={ask} noValidate>
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
					<Problem error={action.error} />
					<Button type="submit" loading={action.pending} fullWidth>
						Send me a link
					</Button>
					<BackToSignIn />
				</Stack>
			</form>
		</OpenPage>
	);
}

function MailedPage({ email }: { email: string }) {
	return (
		<OpenPage title="Look into your mail">
			<Stack gap="sm">
				<Text role="status" className="kw-wrap">
					If <b>{email}</b> has an account here, a mail with a link is on its way. The link works once, for an hour.
				</Text>
				<Text c="dimmed">
					Nothing after a few minutes? Look among the unwanted mail, and check whether this is the address that you were invited with.
				</Text>
				<BackToSignIn />
			</Stack>
		</OpenPage>
	);
}

function NoMailPage() {
	const profile = useProfile();
	return (
		<OpenPage title="A person has to help">
			<Stack gap="sm">
				<Text role="status" className="kw-wrap">
					This server sends no mail. Ask {profile ? <bdi>{profile.product_name}</bdi> : "its operator"} for a link to set a new password: the operator
					of the server can make one for your address.
				</Text>
				{profile?.support_url && (
					<Anchor href={profile.support_url} rel="noreferrer" underline="always">
						Contact support
					</Anchor>
				)}
				<BackToSignIn />
			</Stack>
		</OpenPage>
	);
}

function BackToSignIn() {
	return (
		<Anchor size="sm" underline="always" renderRoot={(props) => <Link to="/sign-in" {...props} />}>
			Back to sign in
		</Anchor>
	);
}
