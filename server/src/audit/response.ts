import { ALL_TENANTS } from "../core/context.ts";
import type { EntryRow } from "./list-store.ts";
import type { Snapshot } from "./nouns.ts";

/** A person, key or thing as of the time of the entry; null where it was erased or is not known. */
interface Named<Kind, Id> {
	readonly kind: Kind;
	readonly id: Id;
	readonly name: string | null;
}

export interface EntryAnswer {
	readonly id: string;
	readonly at: string;
	readonly actor: Named<string | null, string | null>;
	readonly action: string;
	readonly target: Named<string, string>;
	readonly before: Snapshot;
	readonly after: Snapshot;
	readonly ip: string | null;
	readonly request_id: string;
}

export interface OperatorEntryAnswer extends EntryAnswer {
	/** Null for what belongs to no tenant. */
	readonly tenant_id: string | null;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
	return value !== null && typeof value === "object" && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : null;
}

function asText(value: unknown): string | null {
	return typeof value === "string" ? value : null;
}

/** Numbers are unique within a chain, and no tenant's id has a point. */
function getId({ chain, seq }: EntryRow): string {
	return chain === ALL_TENANTS ? `aud_${seq}` : `aud_${seq}.${chain}`;
}

/**
 * The entry as its tenant's people see it. The address of an operator is not theirs to know; before and after are null in entries of
 * versions that did not write them, and in erased ones.
 */
export function toEntryResponse(row: EntryRow, reader: { readonly kind: string }): EntryAnswer {
	const { at, action, target_kind, target_id, request_id } = row;
	const details = asObject(row.details);
	const actor = asObject(details?.actor);
	const kind = asText(actor?.kind);
	const id = asText(actor?.id);
	const name = asText(details?.target_name) ?? (id === target_id ? asText(actor?.name) : null);
	return {
		id: getId(row),
		at: at.toISOString(),
		actor: { kind, id, name: asText(actor?.name) },
		action,
		target: { kind: target_kind, id: target_id, name },
		before: asObject(details?.before),
		after: asObject(details?.after),
		ip: kind === "operator" && reader.kind !== "operator" ? null : asText(details?.ip),
		request_id,
	};
}

/** The entry as the operator sees it. */
export function toOperatorEntryResponse(row: EntryRow): OperatorEntryAnswer {
	return { ...toEntryResponse(row, { kind: "operator" }), tenant_id: row.chain === ALL_TENANTS ? null : row.chain };
}
