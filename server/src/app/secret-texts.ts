import { holdsSecret, type SecretTest } from "../core/secret-text.ts";
import { holdsImportedKey } from "../keys/imported/format.ts";
import type { LiveImportedFormats } from "../keys/imported/formats.ts";

/** What no stored text of this instance may hold: keys and tokens made by Keywright, the operator's tokens, and imported keys whose format has a prefix. */
export function secretTestOf(options: { readonly operator_token: string; readonly legacy_formats: LiveImportedFormats }): SecretTest {
	const tokens = options.operator_token
		.split(",")
		.map((token) => token.trim())
		.filter((token) => token !== "");
	return (text) => holdsSecret(text) || tokens.some((token) => text.includes(token)) || holdsImportedKey(options.legacy_formats.known, text);
}
