const NAME_CHARACTERS_MAX = 80;

/** Control characters, line separators, bidirectional and invisible characters, unpaired surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]+/gu;
/** The same without the line feed, which separates the lines of our own texts. */
const UNPRINTABLE_IN_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** `text` on one line of at most `characters_max` characters. */
export function oneLine(text: string, characters_max: number): string {
	const line = text.replace(UNPRINTABLE, " ").replace(/ {2,}/g, " ").trim();
	const characters = [...line];
	return characters.length <= characters_max ? line : `${characters.slice(0, characters_max - 1).join("")}…`;
}

/** The text of a mail: only printable characters and line feeds. */
export function mailText(text: string): string {
	return text.replace(/\r\n?/g, "\n").replace(UNPRINTABLE_IN_LINES, "");
}

/** Characters of links, addresses or markup, and those that NFKC normalises to them. */
const LINKING = /[:/\\@<>[\](){}|"“”\u2044\u2215\u2236]+/gu;
const DOTS = /[.\u2024\ufe52\u3002\uff61]+(?=\S)/g;

/**
 * Sanitises user input for a mail to another person: one short line, without anything that a mail client would
 * turn into a link. Otherwise the operator's mail server could send spam or phishing.
 */
export function nameInMail(name: string): string {
	return plainLine(name, NAME_CHARACTERS_MAX) || "Someone";
}

function plainLine(text: string, characters_max: number): string {
	const visible = oneLine(text.normalize("NFKC"), characters_max * 4);
	return oneLine(visible.replace(LINKING, " ").replace(DOTS, ". "), characters_max);
}

/** A sentence without its full stop that contains user input; only `sentenceInMail` creates one. */
export interface SentenceText {
	readonly sentence: string;
}

const SENTENCE_CHARACTERS_MAX = 200;

/** Sanitises a sentence as `nameInMail` does a name. */
export function sentenceInMail(text: string): SentenceText {
	return { sentence: plainLine(text, SENTENCE_CHARACTERS_MAX) || "Something needs your attention" };
}

/** `values` with every string sanitised by `nameInMail`. Guarantee: strings stay strings, and other values are unchanged, so the type is the same. */
export function plainValues<Values extends object>(values: Values): Values {
	const entries = Object.entries(values).map(([name, value]) => [name, typeof value === "string" ? nameInMail(value) : value]);
	return Object.fromEntries(entries) as Values;
}

/** A client and where it is, sanitised; only `sourceInMail` creates one. */
export interface SourceText {
	readonly source: string;
}

const NETWORK = /^[0-9a-f.:]{2,39}\/\d{1,3}$/;
const LABEL = /^(.*) at (\S+|an unknown address)$/s;

/** A source for a mail: what names its client is user input, and the network is kept only if it is one. */
export function sourceInMail(client: string, network: string): SourceText {
	return { source: `${nameInMail(client)} ${NETWORK.test(network) ? `at ${network}` : "at an unknown address"}` };
}

/** The same for a label such as `order-bot at 203.0.113.0/24`; one that a person has given names no network. */
export function labelInMail(label: string): SourceText {
	const [, client, network = ""] = LABEL.exec(label) ?? [];
	return client === undefined || !(NETWORK.test(network) || network === "an unknown address")
		? { source: nameInMail(label) }
		: sourceInMail(client, network);
}

const TIME = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });

/** Formats a time, such as `29 November 2026 at 14:05 UTC`. */
export function timeInMail(time: Date): string {
	return `${TIME.format(time)} UTC`;
}
