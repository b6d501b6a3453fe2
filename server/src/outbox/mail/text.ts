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
	const visible = oneLine(name.normalize("NFKC"), NAME_CHARACTERS_MAX * 4);
	const plain = visible.replace(LINKING, " ").replace(DOTS, ". ");
	return oneLine(plain, NAME_CHARACTERS_MAX) || "Somebody";
}

const TIME = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });

/** Formats a time, such as `29 November 2026 at 14:05 UTC`. */
export function timeInMail(time: Date): string {
	return `${TIME.format(time)} UTC`;
}
