import { deepEqual, equal } from "node:assert/strict";
import { after, before, test } from "node:test";
import pg from "pg";
import { type TestDatabase, testDatabase } from "../../testing/audit.ts";
import { testLog } from "../../testing/database.ts";
import { systemClock } from "../core/clock.ts";
import { ApiError } from "../core/error.ts";
import { ChainStates } from "./state.ts";

let db: TestDatabase;
let behind: pg.Client;
before(async () => {
	db = await testDatabase();
	behind = new pg.Client({ connectionString: db.superuserUrl });
	await behind.connect();
});
after(async () => {
	await behind.end();
	await db.close();
});

test("two logs at once are verified however many tenants ask, fifty more wait, and others are asked to come later", async () => {
	const audit_states = new ChainStates({ clock: systemClock, log: testLog });
	const context = { ...db.context(), audit_states };
	const get = (chain: string) => audit_states.get(context, chain);
	await behind.query("begin");
	await behind.query("lock table keywright.audit_heads in access exclusive mode");
	const asked = Array.from({ length: 52 }, (_, number) => get(`chain-${number}`));
	const again = get("chain-0");
	const late = await Promise.allSettled([get("chain-52"), get("chain-53")]);
	deepEqual(
		late.map((one) => one.status === "rejected" && one.reason instanceof ApiError && [one.reason.code, one.reason.metadata.retry_after_seconds]),
		[
			["rate_limited", 30],
			["rate_limited", 30],
		],
	);
	const blocked = async () =>
		(await behind.query("select from pg_locks where not granted and relation = 'keywright.audit_heads'::regclass")).rowCount;
	while ((await blocked()) !== 2) await new Promise((resolve) => setImmediate(resolve));
	await behind.query("commit");
	for (const state of await Promise.all([...asked, again])) equal(state.whole, true);
	equal((await get("chain-52")).entries, 0);
});

test("a check that fails gives its turn to the next one", async () => {
	const audit_states = new ChainStates({ clock: systemClock, log: testLog });
	const context = { ...db.context(), audit_states };
	await behind.query("revoke select on keywright.audit_heads from keywright_app");
	const failed = await Promise.allSettled(["a", "b", "c"].map((chain) => audit_states.get(context, chain)));
	await behind.query("grant select on keywright.audit_heads to keywright_app");
	deepEqual(
		failed.map(({ status }) => status),
		["rejected", "rejected", "rejected"],
	);
	equal((await audit_states.get(context, "a")).whole, true);
});
