import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Config } from "../config.ts";
import { createLog } from "../core/log.ts";
import { generatedSecret } from "../data-folder.ts";
import { connectDatabase, type Database } from "../database/database.ts";
import { isInitialised } from "../database/embedded/folder.ts";
import { hasPepper } from "../keys/secrets/pepper-check.ts";

const PEPPER_FILE = "pepper";
/** A file beside the embedded database that records that it has a pepper, since a start must know this before it opens the database. */
const MARK_FILE = "postgres.has_pepper";
const MARK_TEXT = "The database in the folder postgres has a pepper: without it (the file pepper, or KEYWRIGHT_PEPPER) no key works.\n";
const PUBLIC_FILE = 0o644;

export function isPepperMissing({ pepper, data_dir }: Pick<Config, "pepper" | "data_dir">): boolean {
	return pepper === null && !existsSync(join(data_dir, PEPPER_FILE));
}

/** The error text when a database has a pepper and the server has none. */
export function pepperFault(data_dir: string): string {
	return (
		`KEYWRIGHT_PEPPER: the database has a pepper, but this server has none (no file ${join(resolve(data_dir), PEPPER_FILE)}): restore that file from your ` +
		"backup, set KEYWRIGHT_PEPPER, or set KEYWRIGHT_DATA_DIR to the folder that has it. No new pepper was generated, because existing keys would not work with it"
	);
}

/**
 * The error text if the pepper of an existing database is missing, else null. Runs before the database is opened for serving, so it may
 * miss the error.
 */
export async function findPepperFault(config: Config): Promise<string | null> {
	if (!isPepperMissing(config)) return null;
	const { data_dir, database_url } = config;
	const has =
		database_url === null
			? isInitialised(data_dir) && existsSync(join(data_dir, MARK_FILE))
			: await askDatabase(config.database_direct_url ?? database_url, config);
	return has ? pepperFault(data_dir) : null;
}

/** Also false when the database cannot be queried: it is not migrated yet, or another check reports the error. */
async function askDatabase(url: string, { key_brand }: Pick<Config, "key_brand">): Promise<boolean> {
	const database = connectDatabase({ url, log: createLog({ level: "silent", brand: key_brand }), connections_max: 1 });
	try {
		return await hasPepper(database);
	} catch {
		return false;
	} finally {
		await database.close();
	}
}

/**
 * The pepper of the data folder; null when it is missing. Generates one only for a database that never had a pepper, because existing keys
 * would stop working.
 */
export async function existingOrNewPepper(config: Config, data_dir: string, database: Database): Promise<string | null> {
	if (config.pepper !== null) return config.pepper;
	if (isPepperMissing(config) && (await hasPepper(database))) return null;
	return generatedSecret(data_dir, PEPPER_FILE);
}

/** Records beside the embedded database that it has a pepper. */
export function markPepper(data_dir: string): void {
	const path = join(data_dir, MARK_FILE);
	if (!existsSync(path)) writeFileSync(path, MARK_TEXT, { flag: "wx", mode: PUBLIC_FILE });
}
