import type { Role } from "../core/caller.ts";
import { nameInMail, timeInMail } from "../outbox/mail-words.ts";
import type { Mail } from "../outbox/mailer.ts";

const AS: Readonly<Record<Role, string>> = { owner: "an owner", admin: "an admin", viewer: "a viewer" };

export interface InvitationInWords {
	readonly email: string;
	/** Null when the operator invites, who is known by the product. */
	readonly inviter: string | null;
	readonly tenant_name: string;
	readonly product_name: string;
	readonly role: Role;
	readonly url: string;
	readonly expires_at: Date;
}

/** The mail that brings an invitation's link. */
export function invitationMail(words: InvitationInWords): Mail {
	const tenant = nameInMail(words.tenant_name);
	const invited = words.inviter === null ? "You are invited" : `${nameInMail(words.inviter)} invites you`;
	const text = [
		"Hello,",
		"",
		`${invited} to join ${tenant} at ${words.product_name} as ${AS[words.role]}.`,
		"",
		`This link works once, until ${timeInMail(words.expires_at)}:`,
		"",
		words.url,
		"",
		"Whoever has the link can join, so please do not pass it on. If you did not expect this mail, there is nothing to do.",
		"",
	].join("\n");
	return { to: words.email, subject: `${invited} to ${tenant} at ${words.product_name}`, text };
}
