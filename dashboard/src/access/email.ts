const EMAIL = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/;

export const EMAIL_FAULT = "Write the whole address, such as name@example.com.";

/** Whether a text has the form of an address; the server looks closer. */
export function isEmail(text: string): boolean {
	return EMAIL.test(text);
}
