import { assertStillAllowed, type ChangeContext, change } from "../../audit/change.ts";
import { reauthorizeConfirmed } from "../../audit/reauthorize.ts";
import { canonicalJson } from "../../core/canonical.ts";
import { type ReadTx, read, type Tx } from "../../database/transaction.ts";
import { readTenantForUpdate } from "../../tenants/store.ts";
import { assertTenantActive, tenantNotFound } from "../../tenants/tenant.ts";
import { invalidKey } from "../guards.ts";
import { type Key, toKeyOwner } from "../key.ts";
import { lockChosenKeys, readChosenKeys, setOwnerOfKeys } from "../list-store.ts";
import { validateAutoRotate } from "../schedule/auto-rotate.ts";
import { validateOwner } from "../scope.ts";
import { TRANSFERRED_KEYS_MAX, type TransferInput, type Transferred } from "./schema.ts";
import { assertAsExpected, invalidSelection, newestFirst, readTogether, requireExpected } from "./selection.ts";

/** The keys of the person that are not revoked and not the new person's yet. 400 `invalid_request` for too many. */
function toTransfer(chosen: readonly Key[], { owner }: TransferInput): Key[] {
	if (chosen.length > TRANSFERRED_KEYS_MAX)
		throw invalidSelection(
			"/from",
			`is responsible for more than ${TRANSFERRED_KEYS_MAX} keys, the maximum per call: change some of them one by one`,
		);
	const wanted = canonicalJson(toKeyOwner(owner));
	return newestFirst(chosen.filter((key) => key.revoked_at === null && canonicalJson(key.owner) !== wanted));
}

async function assertMember(tx: ReadTx, tenant_id: string, owner: Key["owner"]): Promise<void> {
	const errors = await validateOwner(tx, tenant_id, owner);
	if (errors.length > 0) throw invalidKey(errors);
}

/** A key whose replacements are mailed needs a person with a proven address, and its new receiver is a decision that needs a recent password. */
async function validateReceivers(tx: Tx, keys: readonly Key[], owner: Key["owner"]): Promise<void> {
	const mailed = keys.find(({ auto_rotate }) => auto_rotate === "handover");
	if (mailed === undefined) return;
	const errors = await validateAutoRotate(tx, { ...mailed, owner });
	if (errors.length > 0)
		throw invalidKey([{ pointer: "/owner/member_id", detail: `cannot receive the replacements of "${mailed.name}": ${errors[0]?.detail}` }]);
	await reauthorizeConfirmed(tx);
}

/**
 * Makes a member responsible for all keys of a person, who may have left, in one change; or lists them with `preview`. 400 `invalid_request` for an id of
 * no member's, and for more than 1,000 keys; 409 `conflict` (with `key_ids`), without a change, if the keys differ from `expected_key_ids`.
 */
export async function transferKeys(context: ChangeContext, input: TransferInput & { tenant_id: string }): Promise<Transferred> {
	const { tenant_id, from, expected_key_ids } = input;
	const owner = toKeyOwner(input.owner);
	const now = context.clock.now();
	const reading = { now: new Date(now), rows_max: TRANSFERRED_KEYS_MAX + 1 };
	const selection = { filter: { owner: from } };
	if (input.preview) {
		await assertStillAllowed(context);
		return read(context, async (tx) => {
			await assertMember(tx, tenant_id, owner);
			const keys = toTransfer(await readChosenKeys(tx, tenant_id, selection, reading), input);
			return { keys: await readTogether(tx, tenant_id, keys, now), transferred: false };
		});
	}
	const expected = requireExpected(expected_key_ids);
	return change<Transferred>(context, async (tx) => {
		const found = await readTenantForUpdate(tx, tenant_id);
		if (!found) throw tenantNotFound();
		assertTenantActive(found.tenant);
		const keys = toTransfer(await lockChosenKeys(tx, tenant_id, selection, reading), input);
		assertAsExpected(keys, expected);
		await assertMember(tx, tenant_id, owner);
		const [first, ...others] = keys.map((key) => auditTransfer(key, owner));
		if (!first) return { unchanged: { keys: [], transferred: false } };
		await validateReceivers(tx, keys, owner);
		const key_ids = keys.map(({ id }) => id);
		await setOwnerOfKeys(tx, tenant_id, key_ids, owner);
		return {
			result: { keys: await readTogether(tx, tenant_id, keys, now), transferred: true },
			audit: [first, ...others],
			invalidates: key_ids.map((id) => ({ kind: "key", id }) as const),
			events: keys.map(({ id: key_id, name, environment }) => {
				return { tenant_id, type: "key.updated" as const, data: { key_id, name, environment, changed: ["owner"] } };
			}),
		};
	});
}

function auditTransfer({ tenant_id, id, name, environment, owner: was }: Key, owner: Key["owner"]) {
	const details = { name, environment, before: { owner: was }, after: { owner }, together: true };
	return { action: "key.updated", target: { kind: "key", id }, details, tenant_id };
}
