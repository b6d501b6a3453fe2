import { Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { createContext, type FormEvent, type KeyboardEvent, type ReactNode, useContext, useMemo, useRef, useState } from "react";
import { ApiError, answered, api, isApiError } from "../http/api.ts";
import { Modal } from "../ui/dialog/modal.tsx";
import { goToFirstFault } from "../ui/first-fault.ts";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import { useSession } from "./session.ts";

type Ask = () => Promise<boolean>;

const Confirmation = createContext<Ask | null>(null);

/** z-index above every sheet and dialog, because the form that needs the password is often inside one. */
const ABOVE_ALL = 500;

/** Provides `useConfirmed` to the pages below: it can ask the person for their password again. */
export function ConfirmProvider({ children }: { children: ReactNode }) {
	const [asked, setAsked] = useState(false);
	const waiting = useRef<((confirmed: boolean) => void)[]>([]);
	const ask = useMemo<Ask>(
		() => () =>
			new Promise((resolve) => {
				waiting.current.push(resolve);
				setAsked(true);
			}),
		[],
	);
	function answer(confirmed: boolean): void {
		setAsked(false);
		for (const resolve of waiting.current.splice(0)) resolve(confirmed);
	}
	return (
		<Confirmation value={ask}>
			{children}
			<Modal
				name="question"
				opened={asked}
				onClose={() => answer(false)}
				title="Is it still you?"
				zIndex={ABOVE_ALL}
				size="sm"
				closeButtonProps={{ "aria-label": "Close", ...KEEPS_ESCAPE }}
				// Mantine listens for Escape on the window and would close every open sheet too; handle it on this element instead.
				closeOnEscape={false}
				onKeyDown={(event: KeyboardEvent) => event.key === "Escape" && answer(false)}
			>
				<ConfirmForm onAnswer={answer} />
			</Modal>
		</Confirmation>
	);
}

/** Mantine attribute: the sheets below ignore Escape pressed on this element. */
const KEEPS_ESCAPE = { "data-mantine-stop-propagation": "true" } as const;

function ConfirmForm({ onAnswer }: { onAnswer: (confirmed: boolean) => void }) {
	const { person } = useSession();
	const [password, setPassword] = useState("");
	const action = useAction();
	const [tried, setTried] = useState(false);
	const isWrong = isApiError(action.error, "invalid_request");
	const missing = tried && password === "" ? "Write your password." : undefined;
	const fault = isWrong ? "This is not your password. Nothing was changed yet; try again." : missing;

	async function confirm(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		// The sheet below may contain a form, which is an ancestor in React's tree and would be submitted too.
		event.stopPropagation();
		setTried(true);
		if (password === "") return goToFirstFault(event.currentTarget);
		const done = await action.run(async () => {
			await answered(api.POST("/api/v1/session/confirm", { body: { password } }));
			return true;
		});
		if (done) onAnswer(true);
	}
	return (
		<form onSubmit={confirm}>
			<Stack gap="md">
				<Text>Sensitive changes (keys, webhooks, invitations, rules) ask for your password again, once an hour.</Text>
				<input type="hidden" name="username" autoComplete="username" value={person.email ?? ""} readOnly />
				<PasswordInput
					label="Your password"
					value={password}
					onChange={(event) => setPassword(event.currentTarget.value)}
					autoComplete="current-password"
					required
					withAsterisk={false}
					data-autofocus
					error={fault}
					visibilityToggleButtonProps={{ "aria-label": "Show the password", tabIndex: 0, ...KEEPS_ESCAPE }}
					{...KEEPS_ESCAPE}
				/>
				{!isWrong && <Problem error={action.error} />}
				<Group justify="flex-end">
					<Button variant="default" onClick={() => onAnswer(false)} {...KEEPS_ESCAPE}>
						Go back
					</Button>
					<Button type="submit" loading={action.pending} {...KEEPS_ESCAPE}>
						Confirm
					</Button>
				</Group>
			</Stack>
		</form>
	);
}

function wentBack(refusal: ApiError): ApiError {
	const detail = "Your password was not entered again. Try again and enter it when you are asked.";
	return new ApiError({ ...refusal.problem, title: "Nothing was changed", detail, request_id: null });
}

/**
 * Runs an action that may need the password: on `confirmation_needed` it asks the person and runs the action again. Throws the action's
 * error, or a refusal when the person cancels.
 */
export function useConfirmed(): <T>(action: () => Promise<T>) => Promise<T> {
	const ask = useContext(Confirmation);
	const { person } = useSession();
	return async (action) => {
		try {
			return await action();
		} catch (error) {
			if (ask === null || person.kind === "portal" || !isApiError(error, "confirmation_needed")) throw error;
			if (!(await ask())) throw wentBack(error);
			return action();
		}
	};
}
