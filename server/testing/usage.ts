import pg from "pg";
import { type Clock, systemClock } from "../src/core/clock.ts";
import type { DatabaseContext } from "../src/database/database.ts";
import { aggregateUsage } from "../src/usage/aggregate.ts";
import { type BareTestDatabase, bareTestDatabase, testLog } from "./database.ts";

export interface UsageTestDatabase extends BareTestDatabase {
	/** Queries without row-level security; flushed counts are aggregated before a `select`. */
	query<R extends pg.QueryResultRow = pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>;
	contextFor(scope: string, clock?: Clock): DatabaseContext;
}

/** A database with the tenants `a` and `b`, each with `keys` keys `<tenant>_key_<i>` that have one secret `<tenant>_kid_<i>`. */
export async function usageTestDatabase(keys = 3): Promise<UsageTestDatabase> {
	const bare = await bareTestDatabase();
	const client = new pg.Client({ connectionString: bare.superuserUrl });
	client.on("error", () => undefined);
	await client.connect();
	await client.query("set search_path = keywright");
	await client.query("insert into plans (id, name, capabilities, rate_limits, limits) values ('plan', 'Plan', '{m2m_api}', '[]', '{}')");
	for (const tenant of ["a", "b"]) {
		await client.query("insert into tenants (id, name, plan_id) values ($1, $1, 'plan')", [tenant]);
		await client.query(
			`insert into keys (tenant_id, id, name, environment, owner, permissions, created_by)
			select $1, $1 || '_key_' || i, 'Key ' || i, 'prod', '{"name":"Owner"}', '{}', '{}' from generate_series(0, $2::integer - 1) as i`,
			[tenant, keys],
		);
		await client.query(
			`insert into secrets (kid, tenant_id, key_id, mac, mac_version, pepper_id, last4)
			select $1 || '_kid_' || i, $1, $1 || '_key_' || i, '', 1, 'pepper', 'abcd' from generate_series(0, $2::integer - 1) as i`,
			[tenant, keys],
		);
	}
	return {
		...bare,
		async query<R extends pg.QueryResultRow>(text: string, values?: unknown[]) {
			if (text.startsWith("select")) await aggregateUsage({ database: bare.database, log: testLog });
			return (await client.query<R>(text, values)).rows;
		},
		contextFor: (scope, clock = systemClock) => ({
			actor: { kind: "operator", name: "test" },
			scope,
			request_id: "req_test",
			idempotency_key: null,
			clock,
			log: testLog,
			database: bare.database,
		}),
		async close() {
			await client.end();
			await bare.close();
		},
	};
}
