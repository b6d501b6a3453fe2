import type { CreateInput } from "../schema.ts";
import type { ImportedFormat } from "./format.ts";

/** A line of another system's export: a key that it has issued. */
export interface ImportRow {
	/** Line number in the file, from 1. */
	readonly line: number;
	/** SHA-256 of the whole raw key, 32 bytes. */
	readonly sha256: Buffer;
	readonly tenant: { readonly id: string } | { readonly external_id: string };
	/** The input as for `createKey`. */
	readonly input: CreateInput;
}

/** The outcome for a row: new, existing, or refused with the reason. */
export type RowOutcome = "new" | "there" | { readonly refused: string; readonly why: RefusalKind };
export type RefusalKind = "not_valid" | "tenant_missing" | "over_plan" | "other_tenant";

/** The format of the imported keys, and the name of their source in the audit log. */
export interface ImportInto {
	readonly format: ImportedFormat;
	readonly source: string;
}

export function formatTenant(row: ImportRow): string {
	return "id" in row.tenant ? row.tenant.id : row.tenant.external_id;
}
