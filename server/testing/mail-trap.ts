import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** A mail as the server received it. */
export interface ReceivedMail {
	readonly from: string;
	readonly to: readonly string[];
	/** By name in lower case; continuation lines are joined. */
	readonly headers: ReadonlyMap<string, string>;
	/** Decoded: the plain text. */
	readonly text: string;
	/** Decoded; empty for a mail of plain text only. */
	readonly html: string;
}

export interface MailTrap {
	readonly port: number;
	readonly mails: ReceivedMail[];
	close(): Promise<void>;
}

function decodedBody(body: string, encoding: string | undefined): string {
	if (encoding === "base64") return Buffer.from(body, "base64").toString("utf8");
	if (encoding !== "quoted-printable") return body;
	const bytes = body.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
	return Buffer.from(bytes, "latin1").toString("utf8");
}

interface Part {
	readonly headers: ReadonlyMap<string, string>;
	readonly body: string;
}

function parsePart(raw: string): Part {
	const [, head = "", body = ""] = /^([\s\S]*?)\r\n\r\n([\s\S]*)$/.exec(raw) ?? [];
	const lines = head.replace(/\r\n[ \t]+/g, " ").split("\r\n");
	const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
	if (headers.size !== lines.length) throw new Error(`a header stands twice:\n${head}`);
	return { headers, body };
}

function textOf({ headers, body }: Part): string {
	return decodedBody(body, headers.get("content-transfer-encoding")).replaceAll("\r\n", "\n");
}

function received(raw: Buffer, from: string, to: readonly string[]): ReceivedMail {
	const whole = parsePart(raw.toString("latin1"));
	const [, boundary] = /^multipart\/alternative;\s*boundary="?([^";]+)/.exec(whole.headers.get("content-type") ?? "") ?? [];
	const parts =
		boundary === undefined
			? [whole]
			: whole.body
					.split(`--${boundary}`)
					.slice(1, -1)
					.map((part) => parsePart(part.replace(/^\r\n/, "").replace(/\r\n$/, "")));
	const partOf = (type: string) => parts.find((part) => part.headers.get("content-type")?.startsWith(type));
	const text = partOf("text/plain") ?? whole;
	const html = partOf("text/html");
	return { from, to, headers: whole.headers, text: textOf(text), html: html ? textOf(html) : "" };
}

/** A mail server on loopback that stores what it receives. Without TLS and authentication unless the options set them. */
export async function mailTrap(options: SMTPServerOptions = {}): Promise<MailTrap> {
	const mails: ReceivedMail[] = [];
	const server = new SMTPServer({
		disabledCommands: ["STARTTLS", "AUTH"],
		onData(stream, session, callback) {
			const chunks: Buffer[] = [];
			stream.on("data", (chunk: Buffer) => chunks.push(chunk));
			stream.on("end", () => {
				const { mailFrom, rcptTo } = session.envelope;
				const from = mailFrom === false ? "" : mailFrom.address;
				const to = rcptTo.map(({ address }) => address);
				try {
					mails.push(received(Buffer.concat(chunks), from, to));
					callback();
				} catch (error) {
					callback(error instanceof Error ? error : new Error("unreadable"));
				}
			});
		},
		...options,
	});
	server.on("error", () => undefined);
	server.listen(0, "127.0.0.1");
	await once(server.server, "listening");
	return {
		port: getPort(server.server.address()),
		mails,
		close: () => new Promise((resolve) => server.close(() => resolve())),
	};
}

/** Guarantee: called for servers that listen on TCP. */
export function getPort(address: unknown): number {
	return (address as AddressInfo).port;
}
