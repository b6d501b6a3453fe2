import type { CreateInput } from "../schema.ts";
import type { ImportedFormat } from "./format.ts";

/** A key that another system has issued, as a line of its export says it. */
export interface ImportRow {
	/** Of the file, from 1. */
	readonly line: number;
	/** SHA-256 of the whole raw key, 32 bytes. */
	readonly sha256: Buffer;
	readonly tenant: { readonly id: string } | { readonly external_id: string };
	/** What a key that is made here would be asked for with. */
	readonly input: CreateInput;
}

/** What is known of a row once it was held against the database: new, there already, or what stands in its way. */
export type Verdict = "new" | "there" | { readonly refused: string; readonly why: RefusalKind };
export type RefusalKind = "not_valid" | "tenant_missing" | "over_plan" | "other_tenant";

/** Under what keys are imported, and how it is called in the audit log. */
export interface ImportInto {
	readonly format: ImportedFormat;
	readonly source: string;
}

export function tenantWords(row: ImportRow): string {
	return "id" in row.tenant ? row.tenant.id : row.tenant.external_id;
}
