const EMAIL = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/;

/** Whether a text has the form of an address; the server looks closer. */
export function isEmail(text: string): boolean {
	return EMAIL.test(text);
}
