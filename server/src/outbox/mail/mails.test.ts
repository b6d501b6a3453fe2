import { deepEqual, doesNotMatch, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { escapeHtml } from "../../core/html.ts";
import {
	composeDigest,
	composeEventMail,
	describeEvent,
	type Envelope,
	EVENT_MAIL_KINDS,
	type EventMailKind,
	type EventMailValues,
} from "./event-mails.ts";
import { composeMail, MAIL_KINDS, type Mail, type MailKind, type MailValues } from "./mails.ts";
import { labelInMail, sentenceInMail, sourceInMail } from "./sanitize.ts";

const LINK = "https://keys.example.com/join#kwi_token";
const link = { href: LINK };
const expires_at = new Date("2026-11-29T12:00:00Z");
const product_name = "Orderly";

/** One sample of each mail; a kind without a sample does not compile. */
const SAMPLES: { readonly [Kind in MailKind]: MailValues<Kind> } = {
	invitation: { inviter: "Olivia", tenant_name: "Acme", product_name, as: "an owner", link, expires_at },
	operator_invitation: { product_name, link, expires_at },
	handover: { giver: "Olivia", key_name: "prod-order-bot", environment: "production", tenant_name: "Acme", product_name, link, expires_at },
	scheduled_rotation: { key_name: "prod-order-bot", environment: "production", tenant_name: "Acme", product_name, link, expires_at },
	password: { name: "Olivia", product_name, link, expires_at },
	sign_in_link: { name: "Olivia", product_name, link, expires_at },
	address_link: { name: "Olivia", product_name, link, expires_at },
	address_changed: { name: "Olivia", product_name },
	operator_webhook_failing: { product_name, host: "ops.example", failing_since: expires_at, is_disabled: true, link },
};

const about = { key_name: "prod-order-bot", tenant_name: "Acme" };
const SUMMARY = "An ended key of prod-order-bot is still presented";
const SOURCE = "order-bot at 203.0.113.0/24";

/** One sample of each mail about an event. */
const EVENT_SAMPLES: { readonly [Kind in EventMailKind]: EventMailValues<Kind> } = {
	first_used: { ...about, at: expires_at },
	new_source: { ...about, at: expires_at, source: labelInMail(SOURCE) },
	rotation_due: { ...about, at: expires_at, by: null },
	rotation_overdue: { ...about, at: expires_at, by: "handover" },
	old_secret_in_use: { ...about, sources: [labelInMail(SOURCE)], until: expires_at },
	expiring: { ...about, at: expires_at, days: 7 },
	expired: { ...about, at: expires_at },
	revoked: { ...about, at: expires_at, revoked_by: "Olivia Owner" },
	alert_raised: { tenant_name: "Acme", at: expires_at, summary: sentenceInMail(SUMMARY) },
	alert_tested: { tenant_name: "Acme", at: expires_at, tested_by: "Olivia" },
	alert_resolved: { tenant_name: "Acme", at: expires_at, summary: sentenceInMail(SUMMARY) },
};

const PAGE = "https://keys.example.com/settings/api-access/key_1?tenant=acme";
const UNSUBSCRIBE = "https://keys.example.com/api/v1/unsubscribe?token=x.y";
const ENVELOPE: Envelope = {
	...{ to: "to@example.com", message_id: "id", link: { href: PAGE }, unsubscribe: { link: { href: UNSUBSCRIBE }, classes: ["key_use"] } },
	...{ product_name, tenant_name: "Acme", accent_color: "#123456", support: { href: "https://shop.example/help" } },
	audit_head: null,
};

const HOSTILE = [
	"valueOf",
	"__proto__",
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

function eventKinds(): EventMailKind[] {
	return Object.keys(EVENT_SAMPLES) as EventMailKind[];
}

/** The fields that hold one of a few words of ours, never a text from outside. */
const CLOSED_FIELDS = ["by"];

/** The mails about events of one kind with `text` in place of each string and in each source in turn. */
function* eventMailsWith(kind: EventMailKind, text: string): Generator<[string, Mail]> {
	const sample = EVENT_SAMPLES[kind];
	const composed = (values: object, over: Partial<Envelope> = {}) => composeEventMail({ ...ENVELOPE, ...over }, describeEvent(kind, values as never));
	for (const [field, value] of Object.entries(sample)) {
		if (typeof value === "string" && !CLOSED_FIELDS.includes(field)) yield [`${kind}.${field}`, composed({ ...sample, [field]: text })];
		if (field === "summary") yield [`${kind}.summary`, composed({ ...sample, summary: sentenceInMail(text) })];
		if (field === "source") yield [`${kind}.source`, composed({ ...sample, source: sourceInMail(text, text) })];
		if (field === "sources")
			yield [`${kind}.sources`, composed({ ...sample, sources: [labelInMail(text), labelInMail(`${text} at 203.0.113.0/24`)] })];
	}
	yield [`${kind}: product`, composed(sample, { product_name: text, tenant_name: text })];
}

const OWN_LINKS = [PAGE, UNSUBSCRIBE, "https://shop.example/help"];

function assertPlainEvent(field: string, mail: Mail): void {
	deepEqual(
		mail.text
			.split("\n")
			.filter((line) => line.includes("://"))
			.sort(),
		[...OWN_LINKS].sort(),
		`${field}: another link`,
	);
	const html = mail.html ?? "";
	deepEqual(
		[...html.matchAll(/href="([^"]*)"/g)].map(([, href = ""]) => href).sort(),
		OWN_LINKS.map(escapeHtml).sort(),
		`${field}: another link in HTML`,
	);
	deepEqual(
		html.match(/<[a-z]+/g),
		composeEventMail(ENVELOPE, describeEvent("expired", EVENT_SAMPLES.expired)).html?.match(/<[a-z]+/g),
		`${field}: another element`,
	);
	const lines = mail.text.split("\n").filter((line) => !OWN_LINKS.includes(line));
	for (const line of [mail.subject, ...lines]) {
		doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u, field);
		doesNotMatch(line.replaceAll("203.0.113.0/24", "").replaceAll("…", " ").normalize("NFKC"), /[@<>[\]\\]|\/|\bwww\.\S|[.\u3002]\S/u, field);
		ok([...line].length <= 700, `${field}: ${line.length} characters`);
	}
}

test("mails about events carry only our links too, in text and in HTML, whatever keys, clients, people and the product are called", () => {
	deepEqual([...EVENT_MAIL_KINDS].sort(), [...eventKinds()].sort());
	for (const kind of eventKinds())
		for (const text of ["ordinary", ...HOSTILE]) for (const [field, mail] of eventMailsWith(kind, text)) assertPlainEvent(`${field}: ${text}`, mail);
	const piece = fc.oneof(fc.string({ unit: "binary", maxLength: 30 }), fc.constantFrom(...HOSTILE));
	fc.assert(
		fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), (pieces) => {
			for (const kind of eventKinds()) for (const [field, mail] of eventMailsWith(kind, pieces.join(""))) assertPlainEvent(field, mail);
		}),
	);
});

