import { deepEqual, equal, rejects } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import pg from "pg";
import { type TestDatabase, testDatabase } from "../../testing/audit.ts";
import { pausable, startNode } from "../../testing/nodes.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { ApiError } from "../core/error.ts";
import { asChange, inTransaction, type Tx } from "../database/transaction.ts";
import type { Node } from "../nodes/node.ts";
import { appendInvalidations } from "../nodes/store.ts";
import { type Change, change } from "./change.ts";
import { reauthorize } from "./reauthorize.ts";
import { record } from "./record.ts";
import { lockHead } from "./store.ts";
import { verifyChain } from "./verify.ts";

const A_WHILE_MS = 60;
/** Longer than PostgreSQL waits for the next statement of a change. */
const STALL_MS = 4_000;
const TABLES = ["plans", "audit_entries", "audit_heads", "outbox", "invalidations", "change_sequence"];

suite("change", () => {
	let db: TestDatabase;
	let behind: pg.Client;
	const others: Node[] = [];
	let made = 0;

	before(async () => {
		db = await testDatabase();
		behind = new pg.Client({ connectionString: db.superuserUrl });
		await behind.connect();
	});
	after(async () => {
		for (const node of others) await node.stop();
		await behind.end();
		await db.close();
	});

	/** All rows that a change writes, as text. */
	async function state(): Promise<string> {
		const texts: string[] = [];
		for (const table of TABLES) {
			const found = await behind.query<{ text: string }>(`select t::text from keywright.${table} t order by 1`);
			texts.push(table, ...found.rows.map((row) => row.text));
		}
		return texts.join("\n");
	}

	async function count(table: string, where: string): Promise<number> {
		return Number((await behind.query<{ n: string }>(`select count(*) as n from keywright.${table} where ${where}`)).rows[0]?.n);
	}

	async function insertPlan(tx: Tx, id: string): Promise<void> {
		await tx.insertInto("plans").values({ id, name: id, capabilities: [], rate_limits: "[]", limits: "{}" }).execute();
	}

	/** A change that creates a plan, with an entry in `chain`, an event and an invalidation. */
	function makingPlan(id: string, chain: string): (tx: Tx) => Promise<Change<string>> {
		return async (tx) => {
			await insertPlan(tx, id);
			return {
				result: id,
				audit: [{ action: "plan.created", target: { kind: "plan", id }, details: { name: id }, tenant_id: chain }],
				invalidates: [{ kind: "plan", id }],
				events: [{ tenant_id: chain, type: "key.paused", data: { key_id: id, name: id, environment: "prod" } }],
			};
		};
	}

	function newName(word: string): string {
		made += 1;
		return `${word}-${made}`;
	}

	test("row, audit entry, event and the number of the invalidation are committed together", async () => {
		const [plan, chain] = [newName("plan"), newName("tenant")];
		const context = db.context();
		equal(await change(context, makingPlan(plan, chain)), plan);
		equal(await count("plans", `id = '${plan}'`), 1);
		const entries = await behind.query(
			"select seq::int, action, target_kind, target_id, request_id, details from keywright.audit_entries where chain = $1",
			[chain],
		);
		deepEqual(entries.rows.length, 1);
		const { details, ...entry } = entries.rows[0];
		deepEqual(entry, { seq: 1, action: "plan.created", target_kind: "plan", target_id: plan, request_id: context.request_id });
		deepEqual([details.actor, details.facts], [{ kind: "operator", name: "operator token" }, { name: plan }]);
		equal(await count("outbox", `tenant_id = '${chain}' and type = 'key.paused'`), 1);
		equal(await count("invalidations", `id = '${plan}'`), 1);
		equal(db.node.touchedSince("plan", plan, 0), true, "its own node has applied it when it returns");
	});

	test("a change that throws leaves nothing, not even a number", async () => {
		const before = await state();
		await rejects(
			change(db.context(), async (tx): Promise<Change<never>> => {
				await insertPlan(tx, "never");
				throw new ApiError("conflict", "Not like this.");
			}),
			/conflict/,
		);
		equal(await state(), before);
	});

	test("a change whose last statement fails leaves nothing: no row without its entry, no entry without its row", async () => {
		const before = await state();
		const [plan, chain] = [newName("plan"), newName("tenant")];
		await rejects(
			change(db.context(), async (tx) => ({ ...(await makingPlan(plan, chain)(tx)), invalidates: [{ kind: "plan", id: "\u0000" }] })),
			/invalid byte sequence/,
		);
		equal(await state(), before);
	});

	test("a repeat writes nothing, and what it did on the way is rolled back", async () => {
		const before = await state();
		const answer = await change(db.context(), async (tx) => {
			await insertPlan(tx, "never");
			return { unchanged: "as before" };
		});
		equal(answer, "as before");
		equal(await state(), before);
	});

	test("neither a change nor a repeat returns before the other nodes have applied it", async () => {
		const slow = pausable(db.database);
		const other = await startNode(slow.database);
		others.push(other);
		const plan = newName("plan");
		slow.hold();
		const changing = change(db.context(), makingPlan(plan, newName("tenant")));
		const committed = async () => (await count("plans", `id = '${plan}'`)) === 1;
		while (!(await committed())) await sleep(1);
		const repeating = change(db.context(), async () => ({ unchanged: true }));
		const pending = Promise.race([changing, repeating, sleep(A_WHILE_MS, "pending")]);
		equal(await pending, "pending");
		slow.release();
		await Promise.all([changing, repeating]);
		equal(other.touchedSince("plan", plan, 0), true);
	});

	test("notes go to the chains they name, and each chain is whole", async () => {
		const [first, second] = [newName("tenant"), newName("tenant")];
		await change(db.context(), async () => ({
			result: null,
			audit: [
				{ action: "thing.moved", target: { kind: "thing", id: "1" }, tenant_id: second },
				{ action: "thing.taken", target: { kind: "thing", id: "1" }, tenant_id: first },
				{ action: "thing.renamed", target: { kind: "thing", id: "1" }, tenant_id: second },
			],
		}));
		deepEqual(await verifyChain(db.context(), first), { intact: true, entries: 1 });
		deepEqual(await verifyChain(db.context(), second), { intact: true, entries: 2 });
	});

	test("within a tenant's scope no other chain can be written", async () => {
		const [own, foreign] = [newName("tenant"), newName("tenant")];
		const auditNote = (tenant_id: string) => ({ action: "thing.made", target: { kind: "thing", id: "1" }, tenant_id });
		await change(db.context({ scope: own }), async () => ({ result: null, audit: [auditNote(own)] }));
		await rejects(
			change(db.context({ scope: own }), async () => ({ result: null, audit: [auditNote(foreign)] })),
			/row-level security/,
		);
		deepEqual(await verifyChain(db.context(), foreign), { intact: true, entries: 0 });
	});

	test("20 changes at once make chains without gaps, and numbers without repetition", async () => {
		const [first, second] = [newName("tenant"), newName("tenant")];
		const plans = Array.from({ length: 20 }, () => newName("plan"));
		await Promise.all(plans.map((plan, index) => change(db.context(), makingPlan(plan, index % 2 === 0 ? first : second))));
		for (const chain of [first, second]) deepEqual(await verifyChain(db.context(), chain), { intact: true, entries: 10 });
		equal(await count("invalidations", `id in ('${plans.join("','")}')`), 20);
		const numbers = await behind.query("select seq from keywright.invalidations group by seq having count(*) > 1");
		equal(numbers.rows.length, 0);
		for (const plan of plans) equal(db.node.touchedSince("plan", plan, 0), true);
	});

	test("the serving role can neither edit nor remove what the log says", async () => {
		const chain = newName("tenant");
		await change(db.context(), makingPlan(newName("plan"), chain));
		const before = await state();
		const app = new pg.Client({ connectionString: db.appUrl });
		await app.connect();
		try {
			await app.query("select set_config('keywright.scope', '*', false)");
			for (const statement of [
				"update keywright.audit_entries set action = 'nothing.happened'",
				"update keywright.audit_entries set details = null",
				"delete from keywright.audit_entries",
				"truncate keywright.audit_entries",
				"delete from keywright.audit_heads",
				"alter table keywright.audit_entries disable row level security",
				"delete from keywright.change_sequence",
			]) {
				await rejects(app.query(statement), (error: unknown) => error instanceof pg.DatabaseError && error.code === "42501", statement);
			}
		} finally {
			await app.end();
		}
		equal(await state(), before);
	});

	test("the number of an invalidation is taken last: a change holds up others only while it commits", async () => {
		const gate = Promise.withResolvers<void>();
		const slow = change(db.context(), async (tx) => {
			const outcome = await makingPlan(newName("plan"), newName("tenant"))(tx);
			await gate.promise;
			return outcome;
		});
		await change(db.context(), makingPlan(newName("plan"), newName("tenant")));
		gate.resolve();
		await slow;
	});

	test("a node that freezes during a change delays no other for long, and its change is rolled back", async () => {
		const chain = newName("tenant");
		const stall = (name: string, at: (tx: Tx) => Promise<unknown>) => {
			const reached = Promise.withResolvers<void>();
			const still = inTransaction(db.database, ALL_TENANTS, async (transaction) => {
				const tx = asChange(transaction);
				await insertPlan(tx, name);
				await at(tx);
				reached.resolve();
				await sleep(STALL_MS);
			});
			return { reached: reached.promise, ended: still.then(String, (error: unknown) => error) };
		};
		const plan = newName("plan");
		const stops = [
			stall(newName("frozen"), (tx) => lockHead(tx, chain)),
			stall(newName("frozen"), async (tx) => {
				await lockHead(tx, newName("tenant"));
				await appendInvalidations(tx, db.node.id, [{ kind: "plan", id: plan }]);
			}),
		];
		await Promise.all(stops.map(({ reached }) => reached));
		equal(await Promise.race([change(db.context(), makingPlan(plan, chain)), sleep(STALL_MS / 2, "held up")]), plan);
		for (const { ended } of stops) {
			const error = await ended;
			equal(error instanceof ApiError && error.code, "unavailable");
		}
		equal(await count("plans", "id like 'frozen-%'"), 0);
	});

	test("a change that freezes before its last statements is rolled back too, and so is bookkeeping", async () => {
		const slow = change(db.context(), async (tx) => {
			const outcome = await makingPlan(newName("plan"), newName("tenant"))(tx);
			await sleep(STALL_MS);
			return outcome;
		});
		const bookkeeping = record(db, () => sleep(STALL_MS));
		const ends = await Promise.all([slow, bookkeeping].map((still) => still.then(String, (error: unknown) => error)));
		for (const error of ends) equal(error instanceof ApiError && error.code, "unavailable", String(error));
	});

	test("a change runs as the serving role, within its context's scope", async () => {
		const found = await change(db.context({ scope: "tenant-of-its-own" }), async (tx) => {
			const { rows } = await sql<{ scope: string; role: string }>`
				select current_setting('keywright.scope') as scope, current_user::text as role`.execute(tx);
			return { unchanged: rows[0] };
		});
		deepEqual(found, { scope: "tenant-of-its-own", role: "keywright_app" });
	});

	test("by a person is not committed unless it asked again whether they may", async () => {
		const actor = { kind: "member", id: "mem_1", name: "Mona", email: null } as const;
		const not_reauthorised = /impossible state: a change did not reauthorise its caller/;
		await rejects(change(db.context({ actor }), makingPlan("unasked", "t1")), not_reauthorised);
		await rejects(
			change(db.context({ actor }), async () => ({ unchanged: "seen" })),
			not_reauthorised,
		);
		await rejects(change({ ...db.context(), actor }, makingPlan("unasked", "t1")), /impossible state: a change by a person without reauthorisation/);
		equal(await count("plans", "id = 'unasked'"), 0);
	});

	test("asks its caller again once, in the transaction that it commits", async () => {
		const reauthorised: unknown[] = [];
		const context = db.context({
			actor: { kind: "portal", id: "ptl_1", name: "Paula", email: null },
			reauthorize: async (tx) => void reauthorised.push(tx),
		});
		await change(context, async (tx) => {
			await reauthorize(tx);
			await reauthorize(tx);
			equal(reauthorised[0], tx);
			return makingPlan("asked", "t1")(tx);
		});
		equal(reauthorised.length, 1);
		const refused = db.context({ ...context, reauthorize: async () => Promise.reject(new ApiError("credential_invalid", "The session has ended.")) });
		await rejects(
			change(refused, async (tx) => {
				const outcome = await makingPlan("refused", "t1")(tx);
				await reauthorize(tx);
				return outcome;
			}),
			/credential_invalid/,
		);
		equal(await count("plans", "id = 'refused'"), 0);
	});
});
