import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { auditKeysFrom } from "../audit/entry.ts";
import type { Config } from "../config.ts";
import { systemClock } from "../core/clock.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { createLog, type Log } from "../core/log.ts";
import { type Peppers, parsePeppers } from "../core/pepper.ts";
import { newRequestId } from "../core/request-id.ts";
import { openDataFolder } from "../data-folder.ts";
import { connectDatabase, type Database } from "../database/database.ts";
import type { KeysContext } from "../keys/context.ts";
import { Node } from "../nodes/node.ts";
import { checkStart } from "./check-start.ts";
import { openBeside } from "./open-database.ts";

/** The resources of a command that runs beside servers. Call `close` at the end. */
export interface CommandResources {
	readonly database: Database;
	readonly log: Log;
	/** A context whose changes wait until no server uses the previous state. */
	context(name: string, peppers: Peppers): KeysContext;
	close(): Promise<void>;
}

/** The servers' peppers; a command never generates one. Throws an Error with instructions. */
export function existingPeppers(config: Config): Peppers {
	const file = join(config.data_dir, "pepper");
	if (config.pepper === null && !existsSync(file))
		throw new Error(`there is no pepper (no file ${file}): set KEYWRIGHT_PEPPER, or KEYWRIGHT_DATA_DIR, to the value that the server uses`);
	return parsePeppers(config.pepper ?? readFileSync(file, "utf8"));
}

/** Opens the database of `config`, also while a server uses it. Warnings go to standard error. */
export async function openBesideServers(config: Config, version: string): Promise<CommandResources> {
	const log = createLog({ level: "warn", brand: config.key_brand, output: { write: (text) => void process.stderr.write(text) } });
	await checkStart(config, false);
	const opened = await openBeside(config, openDataFolder(config.data_dir), log, () => undefined);
	const database = connectDatabase({ url: opened.url, direct_url: opened.direct_url, log });
	// Never started: without a lease, no node waits for it, but it waits for all other nodes.
	const node = new Node({ database, clock: systemClock, log, lease_seconds: config.lease_seconds, version, single_node: false });
	return {
		database,
		log,
		context: (name, peppers) => ({
			actor: { kind: "system", name },
			scope: ALL_TENANTS,
			request_id: newRequestId(),
			idempotency_key: null,
			clock: systemClock,
			log,
			database,
			node,
			audit_keys: auditKeysFrom(peppers),
			peppers,
			key_brand: config.key_brand,
		}),
		async close() {
			await node.stop();
			await database.close();
			await opened.stop();
		},
	};
}
