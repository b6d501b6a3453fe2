import { Button, Group, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { EMAIL_FAULT, isEmail } from "../access/email.ts";
import { useProfile, useSession } from "../access/session.ts";
import { isApiError } from "../http/api.ts";
import { goToFirstFault } from "../ui/first-fault.ts";
import { GuardedModal, LeaveButton } from "../ui/form/guarded-modal.tsx";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import { askForAddress } from "./queries.ts";

/** Asks for a new address and the password, then says that a mail is on its way. */
export function AddressDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
	const [asked, setAsked] = useState<string | null>(null);
	return (
		<GuardedModal
			name="address"
			opened={opened}
			onClose={onClose}
			onClosed={() => setAsked(null)}
			title={asked === null ? "Change your e-mail address" : "Now open the mail"}
			undone="No mail has been sent, and your address stays as it is."
			closing="Close"
			guarded={asked === null}
		>
			<AddressSteps asked={asked} onAsked={setAsked} onClose={onClose} />
		</GuardedModal>
	);
}

function AddressSteps({ asked, onAsked, onClose }: { asked: string | null; onAsked: (email: string) => void; onClose: () => void }) {
	const { person, mail } = useSession();
	const product_name = useProfile()?.product_name ?? "this product";
	if (!mail)
		return (
			<Stack gap="md">
				<Text>
					An address is changed by a link that is mailed to it, and this server sends no mail. Ask the operator of <bdi>{product_name}</bdi>.
				</Text>
				<Group justify="flex-end">
					<Button onClick={onClose}>Close</Button>
				</Group>
			</Stack>
		);
	if (asked === null) return <AddressForm onAsked={onAsked} />;
	return (
		<Stack gap="md">
			<Text role="status" className="kw-wrap">
				A mail with a link is on its way to <b>{asked}</b>. Open the link in this browser within an hour. Until then you sign in with {person.email}.
			</Text>
			<Group justify="flex-end">
				<Button onClick={onClose} data-autofocus>
					Close
				</Button>
			</Group>
		</Stack>
	);
}

function AddressForm({ onAsked }: { onAsked: (email: string) => void }) {
	const { person } = useSession();
	const [email, setEmail] = useState("");
	const [password, setPassword] = useState("");
	const [tried, setTried] = useState(false);
	const [unsent, setUnsent] = useState(false);
	const action = useAction();
	const faults = isApiError(action.error, "invalid_request") ? action.error.problem.errors.map(({ pointer }) => pointer) : [];
	const isWrong = faults.includes("/password");
	const isSame = email.trim().toLowerCase() === person.email || faults.includes("/email");

	async function ask(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		setTried(true);
		setUnsent(false);
		const address = email.trim();
		if (!isEmail(address) || password === "") return goToFirstFault(event.currentTarget);
		const answer = await action.run(() => askForAddress({ email: address, password }));
		if (answer === undefined) return;
		if (answer.mailed) onAsked(address);
		else setUnsent(true);
	}
	return (
		<form onSubmit={ask} noValidate>
			<Stack gap="md">
				<Text c="dimmed" size="sm" className="kw-wrap">
					Now: {person.email}. It is informed once the new one is in use, and you are then signed out everywhere else.
				</Text>
				<TextInput
					label="New e-mail address"
					type="email"
					autoComplete="email"
					required
					withAsterisk={false}
					data-autofocus
					value={email}
					onChange={(event) => setEmail(event.currentTarget.value)}
					error={addressFault(tried, email.trim(), isSame)}
				/>
				<PasswordInput
					label="Your password"
					autoComplete="current-password"
					required
					withAsterisk={false}
					value={password}
					onChange={(event) => setPassword(event.currentTarget.value)}
					error={passwordFault(tried, password, isWrong)}
					visibilityToggleButtonProps={{ "aria-label": "Show your password", tabIndex: 0 }}
				/>
				{faults.length === 0 && <Problem error={action.error} />}
				{unsent && (
					<Text role="alert" c="red" size="sm">
						The mail server did not take the mail. Nothing is changed. Try again later, or ask the operator.
					</Text>
				)}
				<Group justify="flex-end" gap={8}>
					<LeaveButton>Close without changing</LeaveButton>
					<Button type="submit" loading={action.pending}>
						Mail me the link
					</Button>
				</Group>
			</Stack>
		</form>
	);
}

function addressFault(tried: boolean, email: string, is_same: boolean): string | undefined {
	if (!tried) return undefined;
	if (!isEmail(email)) return EMAIL_FAULT;
	return is_same ? "This is your address already." : undefined;
}

function passwordFault(tried: boolean, password: string, is_wrong: boolean): string | undefined {
	if (is_wrong) return "This is not your password. No mail was sent.";
	return tried && password === "" ? "Write your password." : undefined;
}
