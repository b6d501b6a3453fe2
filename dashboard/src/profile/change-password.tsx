import { Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { isLongEnough, NewPasswordField } from "../access/new-password-field.tsx";
import { sessionQuery, useSession } from "../access/session.ts";
import { answered, api, isApiError } from "../http/api.ts";
import { queries } from "../http/queries.ts";
import { goToFirstFault } from "../ui/first-fault.ts";
import { Problem } from "../ui/problem.tsx";
import { toaster } from "../ui/toaster.tsx";
import { useAction } from "../ui/use-action.ts";

const WIDTH_PX = 420;

/** The first field has the focus at once. `onDone` after the change, or when the person leaves it as it is. */
export function ChangePassword({ onDone }: { onDone: () => void }) {
	const { person } = useSession();
	const [currentPassword, setCurrent] = useState("");
	const [newPassword, setNew] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();
	const first = useRef<HTMLInputElement>(null);
	useEffect(() => first.current?.focus(), []);
	const isWrong = isApiError(action.error, "invalid_request") && action.error.problem.errors.some(({ pointer }) => pointer === "/currentPassword");
	const missing = tried && currentPassword === "" ? "Write the password that you have now." : undefined;
	const fault = isWrong ? "This is not your password. Nothing was changed." : missing;

	async function change(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		setTried(true);
		if (currentPassword === "" || !isLongEnough(newPassword)) return goToFirstFault(event.currentTarget);
		const done = await action.run(async () => {
			await answered(api.POST("/api/auth/change-password", { body: { currentPassword, newPassword } }));
			return true;
		});
		if (!done) return;
		onDone();
		toaster.noted("Your password is changed. Elsewhere you are signed out.");
		await queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
	}
	return (
		<form onSubmit={change} noValidate>
			<Stack gap="md" maw={WIDTH_PX}>
				<Text c="dimmed">Everywhere else that you are signed in, you will be signed out. Keys are not touched.</Text>
				<input type="hidden" name="username" autoComplete="username" value={person.email ?? ""} readOnly />
				<PasswordInput
					ref={first}
					label="Password that you have now"
					autoComplete="current-password"
					value={currentPassword}
					onChange={(event) => setCurrent(event.currentTarget.value)}
					error={fault}
					visibilityToggleButtonProps={{ "aria-label": "Show the password that you have now", tabIndex: 0 }}
				/>
				<NewPasswordField
					label="New password"
					value={newPassword}
					onText={setNew}
					personal={[person.name, person.email ?? ""]}
					tried={tried}
					visibilityToggleButtonProps={{ "aria-label": "Show the new password", tabIndex: 0 }}
				/>
				{!isWrong && <Problem error={action.error} />}
				<Group gap={8}>
					<Button type="submit" loading={action.pending}>
						Change password
					</Button>
					<Button variant="default" onClick={onDone}>
						Leave it as it is
					</Button>
				</Group>
			</Stack>
		</form>
	);
}
