import { firstOutsideBase62 } from "../core/checksum.ts";
import { ENVIRONMENTS, type Environment, explainMistake, KID_CHARACTERS, rawKeyLength } from "../keys/secrets/format.ts";
import { type Denial, deny } from "./denial.ts";

/** Longer texts are not searched for a kid. */
const SEARCHED_CHARACTERS_MAX = 512;

interface Named {
	readonly environment: Environment;
	/** Null if it is incomplete. */
	readonly kid: string | null;
}

/** What a text that is no raw key still names, such as one that was cut off or quoted; null if it names nothing. */
function findNamed(brand: string, text: string): Named | null {
	if (text.length > SEARCHED_CHARACTERS_MAX) return null;
	for (const environment of ENVIRONMENTS) {
		const start = `${brand}_${environment}_`;
		const at = text.indexOf(start);
		if (at === -1) continue;
		const kid = text.slice(at + start.length, at + start.length + KID_CHARACTERS);
		return { environment, kid: kid.length === KID_CHARACTERS && firstOutsideBase62(kid) === -1 ? kid : null };
	}
	return null;
}

/** The denial of a text that is no raw key, and the kid in it. The facts contain no part of the text but the environment. */
export function malformed(brand: string, raw_key: string): { readonly denial: Denial; readonly kid: string | null } {
	const { kind, detail } = explainMistake(brand, raw_key);
	const named = findNamed(brand, raw_key);
	const characters_expected = named === null ? null : rawKeyLength(brand, named.environment);
	const is_short = kind === "wrong_length" && characters_expected !== null && raw_key.length < characters_expected;
	const facts = {
		mistake: is_short ? "truncated" : kind,
		characters: raw_key.length,
		characters_expected,
		...(named === null ? {} : { presented_environment: named.environment }),
	};
	return { denial: deny("key_shape", "key_invalid", detail, { facts }), kid: named?.kid ?? null };
}