test("a mail about an event has the key's name, one sentence, and one button in the operator's colour", () => {
	for (const kind of eventKinds()) {
		const text = describeEvent(kind, EVENT_SAMPLES[kind] as never);
		const mail = composeEventMail(ENVELOPE, text);
		const name = kind === "alert_tested" ? "Acme" : "prod-order-bot";
		ok(mail.subject.includes(name) && text.sentence.includes(name), kind);
		equal(text.sentence.match(/[.](?= |$)/g)?.length, 1, text.sentence);
		ok(mail.text.includes(`\n${text.sentence}\n\n${text.button}:\n${PAGE}\n`), kind);
		equal(mail.html?.match(/#123456/g)?.length, 1);
		equal(mail.html?.match(/class="text"/g)?.length, 1);
	}
	const quiet = composeEventMail({ ...ENVELOPE, unsubscribe: null, support: null }, describeEvent("expired", EVENT_SAMPLES.expired));
	deepEqual([quiet.unsubscribe, /unsubscribe|Stop mails/.test(`${quiet.text}${quiet.html}`)], [undefined, false]);
});

test("a digest has one sentence for each event and a bound", () => {
	const texts = Array.from({ length: 60 }, (_, index) => describeEvent("expired", { ...EVENT_SAMPLES.expired, key_name: `key-${index}` }));
	const mail = composeDigest(ENVELOPE, texts);
	equal(mail.subject, "60 more events about the API keys of Acme");
	equal(mail.text.match(/expired on/g)?.length, 50);
	ok(mail.text.includes("And 10 more.") && mail.html?.includes("And 10 more."));
});

test("a client is named with its network, and a name that a person gave stands alone", () => {
	equal(labelInMail("order-bot at 2001:db8:1::/48").source, "order-bot at 2001:db8:1::/48");
	equal(labelInMail("order-bot at an unknown address").source, "order-bot at an unknown address");
	equal(labelInMail("Order server at the shop").source, "Order server at the shop");
	equal(sourceInMail("order-bot", "unknown").source, "order-bot at an unknown address");
	equal(labelInMail("bot at evil.example/1").source, "bot at evil. example 1");
});
