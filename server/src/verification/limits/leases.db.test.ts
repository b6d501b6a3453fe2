import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { sql } from "kysely";
import { type VerificationFixture, verificationFixture } from "../../../testing/verification.ts";
import { record } from "../../audit/record.ts";
import type { RecordTx } from "../../database/transaction.ts";
import { budgetAllowance } from "./allowance.ts";
import { type LeaseRequest, leaseBlocks, returnBlocks } from "./store.ts";

const BUDGETS = 20_000;
const LEASED = 100;
/** What the two statements of a lease or return may read: all of a small table each, with versions that are not cleaned up yet, but not all of it for each row. */
const READ_MAX = 4 * BUDGETS;
const DAY = "2026-12-01";

suite("leases of budgets", () => {
	let fixture: VerificationFixture;
	let tenant_id: string;
	let key_id: string;

	before(async () => {
		fixture = await verificationFixture();
		const { node } = await fixture.process();
		tenant_id = await fixture.tenant(node);
		({ key_id } = await fixture.key(node, tenant_id));
	});
	after(() => fixture.close());

	const inRecord = <T>(run: (tx: RecordTx) => Promise<T>) => record({ database: fixture.database }, run);

	function request(name: string, units: number, amount = 1_000): LeaseRequest {
		return { allowance: budgetAllowance(tenant_id, key_id, { name, unit: "requests", amount, per: "day" }), start: DAY, sizeOf: () => units };
	}

	async function leased(name: string): Promise<unknown> {
		const rows = await fixture.behind("select leased::int, amount::int from keywright.budget_periods where key_id = $1 and name = $2", [
			key_id,
			name,
		]);
		return rows[0];
	}

	/** Rows of budgets that the transaction has read so far. */
	async function countRead(tx: RecordTx): Promise<number> {
		const { rows } = await sql<{ read: number }>`
			select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as read from pg_stat_xact_all_tables where relid = 'keywright.budget_periods'::regclass
		`.execute(tx);
		return rows[0]?.read ?? 0;
	}

	test("and returns do not read all budgets for each of their own, also before PostgreSQL has statistics of the table", async () => {
		const names = Array.from({ length: BUDGETS }, (_, index) => `budget-${index}`);
		await inRecord((tx) =>
			leaseBlocks(
				tx,
				names.map((name) => request(name, 1)),
			),
		);
		const asked = names.slice(-LEASED).map((name) => request(name, 1));
		const [lease, give_back] = await inRecord(async (tx) => {
			await leaseBlocks(tx, asked);
			const of_lease = await countRead(tx);
			await returnBlocks(
				tx,
				asked.map(({ allowance, start }) => ({ allowance, start, units: 1 })),
			);
			return [of_lease, (await countRead(tx)) - of_lease];
		});
		ok(lease >= LEASED && lease <= READ_MAX, `${lease} rows for ${LEASED} leases`);
		ok(give_back >= LEASED && give_back <= READ_MAX, `${give_back} rows for ${LEASED} returns`);
	});

	test("which another node makes first meanwhile are null, and are leased by the next transaction", async () => {
		const { promise: made, resolve: onMade } = Promise.withResolvers<void>();
		const { promise: committed, resolve: commit } = Promise.withResolvers<void>();
		const first = inRecord(async (tx) => {
			const leases = await leaseBlocks(tx, [request("raced", 400)]);
			onMade();
			await committed;
			return leases;
		});
		await made;
		const second = inRecord((tx) => leaseBlocks(tx, [request("alone", 5), request("raced", 700)]));
		commit();
		deepEqual(await first, [{ granted: 400, left: 600 }]);
		// The other one waits for the row that is being made, or does not meet it at all: then it is leased at once.
		const [alone, raced] = await second;
		deepEqual(alone, { granted: 5, left: 995 });
		const last = raced ?? (await inRecord((tx) => leaseBlocks(tx, [request("raced", 700)])))[0];
		deepEqual(last, { granted: 600, left: 0 });
		deepEqual(await leased("raced"), { leased: 1_000, amount: 1_000 });
	});

	test("of a deleted key are null, and make no row", async () => {
		const gone = budgetAllowance(tenant_id, "key_gone", { name: "calls", unit: "requests", amount: 10, per: "day" });
		deepEqual(await inRecord((tx) => leaseBlocks(tx, [{ allowance: gone, start: DAY, sizeOf: () => 1 }])), [null]);
		equal((await fixture.behind("select 1 from keywright.budget_periods where key_id = 'key_gone'", [])).length, 0);
	});

	test("keep the amount under which they were made, which a return under an older amount does not change", async () => {
		await inRecord((tx) => leaseBlocks(tx, [request("lowered", 50)]));
		await inRecord((tx) => leaseBlocks(tx, [request("lowered", 0, 200)]));
		const { allowance, start } = request("lowered", 0);
		await inRecord((tx) => returnBlocks(tx, [{ allowance, start, units: 20 }]));
		deepEqual(await leased("lowered"), { leased: 30, amount: 200 });
	});
});
