import { PasswordInput, type PasswordInputProps, Text } from "@mantine/core";
import { MEANINGS, type Meaning } from "../ui/theme.ts";
import { PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN, type PasswordHint, passwordHint } from "./password-hint.ts";

const MEANING_OF: Readonly<Record<PasswordHint["level"], Meaning>> = { short: "resting", guessable: "attention", fine: "good", strong: "good" };

const SHORT_FAULT = `A password has at least ${PASSWORD_CHARACTERS_MIN} characters.`;

interface NewPasswordProps extends Omit<PasswordInputProps, "value" | "onChange"> {
	readonly value: string;
	readonly onText: (password: string) => void;
	/** Name and address of the person; a password that contains them is easy to guess. */
	readonly personal: readonly string[];
	/** Whether the form was submitted: only then is a short password shown as an error. */
	readonly tried: boolean;
}

/** Field for a new password: shows the minimum length and a hint on its strength while the person types. */
export function NewPasswordField({ value, onText, personal, tried, ...rest }: NewPasswordProps) {
	const hint = passwordHint(value, personal);
	return (
		<div>
			<PasswordInput
				description={`At least ${PASSWORD_CHARACTERS_MIN} characters. A few words that do not belong together are easy to keep in mind.`}
				autoComplete="new-password"
				maxLength={PASSWORD_CHARACTERS_MAX}
				value={value}
				onChange={(event) => onText(event.currentTarget.value)}
				visibilityToggleButtonProps={{ "aria-label": "Show the password", tabIndex: 0 }}
				error={tried && hint.level === "short" ? SHORT_FAULT : undefined}
				{...rest}
			/>
			<Text size="sm" mt={4} mih="1.45em" role="status" data-level={hint.level}>
				{value !== "" && (
					<>
						<span aria-hidden="true">{MEANINGS[MEANING_OF[hint.level]].shape}</span> {hint.text}
					</>
				)}
			</Text>
		</div>
	);
}

/** Whether the server would accept it. */
export function isLongEnough(password: string): boolean {
	return passwordHint(password, []).level !== "short";
}
