import type { Config } from "../config.ts";
import { createLog } from "../core/log.ts";
import { openDataFolder } from "../data-folder.ts";
import { checkStart } from "./check-start.ts";
import { openDatabase } from "./open-database.ts";

/** Migrates the database to this version's schema and exits. */
export async function migrateOnly(config: Config): Promise<void> {
	const log = createLog({ level: "warn", brand: config.key_brand });
	await checkStart(config, false);
	const opened = await openDatabase(config, openDataFolder(config.data_dir), log, () => undefined);
	await opened.stop();
	for (const name of opened.migrated) console.log(`✓ ${name}`);
	console.log(opened.migrated.length === 0 ? "✓ the database is up to date" : "✓ the database is migrated to this version");
}
