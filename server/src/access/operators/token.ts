import { hash, timingSafeEqual } from "node:crypto";

const TOKEN_CHARACTERS_MIN = 20;
const TOKEN_CHARACTERS_MAX = 1_000;
const TOKENS_MAX = 2;

/** The operator API's bearer tokens, kept as digests so that the tokens cannot be read or logged. */
export interface OperatorTokens {
	readonly digests: readonly Buffer[];
}

/** Parses the setting `new,old`. Throws unless it holds one or two tokens, each long enough and valid in a header. */
export function parseOperatorTokens(text: string): OperatorTokens {
	const tokens = text
		.split(",")
		.map((part) => part.trim())
		.filter((part) => part !== "");
	if (tokens.length === 0) throw new Error("the operator token is empty");
	if (tokens.length > TOKENS_MAX) throw new Error(`there are at most ${TOKENS_MAX} operator tokens, the new one and the old one`);
	for (const token of tokens) {
		if (token.length < TOKEN_CHARACTERS_MIN) throw new Error(`an operator token has at least ${TOKEN_CHARACTERS_MIN} characters`);
		if (token.length > TOKEN_CHARACTERS_MAX || !/^[\x21-\x7e]+$/.test(token))
			throw new Error("an operator token is made of visible ASCII characters");
	}
	return { digests: tokens.map((token) => hash("sha256", token, "buffer")) };
}

/** Whether `presented` is one of the tokens. Runs in constant time. */
export function isOperatorToken(tokens: OperatorTokens, presented: string): boolean {
	const digest = hash("sha256", presented, "buffer");
	let found = false;
	for (const known of tokens.digests) found = timingSafeEqual(known, digest) || found;
	return found;
}
