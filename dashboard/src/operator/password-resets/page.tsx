import { Box, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { EMAIL_FAULT, isEmail } from "../../access/email.ts";
import { useSession } from "../../access/session.ts";
import { answered, api } from "../../http/api.ts";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { OneTimeLink } from "../../ui/form/one-time-link.tsx";
import { Page } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { useAction } from "../../ui/use-action.ts";

interface Made {
	readonly email: string;
	readonly url: string;
	readonly expires_at: string;
}

/** Creates a password link for a person whom no mail reaches. The link is never cached and disappears with the page. */
export default function PasswordResetsPage() {
	const { mail } = useSession();
	const [made, setMade] = useState<Made | null>(null);
	return (
		<Page
			title="Password resets"
			lead={
				mail
					? "People reset their password themselves, by mail. Make a link here for a person whom no mail reaches."
					: "This server sends no mail, so people cannot reset their password themselves. Make a link for them here."
			}
		>
			<Box className="kw-surface" p="lg" maw={640}>
				{made === null ? <ResetForm onMade={setMade} /> : <ResetLink made={made} onDone={() => setMade(null)} />}
			</Box>
		</Page>
	);
}

function ResetForm({ onMade }: { onMade: (made: Made) => void }) {
	const [email, setEmail] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();
	const confirmed = useConfirmed();
	const address = email.trim();
	async function make(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		setTried(true);
		if (!isEmail(address)) return goToFirstFault(event.currentTarget);
		const link = await action.run(() => confirmed(() => answered(api.POST("/api/v1/operator/password-resets", { body: { email: address } }))));
		if (link) onMade({ ...link, email: address });
	}
	return (
		<form noValidate onSubmit={(event) => void make(event)}>
			<Stack gap="md">
				<Text size="sm">
					First make sure that the person is who they say: the holder of the link sets the password of this account, and the address counts as theirs.
					Their sessions end then. Links for other operators are made with the operator token only.
				</Text>
				<TextInput
					label="E-mail address of the account"
					type="email"
					autoComplete="off"
					value={email}
					onChange={(event) => setEmail(event.currentTarget.value)}
					error={tried && !isEmail(address) ? EMAIL_FAULT : undefined}
				/>
				<Problem error={action.error} />
				<Group justify="flex-end">
					<Button type="submit" loading={action.pending}>
						Make a password link
					</Button>
				</Group>
			</Stack>
		</form>
	);
}

function ResetLink({ made, onDone }: { made: Made; onDone: () => void }) {
	return (
		<OneTimeLink label="Password link" url={made.url} expires_at={made.expires_at} onDone={onDone}>
			Hand this link to the person with the address <b>{made.email}</b>, and to no other person.
		</OneTimeLink>
	);
}
