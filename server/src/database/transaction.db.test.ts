import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { sql } from "kysely";
import pg from "pg";
import { type BareTestDatabase, bareTestDatabase, testLog } from "../../testing/database.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { ApiError } from "../core/error.ts";
import { connectDatabase } from "./database.ts";
import { inTransaction, isUnavailable, read } from "./transaction.ts";

const unavailable = (error: unknown): boolean =>
	error instanceof ApiError && error.code === "unavailable" && error.metadata.retry_after_seconds !== undefined;

suite("a transaction", () => {
	let bare: BareTestDatabase;
	before(async () => {
		bare = await bareTestDatabase();
	});
	after(() => bare.close());

	const planRow = (id: string) => ({ id, name: id, capabilities: [], rate_limits: "[]", limits: "{}" });

	async function hasPlan(id: string): Promise<boolean> {
		const found = await inTransaction(bare.database, ALL_TENANTS, (tx) => tx.selectFrom("plans").select("id").where("id", "=", id).execute());
		return found.length === 1;
	}

	async function settings(url: string): Promise<{ scope: string | null; role: string }> {
		const database = connectDatabase({ url, log: testLog, connections_max: 1 });
		try {
			return await inTransaction(database, "tenant-1", async (tx) => {
				const { rows } = await sql<{ scope: string; role: string }>`
					select current_setting('keywright.scope', true) as scope, current_user::text as role`.execute(tx);
				return rows[0] ?? { scope: null, role: "" };
			});
		} finally {
			await database.close();
		}
	}

	test("commits what it returns from and rolls back what it throws from", async () => {
		await inTransaction(bare.database, ALL_TENANTS, (tx) => tx.insertInto("plans").values(planRow("kept")).execute());
		const failing = inTransaction(bare.database, ALL_TENANTS, async (tx) => {
			await tx.insertInto("plans").values(planRow("lost")).execute();
			throw new ApiError("conflict", "Not like this.");
		});
		await rejects(failing, (error: unknown) => error instanceof ApiError && error.code === "conflict");
		deepEqual([await hasPlan("kept"), await hasPlan("lost")], [true, false]);
	});

	test("statements of one read see one state, whatever is committed between them", async () => {
		const context = { database: bare.database, scope: ALL_TENANTS };
		const rename = (name: string) =>
			inTransaction(bare.database, ALL_TENANTS, (tx) => tx.updateTable("plans").set({ name }).where("id", "=", "torn").execute());
		await inTransaction(bare.database, ALL_TENANTS, (tx) => tx.insertInto("plans").values(planRow("torn")).execute());
		const seen = await read(context, async (tx) => {
			const name = async () => (await tx.selectFrom("plans").select("name").where("id", "=", "torn").executeTakeFirstOrThrow()).name;
			const first = await name();
			await rename("changed meanwhile");
			return [first, await name()];
		});
		deepEqual(seen, ["torn", "torn"]);
		deepEqual(await read(context, (tx) => tx.selectFrom("plans").select("name").where("id", "=", "torn").execute()), [{ name: "changed meanwhile" }]);
	});

	test("a read cannot write", async () => {
		await rejects(
			read({ database: bare.database, scope: ALL_TENANTS }, (tx) => sql`update keywright.plans set name = name`.execute(tx)),
			(error: unknown) => error instanceof Error,
		);
	});

	test("runs as the serving role with its scope: row-level security applies to connections of the owner and the superuser too", async () => {
		for (const url of [bare.appUrl, bare.ownerUrl, bare.superuserUrl]) deepEqual(await settings(url), { scope: "tenant-1", role: "keywright_app" });
	});

	test("leaves neither scope nor role on its connection", async () => {
		const database = connectDatabase({ url: bare.ownerUrl, log: testLog, connections_max: 1 });
		try {
			await inTransaction(database, "tenant-1", async () => undefined);
			const { rows } = await sql<{ scope: string; role: string }>`
				select current_setting('keywright.scope', true) as scope, current_user::text as role`.execute(database.queries);
			deepEqual(rows, [{ scope: "", role: "keywright_owner" }]);
		} finally {
			await database.close();
		}
	});

	test("reads bigint as a number and a date as its text", async () => {
		const { rows } = await sql<{ big: unknown; day: unknown; none: unknown }>`
			select 9007199254740991::bigint as big, date '2026-01-31' as day, null::bigint as none`.execute(bare.database.queries);
		deepEqual(rows, [{ big: 9_007_199_254_740_991, day: "2026-01-31", none: null }]);
	});

	test("reads times and days alike whatever a database's or a role's default settings are", async () => {
		const foreign = ["DateStyle=German", "TimeZone=Asia/Kathmandu", "bytea_output=escape", "extra_float_digits=-10", "IntervalStyle=sql_standard"];
		const options = encodeURIComponent([...foreign, "default_transaction_isolation=serializable"].map((setting) => `-c ${setting}`).join(" "));
		const database = connectDatabase({ url: `${bare.appUrl}&options=${options}`, log: testLog, connections_max: 1 });
		try {
			const { rows } = await sql`select timestamptz '2026-01-31T23:30:00Z' as at, (timestamptz '2026-01-31T23:30:00Z')::date::text as day,
				'\\x00ff'::bytea as bytes, 0.1::float8 + 0.2::float8 as number, current_setting('transaction_isolation') as isolation`.execute(
				database.queries,
			);
			deepEqual(rows, [
				{ at: new Date("2026-01-31T23:30:00Z"), day: "2026-01-31", bytes: Buffer.from([0, 255]), number: 0.1 + 0.2, isolation: "read committed" },
			]);
		} finally {
			await database.close();
		}
	});

	for (const [given, used] of [
		["off", "on"],
		["remote_apply", "remote_apply"],
	] as const) {
		test(`a commit is durable where the default of synchronous_commit is ${given}`, async () => {
			const options = encodeURIComponent(`-c synchronous_commit=${given}`);
			const database = connectDatabase({ url: `${bare.appUrl}&options=${options}`, log: testLog, connections_max: 1 });
			try {
				const { rows } = await sql`select current_setting('synchronous_commit') as is`.execute(database.queries);
				deepEqual(rows, [{ is: used }]);
			} finally {
				await database.close();
			}
		});
	}

	test("whose connection is lost is unavailable, and the next one works", async () => {
		const lost = inTransaction(bare.database, ALL_TENANTS, async (tx) => {
			await tx.insertInto("plans").values(planRow("cut off")).execute();
			await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx);
		});
		await rejects(lost, unavailable);
		equal(await hasPlan("cut off"), false);
	});

	test("whose connection is lost while it does something else is unavailable too", async () => {
		const client = new pg.Client({ connectionString: bare.superuserUrl });
		await client.connect();
		const lost = inTransaction(bare.database, ALL_TENANTS, async (tx) => {
			const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
			await client.query("select pg_terminate_backend($1, 5000)", [rows[0]?.pid]);
			await tx.insertInto("plans").values(planRow("cut off")).execute();
		});
		await rejects(lost, unavailable);
		await client.end();
	});

	test("on a database that cannot be reached is unavailable", async () => {
		for (const url of ["postgresql://nobody@127.0.0.1:1/nowhere", "postgresql://nobody@/nowhere?host=%2Fnonexistent"]) {
			const database = connectDatabase({ url, log: testLog });
			await rejects(
				inTransaction(database, ALL_TENANTS, async () => undefined),
				unavailable,
				url,
			);
			await database.close();
		}
	});

	test("for which no connection is free in time is unavailable", async () => {
		const database = connectDatabase({ url: bare.appUrl, log: testLog, connections_max: 1 });
		const gate = Promise.withResolvers<void>();
		const holding = inTransaction(database, ALL_TENANTS, () => gate.promise);
		try {
			await rejects(
				inTransaction(database, ALL_TENANTS, async () => undefined),
				unavailable,
			);
		} finally {
			gate.resolve();
			await holding;
			await database.close();
		}
	});

	test("every way in which a connection is not made or is lost is unavailable", () => {
		const coded = (code: string) => Object.assign(new Error(code), { code });
		for (const code of ["ECONNREFUSED", "ECONNRESET", "ENOENT", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"]) {
			equal(isUnavailable(coded(code)), true, code);
		}
		for (const text of [
			"Connection terminated unexpectedly",
			"Connection terminated due to connection timeout",
			"timeout exceeded when trying to connect",
		]) {
			equal(isUnavailable(new Error(text)), true, text);
		}
		for (const error of [coded("ERR_ASSERTION"), new TypeError("x is not a function"), new ApiError("conflict", "No."), "a text", null]) {
			equal(isUnavailable(error), false, String(error));
		}
	});

	test("a statement that is wrong is no unavailability", async () => {
		const errors: unknown[] = [];
		for (const statement of ["select 1 / 0", "select * from keywright.nothing", "select 'x'::integer"]) {
			await inTransaction(bare.database, ALL_TENANTS, (tx) => sql.raw(statement).execute(tx)).catch((error: unknown) => errors.push(error));
		}
		equal(errors.length, 3);
		for (const error of errors) {
			ok(error instanceof pg.DatabaseError);
			equal(isUnavailable(error), false);
		}
	});

	test("a statement that takes too long is ended by PostgreSQL and unavailable", async () => {
		const slow = inTransaction(bare.database, ALL_TENANTS, async (tx) => {
			await sql`set local statement_timeout = 50`.execute(tx);
			await sql`select pg_sleep(10)`.execute(tx);
		});
		await rejects(slow, unavailable);
	});

	test("the detail of an unavailable database tells nothing of it", async () => {
		const database = connectDatabase({ url: "postgresql://nobody@127.0.0.1:1/nowhere", log: testLog });
		const failure = await inTransaction(database, ALL_TENANTS, async () => undefined).catch((error: unknown) => error);
		await database.close();
		ok(failure instanceof ApiError);
		match(failure.detail, /Try again shortly/);
		ok(!/127\.0\.0\.1|nobody|nowhere/.test(failure.detail));
	});
});
