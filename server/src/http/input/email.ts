import Type from "typebox";

const EMAIL_CHARACTERS_MAX = 200;
const LOCAL = "(?!\\.)(?!.*\\.\\.)[A-Za-z0-9_'+.-]*[A-Za-z0-9_+-]";
const DOMAIN = "(?:[A-Za-z0-9][A-Za-z0-9-]*\\.)+[A-Za-z]{2,}";

/** An e-mail address in the form that mail in practice has; nothing in it can end a header line. */
export const Email = Type.String({ maxLength: EMAIL_CHARACTERS_MAX, pattern: `^${LOCAL}@${DOMAIN}$` });

/** The one form in which addresses are kept and compared. */
export function normalEmail(email: string): string {
	return email.toLowerCase();
}
