import type { Address } from "../core/network.ts";
import type { SecretTest } from "../core/secret-text.ts";
import type { Reporter } from "../keys/exposures/exposure.ts";
import type { Source } from "../usage/sources/source.ts";

/** Of what is stored of a URL. */
const URL_TEXT_CHARACTERS_MAX = 500;
/** Control characters, line ends, and marks that change the direction of text or cannot be seen. */
const NOT_SHOWN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;
const REMOVED = "(removed: it contained a secret)";

/** A key that was found, in memory until it is looked up. `raw_key` must reach no log, row or error. */
export interface LeakReport {
	readonly raw_key: string;
	/** As `toUrlText` returns it. */
	readonly url: string | null;
	readonly reporter: Reporter;
	readonly address: Address | null;
	readonly source: Source;
	readonly request_id: string;
	attempts: number;
}

/** Where a key was found, as a text that can be stored and shown, and is never a link: without invisible characters and secrets, at most 500 characters. */
export function toUrlText(url: string | undefined, holds_secret: SecretTest): string | null {
	const text = (url ?? "").replaceAll(NOT_SHOWN, "").trim();
	if (text === "") return null;
	if (holds_secret(text) || holds_secret(decoded(text))) return REMOVED;
	return [...text].slice(0, URL_TEXT_CHARACTERS_MAX).join("");
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
