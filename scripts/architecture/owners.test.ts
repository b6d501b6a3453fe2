import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { OWNERS } from "./owners.ts";
import { admitted, refused } from "./temporary-tree.ts";

describe("owners of tables", () => {
	it("lets a module read and write its own tables, and those of others that are named", () => {
		admitted({ "server/src/keys/store.ts": 'export const q = (db: Db) => db.insertInto("keys");\n' });
		admitted({ "server/src/usage/store.ts": 'export const q = (db: Db) => db.selectFrom("keys as k");\n' });
		refused({ "server/src/usage/store.ts": 'export const q = (db: Db) => db.updateTable("keys");\n' }, /writes the table keys of module keys/);
		refused({ "server/src/documents/store.ts": 'export const q = (db: Db) => db.selectFrom("keys");\n' }, /reads the table keys of module keys/);
		refused({ "server/src/documents/store.ts": "export const q = sql`select 1 from sites join keys on true`;\n" }, /reads the table keys/);
		refused({ "server/src/usage/store.ts": "export const q = sql`update keys set name = ''`;\n" }, /writes the table keys/);
	});

	it("names an owner for every table", () => {
		const tables = readFileSync(join(import.meta.dirname, "../../server/src/database/tables.ts"), "utf8");
		const names = [...(/interface Tables \{([^}]*)\}/.exec(tables)?.[1]?.matchAll(/^\t(\w+):/gm) ?? [])].map(([, name]) => name);
		assert.ok(names.length > 40);
		assert.deepEqual(Object.keys(OWNERS).sort(), names.sort());
	});
});
