import { equal } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { renderTables } from "../../../scripts/generate-tables.ts";
import { bareTestDatabase } from "../../testing/database.ts";

test("the row types are those of the migrated database", async () => {
	const bare = await bareTestDatabase();
	try {
		const written = await readFile(join(import.meta.dirname, "tables.ts"), "utf8");
		equal(written, await renderTables(bare.ownerUrl), "run: npm run generate -- --tables");
	} finally {
		await bare.close();
	}
});
