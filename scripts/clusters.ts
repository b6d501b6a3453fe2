// The PostgreSQL servers that database tests run on: each test makes its own database on one of them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../server/src/core/log.ts";
import { startEmbedded } from "../server/src/database/embedded/embedded.ts";

export interface Cluster {
	/** A superuser's connection. */
	url: string;
	stop(): Promise<void>;
}

/**
 * Two files at a time open a database for each test and several nodes on it: more connections than an instance needs. What survives a crash is
 * tested on clusters of their own, so this one does not wait for the disk.
 */
const SETTINGS = { max_connections: "200", fsync: "off", full_page_writes: "off" };

/** The server that comes with Keywright, on a data folder of its own. */
export async function startEmbeddedCluster(): Promise<Cluster> {
	const data_dir = await mkdtemp(join(tmpdir(), "kw-test-"));
	const log = createLog({ level: "error", brand: "kw" });
	try {
		const embedded = await startEmbedded({ data_dir, log, settings: SETTINGS });
		return {
			url: embedded.url,
			async stop() {
				await embedded.stop();
				await rm(data_dir, { recursive: true, force: true });
			},
		};
	} catch (error) {
		await rm(data_dir, { recursive: true, force: true });
		throw error;
	}
}
