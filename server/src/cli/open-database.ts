import { join } from "node:path";
import type { Config } from "../config.ts";
import type { Log } from "../core/log.ts";
import { AlreadyRunning, startEmbedded } from "../database/embedded/embedded.ts";
import { runningEmbedded } from "../database/embedded/start-or-adopt.ts";
import { migrate } from "../database/migrate.ts";
import { APP_ROLE, ensureDatabase, OWNER_ROLE } from "../database/roles.ts";
import { checkSessions } from "./check-start.ts";

const DATABASE_NAME = "keywright";

export interface OpenedDatabase {
	readonly url: string;
	readonly direct_url: string;
	readonly embedded: boolean;
	/** Names of the applied migrations. */
	readonly migrated: readonly string[];
	stop(): Promise<void>;
}

/** Opens the configured PostgreSQL, or the embedded one in `data_dir`, and migrates it. `onLost`: another process has taken over the folder. */
export async function openDatabase(config: Config, data_dir: string, log: Log, onLost: () => void): Promise<OpenedDatabase> {
	if (config.database_url !== null) {
		const direct_url = config.database_direct_url ?? config.database_url;
		const migrated = await migrate(direct_url);
		await checkSessions(config.database_url, direct_url);
		return { url: config.database_url, direct_url, embedded: false, migrated, stop: async () => undefined };
	}
	const embedded = await startEmbedded({ data_dir, log, onLost });
	try {
		await ensureDatabase(embedded.url, DATABASE_NAME);
		const migrated = await migrate(embedded.urlFor(OWNER_ROLE, DATABASE_NAME));
		const url = embedded.urlFor(APP_ROLE, DATABASE_NAME);
		return { url, direct_url: url, embedded: true, migrated, stop: () => embedded.stop() };
	} catch (error) {
		await embedded.stop();
		throw error;
	}
}

/** The same for a command beside a server: uses the socket of a running embedded database and leaves it running. */
export async function openBeside(config: Config, data_dir: string, log: Log, onLost: () => void): Promise<OpenedDatabase> {
	try {
		return await openDatabase(config, data_dir, log, onLost);
	} catch (error) {
		const running = error instanceof AlreadyRunning ? await runningEmbedded(data_dir) : null;
		if (running === null) throw error;
		const migrated = await migrate(running.urlFor(OWNER_ROLE, DATABASE_NAME));
		const url = running.urlFor(APP_ROLE, DATABASE_NAME);
		return { url, direct_url: url, embedded: true, migrated, stop: async () => undefined };
	}
}

export function uploadsFolder(data_dir: string): string {
	return join(data_dir, "uploads");
}
