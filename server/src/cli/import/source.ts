import { hash } from "node:crypto";
import { plainName } from "./file.ts";

/** Systems whose exports can be imported. */
export const IMPORT_SOURCES = ["plain", "unkey", "better-auth"] as const;
export type ImportSource = (typeof IMPORT_SOURCES)[number];

const PLAIN_COLUMNS = {
	hash: ["hash", "sha256", "key_hash"],
	id: ["id", "key_id"],
	start: ["start", "prefix"],
	tenant_id: ["tenant_id"],
	external_id: ["external_id"],
	name: ["name"],
	environment: ["environment"],
	owner: ["owner"],
	owner_email: ["owner_email"],
	integration: ["integration"],
	permissions: ["permissions"],
	site_ids: ["site_ids"],
	allowed_ips: ["allowed_ips"],
	expires_at: ["expires_at"],
	rotate_every_days: ["rotate_every_days"],
	enabled: ["enabled"],
	disabled: ["disabled"],
	revoked: ["revoked"],
	revoked_at: ["revoked_at", "deleted_at"],
} as const satisfies Record<string, readonly string[]>;

export type ColumnName = keyof typeof PLAIN_COLUMNS;
type Names = { readonly [K in ColumnName]: readonly string[] };

/** The columns of each field in an export, by precedence. */
const SOURCE_COLUMNS: Readonly<Record<ImportSource, Names>> = {
	plain: PLAIN_COLUMNS,
	unkey: {
		...PLAIN_COLUMNS,
		hash: ["hash"],
		start: ["start"],
		external_id: ["external_id", "identity.externalId", "owner_id"],
		expires_at: ["expires_at", "expires"],
		revoked_at: ["deleted_at_m", "deleted_at", "revoked_at"],
	},
	"better-auth": { ...PLAIN_COLUMNS, hash: ["key"], start: ["start", "prefix"], external_id: ["external_id", "referenceId", "userId"] },
};

/** The same with normalized names, as in the records of a file. */
export const COLUMNS: Readonly<Record<ImportSource, Names>> = {
	plain: plainNames(SOURCE_COLUMNS.plain),
	unkey: plainNames(SOURCE_COLUMNS.unkey),
	"better-auth": plainNames(SOURCE_COLUMNS["better-auth"]),
};

function plainNames(names: Names): Names {
	const plain = (name: ColumnName) => names[name].map(plainName);
	const fields = Object.keys(names).map((name) => [name, plain(asColumnName(name))]);
	return { ...names, ...Object.fromEntries(fields) };
}

/** Whether a column (normalized name) holds the hashes. */
export function isHashColumn(column: string, source: ImportSource): boolean {
	return COLUMNS[source].hash.includes(column);
}

/** Whether a column (normalized name) is imported. */
export function isUsed(column: string, source: ImportSource): boolean {
	return Object.values(COLUMNS[source]).some((names) => names.includes(column));
}

/** Guarantee: called with the keys of a `Names`. */
function asColumnName(name: string): ColumnName {
	return name as ColumnName;
}

const SHA256_BYTES = 32;
const HEX = /^[0-9a-f]{64}$/i;
/** PostgreSQL's output format of `bytea`. */
const BYTEA = /^\\x([0-9a-f]{64})$/i;
const BASE64 = /^[A-Za-z0-9+/]{43}=$/;
const ANY_BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;
const BASE64URL = /^[A-Za-z0-9_-]{43}$/;
const EMPTY_HASH = hash("sha256", "", "buffer");

const SHAPES: Readonly<Record<ImportSource, { readonly fits: RegExp; readonly invalid: string }>> = {
	plain: { fits: ANY_BASE64, invalid: "its hash is not a SHA-256 hash: 64 characters in hex, or 43 or 44 in base64" },
	unkey: { fits: BASE64, invalid: "its hash is not a SHA-256 hash in base64, which has 44 characters" },
	"better-auth": {
		fits: BASE64URL,
		invalid:
			"its key is not a SHA-256 hash in base64url, which has 43 characters: keys that Better Auth stores unhashed cannot be imported as they are",
	},
};

/** The 32 bytes of a hash in the source's encoding, or why it is invalid. The reason never contains the hash. */
export function readHash(text: string, source: ImportSource): Buffer | string {
	const { fits, invalid } = SHAPES[source];
	const bytea = BYTEA.exec(text)?.[1];
	if (bytea !== undefined) return orEmpty(Buffer.from(bytea, "hex"));
	const is_hex = source === "plain" && HEX.test(text);
	if (!is_hex && !fits.test(text)) return invalid;
	const bytes = is_hex ? Buffer.from(text, "hex") : Buffer.from(text, "base64");
	// The last character has unused bits: only the canonical encoding is accepted.
	const is_canonical = is_hex || bytes.toString("base64url") === text.replace(/=$/, "").replaceAll("+", "-").replaceAll("/", "_");
	if (bytes.length !== SHA256_BYTES || !is_canonical) return invalid;
	return orEmpty(bytes);
}

function orEmpty(bytes: Buffer): Buffer | string {
	return bytes.equals(EMPTY_HASH) ? "its hash is that of an empty text" : bytes;
}
