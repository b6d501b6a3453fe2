import { timingSafeEqual } from "node:crypto";
import { type Change, type ChangeContext, change } from "../../audit/change.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { macOf, type Pepper, type Peppers } from "../../core/pepper.ts";
import type { Database } from "../../database/database.ts";
import { read } from "../../database/read.ts";
import type { ReadTx } from "../../database/transaction.ts";
import { countLiveUses, insertPepperRow, lockPeppers, type PepperRow, readPepperIdsInUse, readPepperRows } from "./pepper-store.ts";

export interface PepperContext extends ChangeContext {
	readonly peppers: Peppers;
}

const BACKUP = "Configure the pepper that was backed up with this database (KEYWRIGHT_PEPPER); no key is lost.";

function canaryOf(pepper: Pepper): Buffer {
	return macOf(pepper.bytes, "canary", [pepper.id]);
}

function isCanaryOf(pepper: Pepper, canary: Buffer): boolean {
	const expected = canaryOf(pepper);
	return canary.length === expected.length && timingSafeEqual(canary, expected);
}

/** Whether some pepper was ever entered in the database. */
export async function hasPepper(database: Database): Promise<boolean> {
	return (await read({ database, scope: ALL_TENANTS }, readPepperRows)).length > 0;
}

/** Throws when keys that work would be refused with the peppers that are configured. */
async function assertAllUsesConfigured(tx: ReadTx, peppers: Peppers): Promise<void> {
	let secrets = 0;
	let services = 0;
	for (const pepper_id of await readPepperIdsInUse(tx)) {
		if (peppers.byId.has(pepper_id)) continue;
		const uses = await countLiveUses(tx, pepper_id);
		secrets += uses.secrets;
		services += uses.services;
	}
	if (secrets + services === 0) return;
	throw new Error(
		`an earlier pepper is still needed: ${secrets} secrets of keys and ${services} service credentials were made with it and would be refused. ` +
			"Configure both, the new one first (KEYWRIGHT_PEPPER=new,old), until this number is 0.",
	);
}

/** Throws when the configured peppers cannot be the database's; answers whether the current one has yet to be entered. */
async function isNew(tx: ReadTx, peppers: Peppers): Promise<boolean> {
	const rows = await readPepperRows(tx);
	const known = rows.filter((row) => peppers.byId.has(row.pepper_id));
	if (rows.length > 0 && known.length === 0) {
		throw new Error(`the pepper does not belong to this database: every key would be refused, so nothing is started. ${BACKUP}`);
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
	throw new Error(`the canary of the pepper ${row.pepper_id} is not the one it makes: the row was altered, or the database is another's. ${BACKUP}`);
}

/**
 * Makes sure at start that the configured peppers are those of this database, and enters a new one: an empty database takes the first, later
 * ones come as `new,old`. Throws an `Error` that says what to do instead of starting a server that would refuse every key.
 */
export async function checkPeppers(context: PepperContext): Promise<void> {
	const { peppers } = context;
	if (!(await read(context, (tx) => isNew(tx, peppers)))) return;
	await change(context, async (tx): Promise<Change<undefined>> => {
		await lockPeppers(tx);
		if (!(await isNew(tx, peppers))) return { unchanged: undefined };
		const { id: pepper_id } = peppers.current;
		await insertPepperRow(tx, { pepper_id, canary: canaryOf(peppers.current) }, new Date(context.clock.now()));
		return { result: undefined, audit: [{ action: "pepper.registered", target: { kind: "pepper", id: pepper_id }, tenant_id: "*" }] };
	});
}
