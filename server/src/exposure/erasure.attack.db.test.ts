import { deepEqual, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type MadeKey, type Process, type VerificationFixture, verificationFixture } from "../../testing/verification.ts";
import { record } from "../audit/record.ts";
import type { RecordTx } from "../database/transaction.ts";
import { addCanaryUses } from "../keys/canaries/store.ts";
import { addExposures } from "../keys/exposures/store.ts";
import { eraseTenant } from "../tenants/erase.ts";

let fixture: VerificationFixture;
let process: Process;
before(async () => {
	fixture = await verificationFixture();
	process = await fixture.process();
});
after(() => fixture.close());

const AT = new Date();
const FROM = { source_id: "src_x", network: "192.0.2.0/24", source: "curl" };
const seen = { first_at: AT, last_at: AT, requests: 1, ...FROM };

async function kidOf(key_id: string): Promise<string> {
	const [row] = await fixture.behind("select kid from keywright.secrets where key_id = $1", [key_id]);
	return String(row?.kid);
}

const RECORDS: Readonly<Record<string, (tx: RecordTx, key: MadeKey, kid: string) => Promise<readonly unknown[]>>> = {
	key_exposures: (tx, _key, kid) => addExposures(tx, [{ kid, kind: "url", ...seen }]),
	canary_uses: (tx, { tenant_id, key_id }, kid) => addCanaryUses(tx, [{ tenant_id, key_id, kid, ...seen }]),
};

for (const [table, add] of Object.entries(RECORDS))
	test(`what is written to ${table} while its tenant is erased is erased with it`, async () => {
		const tenant_id = await fixture.tenant(process.node);
		const key = await fixture.key(process.node, tenant_id);
		await fixture.behind("update keywright.keys set canary = $2 where id = $1", [key.key_id, table === "canary_uses"]);
		const kid = await kidOf(key.key_id);
		let ended = false;
		const erased = record({ database: fixture.database }, async (tx) => {
			deepEqual((await add(tx, key, kid)).length, 1);
			const erasing = eraseTenant({ ...fixture.context(process.node), forget_documents: async () => undefined }, { tenant_id }).finally(() => {
				ended = true;
			});
			erasing.catch(() => undefined);
			// Until the erasure is over, or waits for what is written here.
			while (!ended) {
				const [row] = await fixture.behind(
					"select count(*)::int as waiting from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'tenants'",
				);
				if (Number(row?.waiting) > 0) break;
				await sleep(10);
			}
			return { erasing };
		});
		await (await erased).erasing;
		const rows = await fixture.behind(`select tenant_id from keywright.${table} where tenant_id = $1`, [tenant_id]);
		deepEqual(rows, []);
		ok(ended);
	});
