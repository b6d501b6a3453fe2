import type { ErrorObject } from "ajv";
import type { InputError } from "../../core/error.ts";
import type { SecretTest } from "../../core/secret-text.ts";
import { validateStoredTexts } from "../../http/input/stored-text.ts";
import { compileValidator, validationFailure } from "../../http/input/validation.ts";
import type { ImportRow } from "../../keys/imported/row.ts";
import { CreateInput } from "../../keys/schema.ts";
import type { Environment } from "../../keys/secrets/format.ts";
import type { ReadableRecord } from "./file.ts";
import { COLUMNS, type ColumnName, type ImportSource, readHash } from "./source.ts";

/** The defaults from the command line; a column of the row takes precedence. */
export interface RowDefaults {
	readonly source: ImportSource;
	readonly tenant_id: string | null;
	readonly environment: Environment | null;
	readonly owner: string | null;
	readonly permissions: readonly string[] | null;
	/** The prefix of the format's raw keys. */
	readonly prefix: string;
	readonly now: number;
	/** Detects secrets, which must not be stored. */
	readonly holds_secret: SecretTest;
}

export type SkipReason = "disabled" | "revoked" | "expired";
export type ReadRow = { readonly row: ImportRow } | { readonly skipped: SkipReason } | { readonly fault: string };

const YES = new Set(["true", "t", "1", "yes", "y", "on"]);
const NO = new Set(["false", "f", "0", "no", "n", "off"]);
const ENVIRONMENT_NAMES: ReadonlyMap<string, Environment> = new Map([
	...["prod", "production", "live"].map((word): [string, Environment] => [word, "prod"]),
	...["staging", "stage"].map((word): [string, Environment] => [word, "staging"]),
	...["dev", "development", "test"].map((word): [string, Environment] => [word, "dev"]),
]);
const MILLISECONDS = /^\d{13}$/;
const SECONDS = /^\d{10}$/;
const SQL_TIME = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)(Z|[+-]\d{2}(?::?\d{2})?)?$/;
const NOTHING = new Set(["", "null", "\\n"]);

const validate = compileValidator({ schema: CreateInput, method: "POST", url: "", httpPart: "body" });

