/** The server's minimum. */
export const PASSWORD_CHARACTERS_MIN = 10;
export const PASSWORD_CHARACTERS_MAX = 128;
const LONG_CHARACTERS = 16;
/** With fewer different characters a password is quickly guessed. */
const DIFFERENT_MIN = 5;
const PERSONAL_CHARACTERS_MIN = 4;

export interface PasswordHint {
	/** The server rejects `short`; the others are only advice. */
	readonly level: "short" | "guessable" | "fine" | "strong";
	readonly text: string;
}

const ROWS = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm"];
const FAVOURITES = ["password", "passwort", "letmein", "welcome", "iloveyou", "dragon", "monkey", "football", "sunshine", "admin"];

/** Whether the text is mostly a run along a keyboard row or the alphabet, in either direction. */
function isWalk(text: string): boolean {
	const chunk = 4;
	let walked = 0;
	for (let start = 0; start + chunk <= text.length; start += 1) {
		const part = text.slice(start, start + chunk);
		const turned = [...part].reverse().join("");
		if (ROWS.some((row) => row.includes(part) || row.includes(turned))) walked += 1;
	}
	return walked > 0 && walked >= (text.length - chunk + 1) / 2;
}

/** The parts of the name and of the address before the @, which an attacker tries first. */
function personalWords(personal: readonly string[]): string[] {
	return personal.flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u)).filter((word) => word.length >= PERSONAL_CHARACTERS_MIN);
}

function isGuessable(password: string, personal: readonly string[]): boolean {
	const text = password.toLowerCase();
	if (new Set(text).size < DIFFERENT_MIN || isWalk(text)) return true;
	const known = [...FAVOURITES, ...personalWords(personal)].filter((word) => text.includes(word)).join("").length;
	return known > 0 && text.length - known < PASSWORD_CHARACTERS_MIN;
}

/** Rates a new password. `personal`: name and address of the person. */
export function passwordHint(password: string, personal: readonly string[]): PasswordHint {
	const characters = [...password].length;
	const missing = PASSWORD_CHARACTERS_MIN - characters;
	if (missing > 0) return { level: "short", text: missing === 1 ? "One more character." : `${missing} more characters.` };
	if (isGuessable(password, personal)) return { level: "guessable", text: "Easy to guess. Take a few words that do not belong together." };
	return characters < LONG_CHARACTERS ? { level: "fine", text: "Good. Longer is better still." } : { level: "strong", text: "Strong." };
}
