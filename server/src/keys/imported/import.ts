import { type Change, change } from "../../audit/change.ts";
import { ApiError } from "../../core/error.ts";
import { read, type Tx } from "../../database/transaction.ts";
import { readTenantsForUpdate, readTenantsNamed } from "../../tenants/store.ts";
import type { KeysContext } from "../context.ts";
import type { Key } from "../key.ts";
import { newKid } from "../secrets/format.ts";
import { HASH_MAC_VERSION, hashMac } from "../secrets/mac.ts";
import { IMPORTED_KEYS_ID } from "./format.ts";
import { lockImportedFormat } from "./format-store.ts";
import { ImportedLookups } from "./lookup.ts";
import type { ImportInto, ImportRow } from "./row.ts";
import { countLiveKeysByTenant, type ImportedSecretRow, insertImported, lockImports } from "./store.ts";
import { type Bench, type Validated, validateRows } from "./validate.ts";

function named(rows: readonly ImportRow[]): { ids: string[]; external_ids: string[] } {
	const ids = new Set(rows.flatMap((row) => ("id" in row.tenant ? row.tenant.id : [])));
	const external_ids = new Set(rows.flatMap((row) => ("external_id" in row.tenant ? row.tenant.external_id : [])));
	return { ids: [...ids], external_ids: [...external_ids] };
}

/**
 * Dry run of an import. `used` (live keys by tenant) is carried over between the batches of one file, so that the plans' limits apply to the whole
 * file.
 */
export async function surveyImport(context: KeysContext, rows: readonly ImportRow[], used: Map<string, number>): Promise<Validated[]> {
	return read(context, async (tx) => {
		const tenants = await readTenantsNamed(tx, named(rows));
		const fresh = [...tenants.keys()].filter((id) => !used.has(id));
		const live = await countLiveKeysByTenant(tx, fresh, new Date(context.clock.now()));
		for (const id of fresh) used.set(id, live.get(id) ?? 0);
		return validateRows(tx, context, rows, { lookups: new ImportedLookups(context.peppers), tenants, used });
	});
}

/** Locks the tenants of the rows, so that no other transaction creates keys while the plans' limits are checked. */
async function lockedBench(tx: Tx, context: KeysContext, rows: readonly ImportRow[]): Promise<Bench> {
	const ids = [...(await readTenantsNamed(tx, named(rows))).keys()];
	const tenants = await readTenantsForUpdate(tx, ids);
	const used = await countLiveKeysByTenant(tx, ids, new Date(context.clock.now()));
	return { lookups: new ImportedLookups(context.peppers), tenants, used };
}

function toSecretRow(context: KeysContext, key: Key, row: ImportRow, into: ImportInto, lookups: ImportedLookups): ImportedSecretRow {
	const { current } = context.peppers;
	const identity = { key_id: key.id, kid: newKid(), tenant_id: key.tenant_id, environment: key.environment };
	return {
		kid: identity.kid,
		tenant_id: key.tenant_id,
		key_id: key.id,
		mac: hashMac(current, identity, row.sha256),
		mac_version: HASH_MAC_VERSION,
		pepper_id: current.id,
		// Unknown until the raw key's first use.
		last4: "",
		created_at: key.created_at,
		shown_to: null,
		canary: false,
		lookup: lookups.current(row.sha256),
		legacy_format: into.format.name,
	};
}

function toAuditEntries(keys: readonly Key[], into: ImportInto) {
	return [...Map.groupBy(keys, (key) => key.tenant_id)].map(([tenant_id, own]) => ({
		action: "keys.imported",
		target: { kind: "legacy_format", id: into.format.name, name: into.format.name },
		details: { source: into.source, keys: own.length, key_ids: own.map((key) => key.id) },
		tenant_id,
	}));
}

async function writeRows(tx: Tx, context: KeysContext, rows: readonly ImportRow[], into: ImportInto): Promise<Change<Validated[]>> {
	await lockImports(tx);
	if (!(await lockImportedFormat(tx, into.format.name)))
		throw new ApiError("conflict", "The format of these keys was deleted during the import. Create it again, then repeat the import.");
	const bench = await lockedBench(tx, context, rows);
	const validated = await validateRows(tx, context, rows, bench);
	const fresh = validated.flatMap(({ row, key }) => (key === null ? [] : [{ key, secret: toSecretRow(context, key, row, into, bench.lookups) }]));
	const keys = fresh.map(({ key }) => key);
	const [first, ...others] = toAuditEntries(keys, into);
	if (first === undefined) return { unchanged: validated };
	await insertImported(
		tx,
		keys,
		fresh.map(({ secret }) => secret),
	);
	return { result: validated, audit: [first, ...others], invalidates: [{ kind: "legacy_formats", id: IMPORTED_KEYS_ID }] };
}

/**
 * Imports the new ones of `rows` in one transaction; they work on every node after this returns. A repeat changes nothing: a raw key that exists is
 * skipped, even if its row differs.
 */
export async function importKeys(context: KeysContext, rows: readonly ImportRow[], into: ImportInto): Promise<Validated[]> {
	return change(context, (tx) => writeRows(tx, context, rows, into));
}
