import { timingSafeEqual } from "node:crypto";
import { type Change, type ChangeContext, change } from "../../audit/change.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { computeMac, type Pepper, type Peppers } from "../../core/pepper.ts";
import type { Database } from "../../database/database.ts";
import { type ReadTx, read } from "../../database/transaction.ts";
import { countLiveUses, insertPepperRow, lockPeppers, type PepperRow, readPepperIdsInUse, readPepperRows } from "./pepper-store.ts";

export interface PepperContext extends ChangeContext {
	readonly peppers: Peppers;
}

const BACKUP = "Configure the pepper that was backed up with this database (KEYWRIGHT_PEPPER); no key is lost.";

function getCanary(pepper: Pepper): Buffer {
	return computeMac(pepper.bytes, "canary", [pepper.id]);
}

function isCanaryOf(pepper: Pepper, canary: Buffer): boolean {
	const expected = getCanary(pepper);
	return canary.length === expected.length && timingSafeEqual(canary, expected);
}

/** Whether the database has a registered pepper. */
export async function hasPepper(database: Database): Promise<boolean> {
	return (await read({ database, scope: ALL_TENANTS }, readPepperRows)).length > 0;
}

/** Throws if live keys, services or webhooks need a pepper that is not configured. */
async function assertAllUsesConfigured(tx: ReadTx, peppers: Peppers): Promise<void> {
	let secrets = 0;
	let services = 0;
	let webhooks = 0;
	for (const pepper_id of await readPepperIdsInUse(tx)) {
		if (peppers.byId.has(pepper_id)) continue;
		const uses = await countLiveUses(tx, pepper_id);
		secrets += uses.secrets;
		services += uses.services;
		webhooks += uses.webhooks;
	}
	if (secrets + services + webhooks === 0) return;
	throw new Error(
		`an earlier pepper is still needed: ${secrets} secrets of keys and ${services} service credentials were made with it and would be refused, ` +
			`and ${webhooks} webhooks could not sign. ` +
			"Configure both, the new one first (KEYWRIGHT_PEPPER=new,old), until this number is 0.",
	);
}

/** Throws if the configured peppers do not belong to the database; returns whether the current one must be registered. */
async function isNew(tx: ReadTx, peppers: Peppers): Promise<boolean> {
	const rows = await readPepperRows(tx);
	const known = rows.filter((row) => peppers.byId.has(row.pepper_id));
	if (rows.length > 0 && known.length === 0) {
		throw new Error(`the pepper does not belong to this database: every key would be refused, so the server does not start. ${BACKUP}`);
	}
	for (const row of known) assertCanary(row, peppers);
	if (rows.length === 0 && (await readPepperIdsInUse(tx)).length > 0) {
		throw new Error(
			"the database holds secrets but no canary of the pepper they were made with: it was restored in part. Restore the whole database.",
		);
	}
	await assertAllUsesConfigured(tx, peppers);
	return !known.some((row) => row.pepper_id === peppers.current.id);
}

function assertCanary(row: PepperRow, peppers: Peppers): void {
	const pepper = peppers.byId.get(row.pepper_id);
	if (pepper && isCanaryOf(pepper, row.canary)) return;
	throw new Error(
		`the canary of the pepper ${row.pepper_id} does not match: the row was altered, or the database belongs to another instance. ${BACKUP}`,
	);
}

/**
 * Checks at startup that the configured peppers belong to this database, and registers a new one. An empty database accepts any; later ones are
 * configured as `new,old`. Throws an `Error` with instructions, since a server with a wrong pepper would refuse every key.
 */
export async function checkPeppers(context: PepperContext): Promise<void> {
	const { peppers } = context;
	if (!(await read(context, (tx) => isNew(tx, peppers)))) return;
	await change(context, async (tx): Promise<Change<undefined>> => {
		await lockPeppers(tx);
		if (!(await isNew(tx, peppers))) return { unchanged: undefined };
		const { id: pepper_id } = peppers.current;
		await insertPepperRow(tx, { pepper_id, canary: getCanary(peppers.current) }, new Date(context.clock.now()));
		return { result: undefined, audit: [{ action: "pepper.registered", target: { kind: "pepper", id: pepper_id }, tenant_id: "*" }] };
	});
}
