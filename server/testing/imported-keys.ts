import { hash } from "node:crypto";
import { randomBase62 } from "../src/core/id.ts";
import { type ImportedFormatContext, putImportedFormat } from "../src/keys/imported/formats.ts";
import type { ImportInto, ImportRow } from "../src/keys/imported/row.ts";
import type { CreateInput } from "../src/keys/schema.ts";

export const ACME = { name: "acme", prefix: "acme_", alphabet: "base62", length_min: 24, length_max: 24 } as const;
export const INTO_ACME: ImportInto = { format: ACME, source: "plain" };

export async function declareAcme(context: ImportedFormatContext): Promise<void> {
	await putImportedFormat(context, ACME);
}

/** A raw key in the other system's format. */
export function acmeKey(): string {
	return `${ACME.prefix}${randomBase62(ACME.length_min)}`;
}

let lines = 1;

/** The line of an export for `raw_key`. */
export function importRow(raw_key: string, tenant_id: string, input: Partial<CreateInput> = {}): ImportRow {
	lines += 1;
	return {
		line: lines,
		sha256: hash("sha256", raw_key, "buffer"),
		tenant: { id: tenant_id },
		input: { name: `bot ${lines}`, environment: "prod", owner: "Dana", ...input },
	};
}
