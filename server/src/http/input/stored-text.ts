import type { TSchema } from "typebox";
import { ApiError, type InputError } from "../../core/error.ts";
import { holdsSecret, type SecretTest } from "../../core/secret-text.ts";
import { cutName, escapePointer } from "./validation.ts";

const ERRORS_SHOWN_MAX = 20;
const SECRET_DETAIL = "must not contain a key, a credential or a one-time link";

/** Control characters other than tab and line ends, bidirectional marks that disguise text ("exe.fdp" for "pdf.exe"), unpaired surrogates. */
const NEVER_SHOWN = /[\p{Bidi_Control}\p{Cs}]|(?![\t\n\r])\p{Cc}/u;
const INVISIBLE = /^[\s\p{Default_Ignorable_Code_Point}\u2800]+$/u;

/**
 * Why a text must not be stored and shown to people, or null. The rule for all names, notes, labels and other texts: no secret, no control
 * characters, no marks that reorder or hide text.
 */
export function validateStoredText(text: string, holds_secret: SecretTest = holdsSecret): string | null {
	if (holds_secret(text)) return SECRET_DETAIL;
	if (NEVER_SHOWN.test(text)) return "must not contain control or bidirectional formatting characters";
	return text.trim() !== "" && INVISIBLE.test(text) ? "must contain a visible character" : null;
}

/** The error for the `errors` of `validateStoredText`. */
export function storedTextFailure(errors: readonly InputError[]): ApiError {
	const secret = errors.some(({ detail }) => detail === SECRET_DETAIL);
	const detail = secret
		? "The request contains an API key, a credential or a one-time link in a text that would be stored. Remove it, and replace the exposed secret."
		: "The request contains a text that cannot be stored. Correct the fields in `errors`.";
	return new ApiError("invalid_request", detail, { errors: errors.slice(0, ERRORS_SHOWN_MAX) });
}

/**
 * Validates all texts of the input, including names of fields, at any depth. The schema defines exceptions: a `writeOnly` field is a secret
 * itself, which is stored as a digest or not at all; one with a `contentMediaType` may contain every character.
 */
export function validateStoredTexts(schema: TSchema, value: unknown, holds_secret: SecretTest = holdsSecret): InputError[] {
	const errors: InputError[] = [];
	walk(schema, value, "", { errors, holds_secret });
	return errors;
}

interface Walk {
	readonly errors: InputError[];
	readonly holds_secret: SecretTest;
}

function walk(schema: Described | undefined, value: unknown, pointer: string, found: Walk): void {
	if (schema?.writeOnly === true) return;
	if (typeof value === "string") {
		const is_content = schema?.contentMediaType !== undefined;
		const detail = is_content ? (found.holds_secret(value) ? SECRET_DETAIL : null) : validateStoredText(value, found.holds_secret);
		if (detail !== null) found.errors.push({ pointer, detail });
	} else if (Array.isArray(value)) {
		for (const [index, item] of value.entries()) walk(getChild(schema, index), item, `${pointer}/${index}`, found);
	} else if (value !== null && typeof value === "object") {
		for (const [name, child] of Object.entries(value)) {
			const detail = validateStoredText(name, found.holds_secret);
			const at = `${pointer}/${escapePointer(detail === SECRET_DETAIL ? cutName(name) : name)}`;
			if (detail !== null) found.errors.push({ pointer: at, detail });
			walk(getChild(schema, name), child, at, found);
		}
	}
}

/** The members of a JSON Schema that are used here. */
interface Described {
	readonly writeOnly?: unknown;
	readonly contentMediaType?: unknown;
	readonly properties?: Readonly<Record<string, Described>>;
	readonly items?: Described;
	readonly anyOf?: readonly Described[];
}

/** The schema of a member; undefined if the schema does not describe it, and then the rule applies without exception. */
function getChild(schema: Described | undefined, part: string | number): Described | undefined {
	if (schema === undefined) return undefined;
	const own = typeof part === "number" ? schema.items : Object.hasOwn(schema.properties ?? {}, part) ? schema.properties?.[part] : undefined;
	if (own !== undefined) return own;
	for (const alternative of schema.anyOf ?? []) {
		const child = getChild(alternative, part);
		if (child !== undefined) return child;
	}
	return undefined;
}
