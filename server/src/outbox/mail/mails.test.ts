import { deepEqual, doesNotMatch, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { composeMail, MAIL_KINDS, type Mail, type MailKind, type MailValues } from "./mails.ts";

const LINK = "https://keys.example.com/join#kwi_token";
const link = { href: LINK };
const expires_at = new Date("2026-11-29T12:00:00Z");
const product_name = "Orderly";

/** One sample of each mail; a kind without a sample does not compile. */
const SAMPLES: { readonly [Kind in MailKind]: MailValues<Kind> } = {
	invitation: { inviter: "Olivia", tenant_name: "Acme", product_name, as: "an owner", link, expires_at },
	operator_invitation: { product_name, link, expires_at },
	handover: { giver: "Olivia", key_name: "prod-order-bot", environment: "production", tenant_name: "Acme", product_name, link, expires_at },
	password: { name: "Olivia", product_name, link, expires_at },
	sign_in_link: { name: "Olivia", product_name, link, expires_at },
	address_link: { name: "Olivia", product_name, link, expires_at },
	address_changed: { name: "Olivia", product_name },
};

const HOSTILE = [
	"WINNER! Your prize: https://evil.example/login now,",
	"//evil.example/x",
	"www.evil.example",
	"evil.example",
	"evil\u2024example",
	"evil\uff0eexample",
	"evil\ufe52example",
	"evil\u3002example",
	"evil.\u200bexample",
	"evil\u2060.example",
	"http\uff1a\uff0f\uff0fevil.example",
	"http:\u2215\u2215evil",
	"mailto:a@evil.example",
	"a\uff20evil.example",
	"\r\nBcc: victim@example.com\r\n\r\nhttps://evil.example",
	"\u2028https://evil.example\u2029\u0085\u0000\u001b[31m",
	"\u202etxet desrever",
	"<a href=https://evil.example>x</a>",
	"[x](https://evil.example)",
	"x".repeat(1_000),
	"\u3164\u200b\u00ad",
	"1.2.3.4",
	"tel:+49123",
];

function kinds(): MailKind[] {
	return Object.keys(SAMPLES) as MailKind[];
}

function compose(kind: MailKind, values: object = SAMPLES[kind]): Mail {
	return composeMail(kind, "to@example.com", values as never);
}

/** The mails of one kind with `text` in place of each string in turn. */
function* withText(kind: MailKind, text: string): Generator<[string, Mail]> {
	for (const [field, value] of Object.entries(SAMPLES[kind]))
		if (typeof value === "string") yield [`${kind}.${field}`, compose(kind, { ...SAMPLES[kind], [field]: text })];
}

function assertPlain(field: string, mail: Mail, ordinary: Mail): void {
	const lines = mail.text.split("\n");
	equal(lines.length, ordinary.text.split("\n").length, `${field}: a line more, or less`);
	deepEqual(
		lines.filter((line) => line.includes("://")),
		ordinary.text.includes(LINK) ? [LINK] : [],
		`${field}: another link`,
	);
	const rest = [mail.subject, ...lines.filter((line) => line !== LINK)];
	for (const line of rest) {
		doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u, field);
		doesNotMatch(line.replaceAll("…", " ").normalize("NFKC"), /[@<>[\]\\]|\/|\bwww\.\S|[.\u3002]\S/u, field);
		ok([...line].length <= 400, `${field}: ${line.length} characters`);
	}
}

test("whatever people call themselves, their tenants, keys or product, no mail carries their link, line or control character", () => {
	deepEqual([...MAIL_KINDS].sort(), [...kinds()].sort());
	for (const kind of kinds()) {
		assertPlain(kind, compose(kind), compose(kind));
		for (const text of HOSTILE) for (const [field, mail] of withText(kind, text)) assertPlain(`${field}: ${text}`, mail, compose(kind));
	}
});

test("nor does it for any other text", () => {
	const piece = fc.oneof(fc.string({ unit: "binary", maxLength: 30 }), fc.constantFrom(...HOSTILE));
	fc.assert(
		fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), (pieces) => {
			for (const kind of kinds()) for (const [field, mail] of withText(kind, pieces.join(""))) assertPlain(field, mail, compose(kind));
		}),
	);
});

test("ordinary texts stay what they are in every mail", () => {
	for (const kind of kinds())
		for (const [field, mail] of withText(kind, "Jürgen Müller-Lüdenscheidt & Söhne"))
			ok(`${mail.subject}\n${mail.text}`.includes("Jürgen Müller-Lüdenscheidt & Söhne"), field);
});
