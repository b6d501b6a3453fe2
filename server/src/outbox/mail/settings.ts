/** Mail delivery by KEYWRIGHT_SMTP_URL and KEYWRIGHT_MAIL_FROM. */
export interface MailSettings {
	/** `smtp://` or `smtps://`, with name and password where the server requires them. */
	readonly smtp_url: string;
	/** An address, or `Name <address>`. */
	readonly from: string;
}

/** The parsed URL of a mail server. */
export interface SmtpServer {
	readonly host: string;
	readonly port: number;
	/** TLS from the first byte (`smtps://`). */
	readonly secure: boolean;
	/** Requires STARTTLS on a plain connection, because the password is sent over it. */
	readonly requireTLS: boolean;
	/** A relay on this machine may have a self-signed certificate. */
	readonly tls: { readonly rejectUnauthorized: boolean };
	readonly auth: { readonly user: string; readonly pass: string } | null;
}

export interface Sender {
	/** Null when the setting is a bare address. */
	readonly name: string | null;
	readonly address: string;
}

const PORTS: Readonly<Record<string, number>> = { "smtp:": 587, "smtps:": 465 };
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;
const ADDRESS_CHARACTERS_MAX = 254;
const SENDER = /^(?:"?([^"<>\p{Cc}]*?)"?\s*<([^<>]*)>|([^<>]*))$/u;

/** One address for a header and an SMTP command: it cannot contain a line end, a list or a comment. */
export function isMailAddress(text: string): boolean {
	return text.length <= ADDRESS_CHARACTERS_MAX && /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text);
}

/** Throws an error that never contains the value. Name and password are allowed only with TLS or to this machine. */
export function parseSmtpUrl(text: string): SmtpServer {
	const url = URL.canParse(text) ? new URL(text) : null;
	const port = url && PORTS[url.protocol];
	if (!url || port === undefined || port === null || url.hostname === "") throw new Error("must look like smtp://mail.example.com:587 or smtps://…");
	if (!/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "") throw new Error("must end after the host and port");
	const host = url.hostname.replace(/^\[|\]$/g, "");
	const secure = url.protocol === "smtps:";
	const auth = url.username === "" && url.password === "" ? null : { user: decoded(url.username), pass: decoded(url.password) };
	const here = LOOPBACK.test(host);
	const requireTLS = auth !== null && !secure && !here;
	return { host, port: url.port === "" ? port : Number(url.port), secure, requireTLS, tls: { rejectUnauthorized: !here }, auth };
}

function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		throw new Error("has a % in its name or password that should be written as %25");
	}
}

/** Throws an error with what is wrong. */
export function parseSender(text: string): Sender {
	const [, name, named, bare] = SENDER.exec(text.trim()) ?? [];
	const address = (named ?? bare ?? "").trim();
	if (!isMailAddress(address)) throw new Error("must be an address, or a name and an address: Example <no-reply@example.com>");
	return { name: name === undefined || name.trim() === "" ? null : name.trim(), address };
}

/** The settings of both variables; null when mail is off. Throws an error when only one is set. */
export function toMailSettings(smtp_url: string | null, from: string | null): MailSettings | null {
	if (smtp_url === null && from === null) return null;
	if (from === null) throw new Error("KEYWRIGHT_SMTP_URL needs KEYWRIGHT_MAIL_FROM too: the sender address of mails");
	if (smtp_url === null) throw new Error("KEYWRIGHT_MAIL_FROM needs KEYWRIGHT_SMTP_URL too: the server that sends mails");
	return { smtp_url, from };
}
