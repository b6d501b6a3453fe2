import { createTransport } from "nodemailer";
import type { Context } from "../../core/context.ts";
import type { Log } from "../../core/log.ts";
import type { Mail } from "./mails.ts";
import { mailText, nameInMail, oneLine } from "./sanitize.ts";
import { isMailAddress, type MailSettings, parseSender, parseSmtpUrl } from "./settings.ts";

/** Time limit of the whole delivery, from the DNS look-up to the server's last reply. */
const SEND_TIMEOUT_MS = 10_000;
/** Each delivery occupies a connection and a pending request. */
const MAILS_AT_ONCE_MAX = 20;
const SUBJECT_CHARACTERS_MAX = 200;
const REASON_CHARACTERS_MAX = 300;
/** Matches the token of a one-time link: a mail server may quote a refused mail in its reply. */
const ONE_TIME_TOKEN = /kw[iphrle]_[0-9A-Za-z_-]+/g;

export interface Mailer {
	/** Whether a mail server is configured. */
	readonly enabled: boolean;
	/** Sends the mail within 10 seconds. False when mail is off or the server did not accept it, which is logged; never rejects. */
	send(mail: Mail): Promise<boolean>;
}

/** The context of actions that send mail. A mail with a link is sent after the commit and is not stored. */
export interface MailContext extends Context {
	readonly mailer: Mailer;
}

export interface MailerOptions {
	readonly settings: MailSettings | null;
	/** The sender's name when the setting has none. */
	readonly product_name: () => string;
	readonly log: Log;
	readonly timeout_ms?: number;
}

const OFF: Mailer = { enabled: false, send: async () => false };

/** Creates a mailer; one that is off for null settings. Connects only for the first mail. */
export function createMailer(options: MailerOptions): Mailer {
	const { settings, log } = options;
	if (settings === null) return OFF;
	const timeout_ms = options.timeout_ms ?? SEND_TIMEOUT_MS;
	const { auth, ...server } = parseSmtpUrl(settings.smtp_url);
	const sender = parseSender(settings.from);
	const transport = createTransport({
		...server,
		...(auth ? { auth } : {}),
		connectionTimeout: timeout_ms,
		greetingTimeout: timeout_ms,
		socketTimeout: timeout_ms,
		dnsTimeout: timeout_ms,
		disableFileAccess: true,
		disableUrlAccess: true,
	});
	let sending = 0;

	async function attempt(mail: Mail): Promise<void> {
		if (!isMailAddress(mail.to)) throw new Error("the address of the recipient is not valid");
		if (sending >= MAILS_AT_ONCE_MAX) throw new Error(`${MAILS_AT_ONCE_MAX} mails are already being sent`);
		sending += 1;
		try {
			await transport.sendMail({
				from: {
					name: sender.name === null ? nameInMail(options.product_name()) : oneLine(sender.name, SUBJECT_CHARACTERS_MAX),
					address: sender.address,
				},
				to: { name: "", address: mail.to },
				envelope: { from: sender.address, to: [mail.to] },
				subject: oneLine(mail.subject, SUBJECT_CHARACTERS_MAX),
				text: mailText(mail.text),
				...(mail.html === undefined ? {} : { html: mailText(mail.html) }),
				...(mail.message_id === undefined ? {} : { messageId: `<${mail.message_id}@${sender.address.split("@")[1]}>` }),
				headers: {
					"Auto-Submitted": "auto-generated",
					"X-Auto-Response-Suppress": "All",
					...(mail.unsubscribe ? { "List-Unsubscribe": `<${mail.unsubscribe.href}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" } : {}),
				},
				xMailer: false,
				signal: AbortSignal.timeout(timeout_ms),
			});
		} finally {
			sending -= 1;
		}
	}

	return {
		enabled: true,
		async send(mail) {
			try {
				await attempt(mail);
				return true;
			} catch (error) {
				log.warn(
					toApiError(error, [
						[mail.to, "[recipient]"],
						[auth?.pass ?? "", "[password]"],
					]),
					"mail_not_sent",
				);
				return false;
			}
		},
	};
}

/** Error details for the operator, without what the mail server may have quoted: the recipient, the password, a link. */
function toApiError(error: unknown, hidden: readonly (readonly [string, string])[]): Record<string, unknown> {
	const facts = error instanceof Error ? { ...error } : {};
	let reason = error instanceof Error ? error.message : String(error);
	for (const [text, instead] of hidden) if (text !== "") reason = reason.replaceAll(text, instead);
	return {
		reason: oneLine(reason.replace(ONE_TIME_TOKEN, "[link]"), REASON_CHARACTERS_MAX),
		code: "code" in facts ? facts.code : undefined,
		response_code: "responseCode" in facts ? facts.responseCode : undefined,
	};
}
