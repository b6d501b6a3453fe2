const EMAIL = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/;

export const EMAIL_FAULT = "Write the whole address, such as name@example.com.";

/** Whether a text looks like an e-mail address; the server validates it fully. */
export function isEmail(text: string): boolean {
	return EMAIL.test(text);
}