function formatErrors(errors: readonly InputError[]): string {
	return errors.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`).join("; ");
}

/** Guarantee: the validator was compiled by Ajv, which leaves its errors on the function. */
function validateInput(input: unknown, holds_secret: SecretTest): string | null {
	if (validate(input) === true) {
		const errors = validateStoredTexts(CreateInput, input, holds_secret);
		return errors.length === 0 ? null : formatErrors(errors);
	}
	const errors = (validate as { errors?: ErrorObject[] | null }).errors ?? [];
	return formatErrors(validationFailure("body", errors).metadata.errors ?? []);
}

/** Guarantee: `validateInput` has accepted the value. */
function asInput(input: unknown): CreateInput {
	return input as CreateInput;
}

class RowFault extends Error {}

class Fields {
	readonly #record: ReadableRecord;
	readonly #source: ImportSource;

	constructor(record: ReadableRecord, source: ImportSource) {
		this.#record = record;
		this.#source = source;
	}

	text(name: ColumnName): string | null {
		for (const column of COLUMNS[this.#source][name]) {
			const text = this.#record.fields.get(column)?.trim();
			if (text !== undefined && !NOTHING.has(text.toLowerCase())) return text;
		}
		return null;
	}

	flag(name: ColumnName): boolean | null {
		const text = this.text(name)?.toLowerCase();
		if (text === undefined) return null;
		if (YES.has(text)) return true;
		if (NO.has(text)) return false;
		throw new RowFault(`${name} is neither true nor false`);
	}

	/**
	 * Parses texts separated by spaces, commas or semicolons, a JSON list, Better Auth's `{"object": ["verb"]}`, or PostgreSQL's `text[]`
	 * such as `{a,"b"}`.
	 */
	list(name: ColumnName): string[] | null {
		const text = this.text(name);
		if (text === null) return null;
		if (!/^[[{]/.test(text)) return text.split(/[\s,;]+/).filter((part) => part !== "");
		let parsed: unknown;
		try {
			parsed = JSON.parse(text);
		} catch {
			const array = text.startsWith("{") ? parseTextArray(text) : null;
			if (array === null) throw new RowFault(`${name} is not valid JSON`);
			return array;
		}
		if (Array.isArray(parsed)) return parsed.map(String);
		return Object.entries(parsed ?? {}).flatMap(([object, verbs]) => (Array.isArray(verbs) ? verbs.map((verb) => `${object}:${verb}`) : []));
	}

	/** Null for an empty value and for PostgreSQL's `infinity`. */
	time(name: ColumnName): Date | null {
		const text = this.text(name);
		if (text === null || text === "infinity") return null;
		const time = parseTime(text);
		if (time === null) throw new RowFault(`${name} is not a date and time such as 2030-01-31T12:00:00Z (RFC 3339)`);
		return time;
	}
}

/** One element of a `text[]`: quoted with backslash escapes, or plain. NULL is rejected. */
const ARRAY_ELEMENT = /(?:"((?:[^"\\]|\\.)*)"|((?!null[,}])[^"\\,{}\s][^"\\,{}]*))([,}])/iy;

/** The elements of a PostgreSQL array literal; null for any other text. */
function parseTextArray(text: string): string[] | null {
	if (text === "{}") return [];
	const elements: string[] = [];
	for (ARRAY_ELEMENT.lastIndex = 1; ; ) {
		const [, quoted, plain, separator] = ARRAY_ELEMENT.exec(text) ?? [];
		if (separator === undefined) return null;
		elements.push(plain ?? quoted?.replace(/\\(.)/g, "$1") ?? "");
		if (separator === "}") return ARRAY_ELEMENT.lastIndex === text.length ? elements : null;
	}
}

/** Whether the date exists: JavaScript would turn 30 February into a day of March. */
function isDay(day: string): boolean {
	const time = new Date(`${day}T00:00:00Z`);
	return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day);
}

/** Parses an RFC 3339 time as databases write it (UTC without an offset), or milliseconds or seconds since 1970; null for anything else. */
export function parseTime(text: string): Date | null {
	if (text === "-infinity") return new Date(0);
	if (MILLISECONDS.test(text)) return new Date(Number(text));
	if (SECONDS.test(text)) return new Date(Number(text) * 1000);
	const [, day, clock, zone = "Z"] = SQL_TIME.exec(text) ?? [];
	if (day === undefined || !isDay(day)) return null;
	const time = new Date(`${day}T${clock}${/^[+-]\d{2}$/.test(zone) ? `${zone}:00` : zone}`);
	return Number.isNaN(time.getTime()) ? null : time;
}

function getEnvironment(fields: Fields, defaults: RowDefaults): Environment {
	const text = fields.text("environment");
	const named = text === null ? defaults.environment : ENVIRONMENT_NAMES.get(text.toLowerCase());
	if (named === undefined) throw new RowFault("environment must be prod, staging or dev");
	if (named === null) throw new RowFault("names no environment: add a column environment, or set --environment");
	return named;
}

function getTenant(fields: Fields, defaults: RowDefaults): ImportRow["tenant"] {
	if (defaults.tenant_id !== null) return { id: defaults.tenant_id };
	const id = fields.text("tenant_id");
	if (id !== null) return { id };
	const external_id = fields.text("external_id");
	if (external_id === null) throw new RowFault("names no tenant: add a column tenant_id or external_id, or set --tenant");
	return { external_id };
}

function getOwner(fields: Fields, defaults: RowDefaults): unknown {
	const name = fields.text("owner") ?? defaults.owner;
	if (name === null) throw new RowFault("has no owner: add a column owner, or set --owner");
	const email = fields.text("owner_email");
	return email === null ? name : { name, email };
}

function assertBegins(fields: Fields, prefix: string): void {
	const start = fields.text("start");
	if (start === null || start.startsWith(prefix) || prefix.startsWith(start)) return;
	throw new RowFault("its key does not have the prefix of the format, and would never be recognised");
}

function getSkip(fields: Fields, expires_at: Date | null, now: number): SkipReason | null {
	if (fields.flag("enabled") === false || fields.flag("disabled") === true) return "disabled";
	if (fields.text("revoked_at") !== null || fields.flag("revoked") === true) return "revoked";
	return expires_at !== null && expires_at.getTime() <= now ? "expired" : null;
}

function readChecked(record: ReadableRecord, defaults: RowDefaults): ReadRow {
	const fields = new Fields(record, defaults.source);
	const expires_at = fields.time("expires_at");
	const skipped = getSkip(fields, expires_at, defaults.now);
	if (skipped !== null) return { skipped };
	const hash = fields.text("hash");
	if (hash === null) return { fault: "has no hash" };
	const sha256 = readHash(hash, defaults.source);
	if (typeof sha256 === "string") return { fault: sha256 };
	assertBegins(fields, defaults.prefix);
	const rotate_every_days = fields.text("rotate_every_days");
	const optional = {
		integration: fields.text("integration"),
		permissions: fields.list("permissions") ?? defaults.permissions,
		site_ids: fields.list("site_ids"),
		allowed_ips: fields.list("allowed_ips"),
		expires_at: expires_at?.toISOString() ?? null,
		rotate_every_days: rotate_every_days === null ? null : Number(rotate_every_days),
	};
	const input = {
		name: fields.text("name") ?? `imported ${fields.text("id") ?? `line ${record.line}`}`,
		environment: getEnvironment(fields, defaults),
		owner: getOwner(fields, defaults),
		...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null)),
	};
	const fault = validateInput(input, defaults.holds_secret);
	return fault === null ? { row: { line: record.line, sha256, tenant: getTenant(fields, defaults), input: asInput(input) } } : { fault };
}

/** Reads a record of an export: a key to import, one that is skipped, or what is wrong with it. The reason never contains the hash. */
export function readRow(record: ReadableRecord, defaults: RowDefaults): ReadRow {
	try {
		return readChecked(record, defaults);
	} catch (error) {
		if (error instanceof RowFault) return { fault: error.message };
		throw error;
	}
}
