import type { CreateValues } from "./values.ts";

const list = new Intl.ListFormat("en-GB");

/** What mails say about the end and the replacement of a key with these values; null if they say nothing. */
export function formatMails({ expiry, rotate_every_days }: Pick<CreateValues, "expiry" | "rotate_every_days">): string | null {
	const end = expiry.kind === "never" ? [] : ["when it ends in 30, 7 and 1 working days", "when it has ended"];
	const when = [...end, ...(rotate_every_days === null ? [] : ["when it is due to be replaced"])];
	return when.length === 0 ? null : `Mails to owners, admins and the responsible member say ${list.format(when)}.`;
}
