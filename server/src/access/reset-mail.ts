import type { Mailer } from "../outbox/mailer.ts";
import { RESET_LINK_SECONDS } from "./auth-library.ts";

export interface ResetMailContext {
	readonly mailer: Mailer;
	readonly public_url: string;
	/** What the people who get the mail call this product. */
	readonly productName: () => string;
}

/** Mails the link to set a new password. The token stands in the fragment, which no server's log and no link preview gets. */
export async function sendResetMail(context: ResetMailContext, person: { name: string; email: string }, token: string): Promise<boolean> {
	const { mailer, public_url } = context;
	const product = context.productName();
	const text = [
		`Hello ${person.name},`,
		"",
		`somebody asked for a new password for your account at ${product}. If it was you, set one here within ${RESET_LINK_SECONDS / 60} minutes:`,
		"",
		`${public_url}/reset-password#${token}`,
		"",
		"If it was not you, there is nothing to do: your password stays as it is.",
		"",
	].join("\n");
	return mailer.send({ to: person.email, subject: `Set a new password for ${product}`, text });
}
