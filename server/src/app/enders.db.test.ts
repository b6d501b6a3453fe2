import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { bareTestDatabase } from "../../testing/database.ts";
import { ENDERS, KEPT_WITHOUT_MAKER } from "./enders.ts";

/** Name pattern of columns that record an actor. */
const NAMES_A_PERSON = "(^|_)(by|caller|actor|maker|shown_to)$";

test("every column that names who made something ends with its maker, or says why not", async () => {
	const bare = await bareTestDatabase();
	const client = new pg.Client({ connectionString: bare.superuserUrl });
	await client.connect();
	try {
		const { rows } = await client.query<{ name: string }>(
			`select c.relname || '.' || a.attname as name from pg_catalog.pg_attribute a
			join pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
			where n.nspname = 'keywright' and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
			and a.attname ~ $1 order by 1`,
			[NAMES_A_PERSON],
		);
		const known = [...ENDERS.map(({ column }) => column), ...Object.keys(KEPT_WITHOUT_MAKER)].sort();
		deepEqual(rows.map(({ name }) => name).sort(), known);
	} finally {
		await client.end();
		await bare.close();
	}
});
