import { CLASS_NAMES, type MailClass } from "./classes.ts";
import { formatHtml, formatText, type Layout } from "./layout.ts";
import { asComposed, type Mail, type OwnLink } from "./mails.ts";
import { plainValues, type SentenceText, type SourceText, timeInMail } from "./sanitize.ts";

interface About {
	readonly key_name: string;
	readonly tenant_name: string;
}

interface EventText {
	readonly subject: string;
	/** One sentence. */
	readonly sentence: string;
	/** What the button does. */
	readonly button: string;
}

/** Sources that one sentence names; the page shows all. */
const SOURCES_NAMED_MAX = 5;

function joinSources(sources: readonly SourceText[]): string {
	const named = sources.slice(0, SOURCES_NAMED_MAX).map(({ source }) => source);
	const more = sources.length - named.length;
	return [...named, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

const WHO_REPLACES = {
	hand: "until you do that, it continues to work",
	handover: "a link for it is to be mailed to the person who is responsible, and until they use it, the key continues to work",
	self: "its program is to do that itself, and until then it continues to work",
} as const;

const WHO_HAS_NOT = {
	hand: "it continues to work",
	handover: "the link for it was not used, or could not be mailed; the key continues to work",
	self: "its program has not done it; the key continues to work",
} as const;

/** The texts of mails about events. As in `MAILS`, every string was sanitised, and the tests inject hostile text into each. */
const EVENT_MAILS = {
	first_used({ key_name, tenant_name, at }: About & { at: Date }): EventText {
		return {
			subject: `${key_name} was used for the first time`,
			sentence: `The key ${key_name} of ${tenant_name} was used for the first time, on ${timeInMail(at)}.`,
			button: "Show the key",
		};
	},
	new_source({ key_name, tenant_name, at, source }: About & { at: Date; source: SourceText }): EventText {
		return {
			subject: `${key_name} is used from a new client`,
			sentence: `The key ${key_name} of ${tenant_name} is used from a client that was not seen before: ${source.source}, since ${timeInMail(at)}.`,
			button: "Show where it is used from",
		};
	},
	rotation_due({ key_name, tenant_name, at, by }: About & { at: Date; by: "handover" | "self" | null }): EventText {
		return {
			subject: `${key_name} is due to be replaced`,
			sentence: `The key ${key_name} of ${tenant_name} was due to be replaced on ${timeInMail(at)}; ${WHO_REPLACES[by ?? "hand"]}.`,
			button: by === null ? "Replace it" : "Show the key",
		};
	},
	rotation_overdue({ key_name, tenant_name, at, by }: About & { at: Date; by: "handover" | "self" | null }): EventText {
		return {
			subject: `${key_name} is still to be replaced`,
			sentence: `The key ${key_name} of ${tenant_name} was due to be replaced on ${timeInMail(at)}, and that has not begun; ${WHO_HAS_NOT[by ?? "hand"]}.`,
			button: "Replace it",
		};
	},
	old_secret_in_use(values: About & { sources: readonly SourceText[]; until: Date | null }): EventText {
		const { key_name, tenant_name, sources, until } = values;
		const end = until === null ? "both work until all clients have moved" : `both work until ${timeInMail(until)}`;
		const by = sources.length === 0 ? "the new key was not used yet" : `the old key is still used by ${joinSources(sources)}`;
		return {
			subject: sources.length === 0 ? `The new key of ${key_name} was not used yet` : `The old key of ${key_name} is still used`,
			sentence: `${key_name} of ${tenant_name} is being replaced, and ${by}; ${end}.`,
			button: "Show who still uses it",
		};
	},
	expiring({ key_name, tenant_name, at, days }: About & { at: Date; days: number }): EventText {
		return {
			subject: `${key_name} expires in ${days} working ${days === 1 ? "day" : "days"}`,
			sentence: `The key ${key_name} of ${tenant_name} expires on ${timeInMail(at)}; after that, requests with it are refused.`,
			button: "Renew or replace it",
		};
	},
	expired({ key_name, tenant_name, at }: About & { at: Date }): EventText {
		return {
			subject: `${key_name} has expired`,
			sentence: `The key ${key_name} of ${tenant_name} expired on ${timeInMail(at)}, and requests with it are refused.`,
			button: "Show the key",
		};
	},
	revoked({ key_name, tenant_name, at, revoked_by }: About & { at: Date; revoked_by: string }): EventText {
		return {
			subject: `${key_name} was revoked`,
			sentence: `${revoked_by} revoked the key ${key_name} of ${tenant_name} on ${timeInMail(at)}, and requests with it are refused.`,
			button: "Show the key",
		};
	},
	alert_raised({ tenant_name, summary, at }: { tenant_name: string; summary: SentenceText; at: Date }): EventText {
		return {
			subject: `Alert: ${summary.sentence}`,
			sentence: `Alert of ${tenant_name} since ${timeInMail(at)}: ${summary.sentence}.`,
			button: "Show the alert",
		};
	},
	alert_resolved({ tenant_name, summary, at }: { tenant_name: string; summary: SentenceText; at: Date }): EventText {
		return {
			subject: `Resolved: ${summary.sentence}`,
			sentence: `An alert of ${tenant_name} was resolved on ${timeInMail(at)}: ${summary.sentence}.`,
			button: "Show the alert",
		};
	},
	alert_tested({ tenant_name, tested_by, at }: { tenant_name: string; tested_by: string; at: Date }): EventText {
		return {
			subject: `Test: alerts of ${tenant_name} reach you`,
			sentence: `This is a test of the alerts of ${tenant_name}, which ${tested_by} sent on ${timeInMail(at)}: nothing has happened.`,
			button: "Open the alerts",
		};
	},
} as const;

export type EventMailKind = keyof typeof EVENT_MAILS;
export type EventMailValues<Kind extends EventMailKind> = Parameters<(typeof EVENT_MAILS)[Kind]>[0];

/** The kinds of mails about events. */
export const EVENT_MAIL_KINDS: readonly string[] = Object.keys(EVENT_MAILS);

declare const sanitised: unique symbol;

/** What a mail says about one event, sanitised: alone, or as a line of a digest. */
export interface EventMailText extends EventText {
	readonly [sanitised]: true;
}

/** Guarantee: `kind` and `values` belong together by the signature, and every string in `values` is sanitised here. */
export function describeEvent<Kind extends EventMailKind>(kind: Kind, values: EventMailValues<Kind>): EventMailText {
	const compose = EVENT_MAILS[kind] as (values: object) => EventText;
	return compose(plainValues(values)) as EventMailText;
}

/** The operator's name, colour and links, and where the mail leads. */
export interface Envelope {
	readonly to: string;
	readonly message_id: string;
	readonly link: OwnLink;
	/** Null for mails that cannot be unsubscribed from. */
	readonly unsubscribe: { readonly link: OwnLink; readonly classes: readonly MailClass[] } | null;
	readonly product_name: string;
	readonly tenant_name: string;
	readonly accent_color: string | null;
	readonly support: OwnLink | null;
	/** Of mails about security; null for others. */
	readonly audit_head: string | null;
}

function composeFrom(envelope: Envelope, content: Pick<Layout, "subject" | "paragraphs" | "button">): Mail {
	const { to, message_id, link, unsubscribe, accent_color, support, audit_head } = envelope;
	const { product_name, tenant_name } = plainValues({ product_name: envelope.product_name, tenant_name: envelope.tenant_name });
	const layout: Layout = {
		...content,
		...{ link, accent_color, support, product_name, audit_head },
		reason: `You receive this mail as a member of ${tenant_name} at ${product_name}.`,
		unsubscribe: unsubscribe && {
			link: unsubscribe.link,
			label: `Stop mails about ${unsubscribe.classes.map((each) => CLASS_NAMES[each]).join(", ")}`,
		},
	};
	return asComposed({
		...{ to, message_id, subject: content.subject, text: formatText(layout), html: formatHtml(layout) },
		...(unsubscribe ? { unsubscribe: unsubscribe.link } : {}),
	});
}

/** The mail about one event: one sentence and one button. */
export function composeEventMail(envelope: Envelope, { subject, sentence, button }: EventMailText): Mail {
	return composeFrom(envelope, { subject, paragraphs: [sentence], button });
}

/** Sentences of one digest; the pages show the rest. */
const DIGEST_SENTENCES_MAX = 50;

/** One mail for everything beyond the mails of a day. */
export function composeDigest(envelope: Envelope, texts: readonly EventMailText[]): Mail {
	const sentences = texts.slice(0, DIGEST_SENTENCES_MAX).map(({ sentence }) => sentence);
	const more = texts.length - sentences.length;
	const { tenant_name } = plainValues({ tenant_name: envelope.tenant_name });
	return composeFrom(envelope, {
		subject: `${texts.length} more ${texts.length === 1 ? "event" : "events"} about the API keys of ${tenant_name}`,
		paragraphs: [...sentences, ...(more > 0 ? [`And ${more} more.`] : [])],
		button: "Open API Access",
	});
}
