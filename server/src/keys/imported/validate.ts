import { ApiError } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import type { ReadTx } from "../../database/transaction.ts";
import type { Catalogue } from "../../plans/catalogue/permission.ts";
import { readCatalogue } from "../../plans/store.ts";
import type { TenantWithPlan } from "../../tenants/store.ts";
import { assertTenantActive, getKeyPolicy } from "../../tenants/tenant.ts";
import type { KeysContext } from "../context.ts";
import { type Key, toKeyActor } from "../key.ts";
import { buildKey } from "../make.ts";
import { assertApiAccess } from "../scope.ts";
import type { ImportedLookups } from "./lookup.ts";
import type { ImportRow, RowOutcome } from "./row.ts";
import { readSitesByTenant, readTakenLookups } from "./store.ts";

/** A row with its outcome; `key` is set for a new one. */
export interface Validated {
	readonly row: ImportRow;
	readonly outcome: RowOutcome;
	readonly key: Key | null;
}

export interface Bench {
	readonly lookups: ImportedLookups;
	readonly tenants: ReadonlyMap<string, TenantWithPlan>;
	/** Live keys by tenant, including the new ones of the rows so far. */
	readonly used: Map<string, number>;
}

function findTenant(row: ImportRow, bench: Bench, by_external_id: ReadonlyMap<string, TenantWithPlan>): TenantWithPlan | undefined {
	return "id" in row.tenant ? bench.tenants.get(row.tenant.id) : by_external_id.get(row.tenant.external_id);
}

function formatError(failure: ApiError): string {
	const errors = failure.metadata.errors ?? [];
	return errors.length === 0 ? failure.detail : errors.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`).join("; ");
}

function refused(row: ImportRow, why: "not_valid" | "tenant_missing" | "over_plan" | "other_tenant", words: string): Validated {
	return { row, outcome: { refused: words, why }, key: null };
}

interface Around {
	readonly catalogue: Catalogue;
	readonly sites: ReadonlyMap<string, ReadonlyMap<string, string | null>>;
	readonly taken: ReadonlyMap<string, string>;
}

function validateOne(context: KeysContext, row: ImportRow, found: TenantWithPlan, bench: Bench, around: Around): Validated {
	const { tenant, plan } = found;
	const holder = bench.lookups
		.all(row.sha256)
		.map((lookup) => around.taken.get(lookup))
		.find((tenant_id) => tenant_id !== undefined);
	if (holder === tenant.id) return { row, outcome: "there", key: null };
	if (holder !== undefined) return refused(row, "other_tenant", "the key was already imported for another tenant");
	try {
		assertTenantActive(tenant);
		assertApiAccess(plan);
		const now = context.clock.now();
		const rules = { plan, key_policy: getKeyPolicy(found), owner_errors: [], owner_is_member: false };
		const bounds = { ...rules, catalogue: around.catalogue, sites: around.sites.get(tenant.id) ?? new Map() };
		const made = buildKey(bounds, { ...row.input, tenant_id: tenant.id }, { key_id: newId("key"), now, created_by: toKeyActor(context.actor) });
		const used = bench.used.get(tenant.id) ?? 0;
		const max = plan.limits.api_keys;
		if (max !== null && used >= max) return refused(row, "over_plan", `the plan of the tenant ${tenant.id} allows ${max} API keys`);
		bench.used.set(tenant.id, used + 1);
		// Due for rotation immediately, since the system that issued it still knows the raw key.
		return { row, outcome: "new", key: { ...made, rotation_due_at: made.created_at } };
	} catch (error) {
		if (!(error instanceof ApiError)) throw error;
		return refused(row, "not_valid", formatError(error));
	}
}

/** Validates rows against the database; returns the outcomes in the order of the rows. */
export async function validateRows(tx: ReadTx, context: KeysContext, rows: readonly ImportRow[], bench: Bench): Promise<Validated[]> {
	const by_external_id = new Map(
		[...bench.tenants.values()].flatMap((found): [string, TenantWithPlan][] =>
			found.tenant.external_id === null ? [] : [[found.tenant.external_id, found]],
		),
	);
	const around = {
		catalogue: await readCatalogue(tx),
		sites: await readSitesByTenant(
			tx,
			[...bench.tenants.keys()],
			rows.flatMap((row) => row.input.site_ids ?? []),
		),
		taken: await readTakenLookups(
			tx,
			rows.flatMap((row) => bench.lookups.all(row.sha256)),
		),
	};
	return rows.map((row) => {
		const found = findTenant(row, bench, by_external_id);
		if (found === undefined) return refused(row, "tenant_missing", "its tenant does not exist");
		return validateOne(context, row, found, bench, around);
	});
}
