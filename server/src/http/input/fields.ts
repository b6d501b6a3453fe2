import Type from "typebox";
import { ApiError } from "../../core/error.ts";
import type { FramedRequest } from "../framed-request.ts";

const NAME_CHARACTERS_MAX = 200;

/** Text on one line: no control characters, line separators or unpaired surrogates, which UTF-8 cannot encode. */
const ONE_LINE = "[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]*";
/**
 * The white space of `\\s` that a line may contain. Adjacent parts of a pattern must not match the same characters: backtracking would take
 * quadratic time.
 */
const BLANKS = "[\\p{Zs}\\ufeff]*";

/** A name for people: 1–200 characters on one line, not blank. Actions store it trimmed: `name.trim()`. */
export const Name = Type.String({ minLength: 1, maxLength: NAME_CHARACTERS_MAX, pattern: `^${BLANKS}[^\\s\\p{Cc}\\p{Cs}]${ONE_LINE}$` });

/** A text of an external system, stored unchanged: 1–200 characters on one line. */
export const ForeignId = Type.String({ minLength: 1, maxLength: NAME_CHARACTERS_MAX, pattern: `^${ONE_LINE}$` });

const EMAIL_CHARACTERS_MAX = 200;
const LOCAL = "(?!\\.)(?!.*\\.\\.)[A-Za-z0-9_'+.-]*[A-Za-z0-9_+-]";
const DOMAIN = "(?:[A-Za-z0-9][A-Za-z0-9-]*\\.)+[A-Za-z]{2,}";

/** An e-mail address in the usual form, without characters that could inject mail headers. */
export const Email = Type.String({ maxLength: EMAIL_CHARACTERS_MAX, pattern: `^${LOCAL}@${DOMAIN}$` });

/** The normalized form in which addresses are stored and compared. */
export function normalEmail(email: string): string {
	return email.toLowerCase();
}

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** The `Idempotency-Key` of a creating request: null without one, an ApiError when it is malformed. */
export function readIdempotencyKey(raw: FramedRequest): string | ApiError | null {
	const value = raw.headers["idempotency-key"];
	if (value === undefined) return null;
	if (typeof value === "string" && IDEMPOTENCY_KEY.test(value)) return value;
	return new ApiError("invalid_request", "Idempotency-Key must be 1 to 255 visible ASCII characters without spaces.");
}
