import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { getPort, mailTrap } from "../../../testing/mail-trap.ts";
import { createLog } from "../../core/log.ts";
import { createMailer, type Mailer } from "./mailer.ts";
import { asComposed } from "./mails.ts";

const RUNS = 30;
const SOON_MS = 400;
const TOKEN = `kwi_${"x".repeat(43)}`;

function mailerTo(
	port: number,
	over: { user?: string; from?: string; timeout_ms?: number; product?: string } = {},
): { mailer: Mailer; lines: string[] } {
	const lines: string[] = [];
	const log = createLog({ level: "info", brand: "kw", output: { write: (line) => void lines.push(line) } });
	const { user = "", from = "no-reply@example.com", timeout_ms = 5_000, product = "Acme API" } = over;
	const settings = { smtp_url: `smtp://${user}127.0.0.1:${port}`, from };
	return { mailer: createMailer({ settings, product_name: () => product, log, timeout_ms }), lines };
}

/** A mail server that behaves as `speak` defines; `closed` resolves when the first client has disconnected. */
async function oddServer(t: TestContext, speak: (socket: Socket) => void) {
	const sockets: Socket[] = [];
	const { promise: closed, resolve } = Promise.withResolvers<void>();
	const server = createServer((socket) => {
		sockets.push(socket);
		socket.on("error", () => undefined).on("close", () => resolve());
		socket.resume();
		speak(socket);
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const close = () => {
		for (const socket of sockets) socket.destroy();
		server.close();
	};
	t.after(close);
	return { port: getPort(server.address()), closed, close };
}

test("a mail arrives as it was meant", async (t) => {
	const trap = await mailTrap();
	t.after(() => trap.close());
	const { mailer, lines } = mailerTo(trap.port);
	ok(mailer.enabled);
	const text = `Grüße, Ольга\n\nhttps://example.com/join#${TOKEN}\n.\nend\n`;
	equal(await mailer.send(asComposed({ to: "olga@example.com", subject: "Einladung zu Ünïcode", text })), true);
	const [mail] = trap.mails;
	deepEqual([mail?.from, mail?.to, mail?.text], ["no-reply@example.com", ["olga@example.com"], text]);
	equal(mail?.headers.get("from"), "Acme API <no-reply@example.com>");
	equal(mail?.headers.get("to"), "olga@example.com");
	equal(mail?.headers.get("auto-submitted"), "auto-generated");
	match(mail?.headers.get("subject") ?? "", /^=\?UTF-8\?/i);
	deepEqual(lines, []);
});

test("the sender's own name goes before the product's", async (t) => {
	const trap = await mailTrap();
	t.after(() => trap.close());
	await mailerTo(trap.port, { from: '"Acme, Inc." <no-reply@example.com>' }).mailer.send(asComposed({ to: "a@b.example", subject: "S", text: "T" }));
	equal(trap.mails[0]?.headers.get("from"), '"Acme, Inc." <no-reply@example.com>');
});

test(`${RUNS} hostile subjects, texts and product names: no header, no recipient and no line end beyond our own`, async (t) => {
	const trap = await mailTrap();
	t.after(() => trap.close());
	const piece = fc.oneof(
		fc.string({ unit: "binary", maxLength: 40 }),
		fc.constantFrom(
			"\r\nBcc: victim@example.com",
			"\n\nbody",
			"\r",
			"\u2028",
			"\r\n.\r\nMAIL FROM:<x@y.example>",
			"=?utf-8?q?=0d=0aBcc:?=",
			'" <v@x.example>, "',
			"\0",
		),
	);
	const hostile = fc.array(piece, { maxLength: 5 }).map((parts) => parts.join(""));
	await fc.assert(
		fc.asyncProperty(hostile, hostile, hostile, async (subject, text, product) => {
			const { mailer } = mailerTo(trap.port, { product });
			equal(await mailer.send(asComposed({ to: "a@b.example", subject, text })), true);
			const mail = trap.mails.pop();
			const known = [
				"from",
				"to",
				"subject",
				"auto-submitted",
				"x-auto-response-suppress",
				"message-id",
				"content-transfer-encoding",
				"date",
				"mime-version",
				"content-type",
			];
			deepEqual(
				[...(mail?.headers.keys() ?? [])].filter((name) => !known.includes(name)),
				[],
			);
			deepEqual([mail?.from, mail?.to, mail?.headers.get("to")], ["no-reply@example.com", ["a@b.example"], "a@b.example"]);
			ok(mail?.headers.get("from")?.endsWith("no-reply@example.com>") || mail?.headers.get("from") === "no-reply@example.com");
			doesNotMatch(mail?.text ?? "", /[\r\0\u2028]/);
		}),
		{ numRuns: RUNS },
	);
	equal(trap.mails.length, 0);
});

test("what is not one address gets no mail, and the mail server is not even asked", async (t) => {
	const trap = await mailTrap();
	t.after(() => trap.close());
	const { mailer, lines } = mailerTo(trap.port);
	const strange = [
		"",
		"a@b.example, c@d.example",
		"a@b.example\r\nRCPT TO:<c@d.example>",
		"A <a@b.example>",
		"a@b.example>",
		"group:a@b.example;",
		"a@b example",
	];
	for (const to of strange) equal(await mailer.send(asComposed({ to, subject: "S", text: "T" })), false);
	equal(lines.length, strange.length);
	equal(trap.mails.length, 0);
});

test("a refused recipient is a false and a line in the log, which names neither them nor the link", async (t) => {
	const trap = await mailTrap({
		onRcptTo: ({ address }, _session, callback) => callback(Object.assign(new Error(`no <${address}> here, see ${TOKEN}`), { responseCode: 550 })),
	});
	t.after(() => trap.close());
	const { mailer, lines } = mailerTo(trap.port);
	equal(await mailer.send(asComposed({ to: "nobody@example.com", subject: "S", text: `https://example.com/join#${TOKEN}` })), false);
	equal(lines.length, 1);
	match(lines[0] ?? "", /"mail_not_sent"/);
	match(lines[0] ?? "", /"response_code":550/);
	match(lines[0] ?? "", /no <\[recipient\]> here, see \[link\]/);
	doesNotMatch(lines[0] ?? "", /nobody@|xxxx/);
});

test("a server that never greets, or never comes to an end, is given up and hung up on", async (t) => {
	const silent = await oddServer(t, () => undefined);
	const dripping = await oddServer(t, (socket) => {
		const drip = setInterval(() => socket.write("220-welcome\r\n"), SOON_MS / 10);
		socket.on("close", () => clearInterval(drip));
	});
	for (const server of [silent, dripping]) {
		const { mailer, lines } = mailerTo(server.port, { timeout_ms: SOON_MS });
		equal(await mailer.send(asComposed({ to: "a@b.example", subject: "S", text: "T" })), false);
		await server.closed;
		equal(lines.length, 1);
	}
});

test("a server that hangs up, talks nonsense or is not there is a false", async (t) => {
	const rude = await oddServer(t, (socket) => void socket.end());
	const confused = await oddServer(t, (socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
	const gone = await oddServer(t, () => undefined);
	gone.close();
	for (const { port } of [rude, confused, gone])
		equal(await mailerTo(port, { timeout_ms: SOON_MS }).mailer.send(asComposed({ to: "a@b.example", subject: "S", text: "T" })), false);
});

test("no more than 20 mails are on their way at once, and a place that was freed is used again", async (t) => {
	const silent = await oddServer(t, () => undefined);
	const { mailer, lines } = mailerTo(silent.port, { timeout_ms: SOON_MS });
	const send = () => mailer.send(asComposed({ to: "a@b.example", subject: "S", text: "T" }));
	const sent = await Promise.all(Array.from({ length: 23 }, send));
	ok(sent.every((taken) => !taken));
	equal(lines.filter((line) => line.includes("already being sent")).length, 3);
	await send();
	equal(lines.filter((line) => line.includes("already being sent")).length, 3);
});

test("name and password are sent, in TLS where the server offers it; a wrong password is a false and in no log", async (t) => {
	const seen: string[] = [];
	const trap = await mailTrap({
		disabledCommands: [],
		onAuth: ({ username, password }, session, callback) => {
			seen.push(`${session.secure} ${username} ${password}`);
			if (password === "swordfish") callback(null, { user: username });
			else callback(new Error(`wrong password ${password}`));
		},
	});
	t.after(() => trap.close());
	equal(await mailerTo(trap.port, { user: "robot%40x:swordfish@" }).mailer.send(asComposed({ to: "a@b.example", subject: "S", text: "T" })), true);
	const wrong = mailerTo(trap.port, { user: "robot:tunafish@" });
	equal(await wrong.mailer.send(asComposed({ to: "a@b.example", subject: "S", text: "T" })), false);
	deepEqual(seen, ["true robot@x swordfish", "true robot tunafish"]);
	equal(wrong.lines.length, 1);
	doesNotMatch(wrong.lines.join(""), /tunafish/);
	equal(trap.mails.length, 1);
});

test("without settings nothing is sent and nothing fails", async () => {
	const log = createLog({ level: "silent", brand: "kw" });
	const mailer = createMailer({ settings: null, product_name: () => "Acme", log });
	deepEqual([mailer.enabled, await mailer.send(asComposed({ to: "a@b.example", subject: "S", text: "T" }))], [false, false]);
});
