import { Ajv, type ErrorObject } from "ajv";
import addFormats from "ajv-formats";
import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { ApiError, type InputError } from "../../core/error.ts";

const ERRORS_SHOWN_MAX = 20;
/** Shorter than every raw key, credential and one-time token. */
const FIELD_NAME_CHARACTERS_MAX = 40;
const CUT_NAME_CHARACTERS = 8;

/** Bodies are not coerced. A query contains only strings, so its numbers are parsed. */
const bodies = new Ajv({ allErrors: true, verbose: true, coerceTypes: false, removeAdditional: false, useDefaults: false, strict: false });
const queries = new Ajv({ allErrors: true, verbose: true, coerceTypes: true, removeAdditional: false, useDefaults: true, strict: false });
for (const ajv of [bodies, queries]) (addFormats as unknown as (ajv: Ajv) => void)(ajv);

export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => (httpPart === "body" ? bodies : queries).compile(schema);

function getPointer(part: string, error: ErrorObject): string {
	const base = part === "body" ? error.instancePath : `/${part === "querystring" ? "query" : "path"}${error.instancePath}`;
	// Any text may be the name of an entry, also a secret.
	if (getNamePattern(error) !== null) return base;
	if (error.keyword === "additionalProperties") return `${base}/${escapePointer(String(error.params.additionalProperty))}`;
	if (error.keyword === "required") return `${base}/${String(error.params.missingProperty)}`;
	return base;
}

/** The start of a name that may contain a secret. */
export function cutName(name: string): string {
	return `${name.slice(0, CUT_NAME_CHARACTERS)}…`;
}

/** A pointer names the caller's own field. A name longer than any field name may be a misplaced secret: the pointer contains only its beginning. */
export function escapePointer(name: string): string {
	const shown = name.length > FIELD_NAME_CHARACTERS_MAX ? cutName(name) : name;
	return shown.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The pattern of the names that a map takes; null where the schema names the fields. */
function getNamePattern({ keyword, parentSchema }: ErrorObject): string | null {
	if (keyword !== "additionalProperties") return null;
	return Object.keys((parentSchema?.patternProperties as object | undefined) ?? {})[0] ?? null;
}

function getDetail(error: ErrorObject): string {
	const pattern = getNamePattern(error);
	if (pattern !== null) return `each name must match pattern "${pattern}"`;
	switch (error.keyword) {
		case "additionalProperties":
			return "is not a field of this request";
		case "required":
			return "is required";
		case "enum":
			return `must be one of: ${(error.params.allowedValues as unknown[]).map(String).join(", ")}`;
		case "const":
			return `must be ${String(error.params.allowedValue)}`;
		default:
			return error.message ?? "is not valid";
	}
}

const KEYWORDS_OF_ALTERNATIVES = new Set(["anyOf", "oneOf"]);

/** The error for input that a schema rejects: `unknown_field` if unknown fields are the only fault, else `invalid_request`. */
export function validationFailure(part: string, errors: readonly ErrorObject[]): ApiError {
	const shown = errors.filter((error) => !KEYWORDS_OF_ALTERNATIVES.has(error.keyword) || errors.length === 1);
	const details: InputError[] = shown.slice(0, ERRORS_SHOWN_MAX).map((error) => ({ pointer: getPointer(part, error), detail: getDetail(error) }));
	const where = part === "body" ? "body" : part === "querystring" ? "query" : "path";
	if (shown.every((error) => error.keyword === "additionalProperties" && getNamePattern(error) === null)) {
		return new ApiError("unknown_field", `The ${where} has unknown fields. Remove them or correct their spelling.`, {
			errors: details,
		});
	}
	return new ApiError("invalid_request", `The ${where} is not valid. Correct what \`errors\` names.`, { errors: details });
}
