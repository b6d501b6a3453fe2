import { nameInMail, timeInMail } from "./text.ts";

/** A link of ours, which stands in a mail as it is. */
export interface OwnLink {
	readonly href: string;
}

declare const composed: unique symbol;

/** A mail to one address. Only `composeMail` makes one: no text of a person gets into a mail past its rule. */
export interface Mail {
	readonly to: string;
	readonly subject: string;
	readonly text: string;
	readonly [composed]: true;
}

interface Words {
	readonly subject: string;
	readonly lines: readonly string[];
}

const BODY_ONLY_FOR_YOU = "Whoever has the link can join, so please do not pass it on. If you did not expect this mail, there is nothing to do.";

/**
 * The texts of all mails. Every string is given to them as `nameInMail` leaves it: on one line, short, and nothing in it is a link. The tests feed each
 * string of each mail with hostile text; a mail that is added here without a sample there does not compile.
 */
const MAILS = {
	/** `inviter` null: the operator, who is known by the product. `as` such as "an owner". */
	invitation(words: { inviter: string | null; tenant_name: string; product_name: string; as: string; link: OwnLink; expires_at: Date }): Words {
		const { tenant_name, product_name } = words;
		const invited = words.inviter === null ? "You are invited" : `${words.inviter} invites you`;
		return {
			subject: `${invited} to ${tenant_name} at ${product_name}`,
			lines: [
				`${invited} to join ${tenant_name} at ${product_name} as ${words.as}.`,
				"",
				`This link works once, until ${timeInMail(words.expires_at)}:`,
				"",
				words.link.href,
				"",
				BODY_ONLY_FOR_YOU,
			],
		};
	},
	operator_invitation(words: { product_name: string; link: OwnLink; expires_at: Date }): Words {
		return {
			subject: `Run the API keys of ${words.product_name}`,
			lines: [
				`you are invited to run the API keys of ${words.product_name}: everything of every tenant is open to its operators.`,
				"",
				`This link works once, until ${timeInMail(words.expires_at)}:`,
				"",
				words.link.href,
				"",
				"Whoever has the link can accept it, so please do not pass it on. If you did not expect this mail, there is nothing to do.",
			],
		};
	},
	/** Brings a handover's link to whoever deploys the key. */
	handover(words: {
		giver: string;
		key_name: string;
		environment: string;
		tenant_name: string;
		product_name: string;
		link: OwnLink;
		expires_at: Date;
	}): Words {
		return {
			subject: `An API key for you: ${words.key_name}`,
			lines: [
				`${words.giver} hands an API key over to you: ${words.key_name}, for ${words.environment}, by which a program of`,
				`${words.tenant_name} calls ${words.product_name}.`,
				"",
				`This link shows it once, until ${timeInMail(words.expires_at)}:`,
				"",
				words.link.href,
				"",
				"Open it where you can store the key, such as in your secret manager. Opening the link uses nothing up: the key is made when you press",
				"Reveal. Whoever has the link can do that, so please do not pass it on. If you did not expect this mail, tell the sender.",
			],
		};
	},
	password(words: { name: string; product_name: string; link: OwnLink; expires_at: Date }): Words {
		return {
			subject: `Set a new password for ${words.product_name}`,
			lines: [
				`a new password was asked for, for the account of ${words.name} at ${words.product_name}. If it was you, set one here, until ${timeInMail(words.expires_at)}:`,
				"",
				words.link.href,
				"",
				"If it was not you, there is nothing to do: your password stays as it is.",
			],
		};
	},
	sign_in_link(words: { name: string; product_name: string; link: OwnLink; expires_at: Date }): Words {
		return {
			subject: `Sign in to ${words.product_name}`,
			lines: [
				`there were many attempts at the password of the account of ${words.name} at ${words.product_name}, so passwords are not looked at for a while, except in`,
				`browsers that you have signed in with before. If you want to sign in now, this link does it, once, until ${timeInMail(words.expires_at)}:`,
				"",
				words.link.href,
				"",
				"If you do not, there is nothing to do: nobody has got in by these attempts. Please do not pass the link on.",
			],
		};
	},
} as const;

export type MailKind = keyof typeof MAILS;
export type MailValues<Kind extends MailKind> = Parameters<(typeof MAILS)[Kind]>[0];

/** The names of all mails. */
export const MAIL_KINDS: readonly string[] = Object.keys(MAILS);

/** Guarantee: strings stay strings, and what is no string is untouched, so the values keep their type. */
function plain<Values extends object>(values: Values): Values {
	const entries = Object.entries(values).map(([name, value]) => [name, typeof value === "string" ? nameInMail(value) : value]);
	return Object.fromEntries(entries) as Values;
}

/** Guarantee: `kind` and `values` belong together by the signature of `composeMail`. */
function wordsOf(kind: MailKind, values: object): Words {
	return (MAILS[kind] as (values: object) => Words)(values);
}

/** The mail of this kind. Every string in `values` may come from a person, whoever it is: it is made plain here, and nowhere else. */
export function composeMail<Kind extends MailKind>(kind: Kind, to: string, values: MailValues<Kind>): Mail {
	const { subject, lines } = wordsOf(kind, plain(values));
	return asComposed({ to, subject, text: ["Hello,", "", ...lines, ""].join("\n") });
}

/** Guarantee: called by `composeMail`, and by tests of the mailer itself. */
export function asComposed(mail: { to: string; subject: string; text: string }): Mail {
	return mail as Mail;
}
