import { plainValues, timeInMail } from "./sanitize.ts";

/** A link that Keywright created, which a mail contains unchanged. */
export interface OwnLink {
	readonly href: string;
}

declare const composed: unique symbol;

/** A mail before its recipient is known to be one address. */
export interface MailContent {
	readonly to: string;
	readonly subject: string;
	readonly text: string;
	/** The same content with formatting. Absent: the text alone. */
	readonly html?: string;
	/** The first part of its `Message-ID`, the same in every attempt. Absent: a random one. */
	readonly message_id?: string;
	/** Where a POST unsubscribes from such mails (RFC 8058). */
	readonly unsubscribe?: OwnLink;
}

/** A mail to one address. Only the functions that compose mails create one, so that all user input in mails is sanitised. */
export interface Mail extends MailContent {
	readonly [composed]: true;
}

interface MailText {
	readonly subject: string;
	readonly lines: readonly string[];
}

const BODY_ONLY_FOR_YOU = "Anyone with the link can join, so please do not forward it. If you did not expect this mail, you can ignore it.";

/**
 * The texts of all mails. Every string argument was sanitised by `nameInMail`: short, on one line, and nothing in it is a link. The tests
 * inject hostile text into each string; a mail without a sample there does not compile.
 */
const MAILS = {
	/** `inviter` null: the operator, shown by the product's name. `as` is a role such as "an owner". */
	invitation(values: { inviter: string | null; tenant_name: string; product_name: string; as: string; link: OwnLink; expires_at: Date }): MailText {
		const { tenant_name, product_name } = values;
		const invited = values.inviter === null ? "You are invited" : `${values.inviter} invites you`;
		return {
			subject: `${invited} to ${tenant_name} at ${product_name}`,
			lines: [
				`${invited} to join ${tenant_name} at ${product_name} as ${values.as}.`,
				"",
				`This link works once, until ${timeInMail(values.expires_at)}:`,
				"",
				values.link.href,
				"",
				BODY_ONLY_FOR_YOU,
			],
		};
	},
	operator_invitation(values: { product_name: string; link: OwnLink; expires_at: Date }): MailText {
		return {
			subject: `Run the API keys of ${values.product_name}`,
			lines: [
				`you are invited to run the API keys of ${values.product_name}: everything of every tenant is open to its operators.`,
				"",
				`This link works once, until ${timeInMail(values.expires_at)}:`,
				"",
				values.link.href,
				"",
				"Anyone with the link can accept the invitation, so please do not forward it. If you did not expect this mail, you can ignore it.",
			],
		};
	},
	/** Sends the link of a handover to the person who deploys the key. */
	handover(values: {
		giver: string;
		key_name: string;
		environment: string;
		tenant_name: string;
		product_name: string;
		link: OwnLink;
		expires_at: Date;
	}): MailText {
		return {
			subject: `An API key for you: ${values.key_name}`,
			lines: [
				`${values.giver} gives you an API key: ${values.key_name}, for ${values.environment}, with which a program of`,
				`${values.tenant_name} calls ${values.product_name}.`,
				"",
				`This link shows it once, until ${timeInMail(values.expires_at)}:`,
				"",
				values.link.href,
				"",
				"Open it where you can store the key, for example in a secret manager. Opening the link does not use it up: the key is created when you press",
				"Reveal. Anyone with the link can do that, so please do not forward it. If you did not expect this mail, tell the sender.",
			],
		};
	},
	/** Sends the link of a rotation that the schedule has begun to the person who is responsible for the key. */
	scheduled_rotation(values: {
		key_name: string;
		environment: string;
		tenant_name: string;
		product_name: string;
		link: OwnLink;
		expires_at: Date;
	}): MailText {
		return {
			subject: `${values.key_name} is due to be replaced: reveal its new key`,
			lines: [
				`you are responsible for ${values.key_name}, an API key for ${values.environment}, with which a program of ${values.tenant_name} calls`,
				`${values.product_name}. It is due to be replaced.`,
				"",
				`This link shows the new key once, until ${timeInMail(values.expires_at)}:`,
				"",
				values.link.href,
				"",
				"Open it where you can store the key, for example in a secret manager. Opening the link does not use it up: the new key is created when you",
				"press Reveal. The old one continues to work until then, and after that until every program has moved to the new one, for at most 30 days.",
				"Anyone with the link can reveal the key, so please do not forward it. If the link expires unused, nothing changes.",
			],
		};
	},
	password(values: { name: string; product_name: string; link: OwnLink; expires_at: Date }): MailText {
		return {
			subject: `Set a new password for ${values.product_name}`,
			lines: [
				`a new password was requested for the account of ${values.name} at ${values.product_name}. If it was you, set one here, until ${timeInMail(values.expires_at)}:`,
				"",
				values.link.href,
				"",
				"If it was not you, you can ignore this mail: your password does not change.",
			],
		};
	},
	sign_in_link(values: { name: string; product_name: string; link: OwnLink; expires_at: Date }): MailText {
		return {
			subject: `Sign in to ${values.product_name}`,
			lines: [
				`there were many attempts at the password of the account of ${values.name} at ${values.product_name}, so passwords are not accepted for a while, except in`,
				`browsers that you have signed in with before. If you want to sign in now, this link does it, once, until ${timeInMail(values.expires_at)}:`,
				"",
				values.link.href,
				"",
				"Otherwise you can ignore this mail: these attempts were not successful. Please do not forward the link.",
			],
		};
	},
	/** Proves a new address. It may go to a person who has nothing to do with the account. */
	address_link(values: { name: string; product_name: string; link: OwnLink; expires_at: Date }): MailText {
		return {
			subject: `Confirm this address for ${values.product_name}`,
			lines: [
				`${values.name} wants to sign in to ${values.product_name} with this e-mail address. If that is you, confirm it here, until ${timeInMail(values.expires_at)},`,
				"in a browser in which you are signed in:",
				"",
				values.link.href,
				"",
				"If it is not you, you can ignore this mail: nothing changes.",
			],
		};
	},
	/** Goes to the former address, without the new one: the mailbox may belong to another person by now. */
	address_changed(values: { name: string; product_name: string }): MailText {
		return {
			subject: `Your e-mail address for ${values.product_name} was changed`,
			lines: [
				`the account of ${values.name} at ${values.product_name} has a new e-mail address. From now on it signs in with that one, and mails go there.`,
				"",
				`If it was not you, another person has your password: ask the operator of ${values.product_name} for help, or an owner of your team to remove the account.`,
			],
		};
	},
	/** Sent to operators: a webhook to their own systems has failed for an hour, or was disabled. */
	operator_webhook_failing(values: {
		product_name: string;
		host: string;
		failing_since: Date | null;
		is_disabled: boolean;
		link: OwnLink;
	}): MailText {
		const { product_name, host, failing_since, is_disabled } = values;
		const since = failing_since === null ? "" : ` since ${timeInMail(failing_since)}`;
		return {
			subject: is_disabled ? `A webhook of ${product_name} was disabled` : `A webhook of ${product_name} accepts nothing`,
			lines: [
				`your webhook at ${host} has accepted nothing${since}${is_disabled ? ", so it was disabled: it receives no events until you enable it again." : "."}`,
				"",
				is_disabled ? "See what it answered, and enable it, here:" : "See what it answers here:",
				"",
				values.link.href,
				"",
				`You get this mail because you are an operator of ${product_name}.`,
			],
		};
	},
} as const;

export type MailKind = keyof typeof MAILS;
export type MailValues<Kind extends MailKind> = Parameters<(typeof MAILS)[Kind]>[0];

/** The kinds of mails. */
export const MAIL_KINDS: readonly string[] = Object.keys(MAILS);

/** Guarantee: `kind` and `values` belong together by the signature of `composeMail`. */
function getMailText(kind: MailKind, values: object): MailText {
	return (MAILS[kind] as (values: object) => MailText)(values);
}

/** Composes the mail of this kind. Every string in `values` may be user input: it is sanitised here, and only here. */
export function composeMail<Kind extends MailKind>(kind: Kind, to: string, values: MailValues<Kind>): Mail {
	const { subject, lines } = getMailText(kind, plainValues(values));
	return asComposed({ to, subject, text: ["Hello,", "", ...lines, ""].join("\n") });
}

/** Guarantee: called only by `composeMail`, `composeEventMail` and `composeDigest`, and by tests of the mailer itself. */
export function asComposed(mail: MailContent): Mail {
	return mail as Mail;
}
