/** What a recipient can unsubscribe from, and `security`, which is always sent. */
export type MailClass = "key_use" | "rotation" | "expiry" | "security";

/** What a class is called in mails and pages. */
export const CLASS_NAMES: Readonly<Record<MailClass, string>> = {
	key_use: "the use of keys",
	rotation: "replacing keys",
	expiry: "keys that expire",
	security: "security",
};
