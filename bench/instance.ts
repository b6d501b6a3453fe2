// A populated Keywright in this process with its own embedded PostgreSQL.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, createApp } from "../server/src/app.ts";
import { systemClock } from "../server/src/core/clock.ts";
import { createLog, type Log } from "../server/src/core/log.ts";
import { AllowList, parseAllowList } from "../server/src/core/network.ts";
import { parsePeppers } from "../server/src/core/pepper.ts";
import { connectDatabase } from "../server/src/database/database.ts";
import { startEmbedded } from "../server/src/database/embedded/embedded.ts";
import { migrate } from "../server/src/database/migrate.ts";
import { APP_ROLE, ensureDatabase, OWNER_ROLE } from "../server/src/database/roles.ts";
import { type PopulationOptions, populate } from "./population.ts";

export interface Instance {
	readonly app: App;
	readonly raw_keys: readonly string[];
	/** A superuser's connection to the cluster, for the compared product. */
	readonly cluster_url: string;
	urlFor(role: string, database: string): string;
	stop(): Promise<void>;
}

export interface InstanceOptions {
	readonly keys: number;
	readonly access_log: Log | null;
	/** The trusted proxies; none by default. */
	readonly trusted_proxies?: AllowList;
	/** `AppOptions.without_notifications`. */
	readonly without_notifications?: boolean;
	/** `AppOptions.without_records`. */
	readonly without_records?: boolean;
	readonly population?: PopulationOptions;
	/** Adds routes of the benchmark before the server is ready. */
	readonly prepare?: (app: App, raw_keys: readonly string[]) => void;
}

export async function startInstance(options: InstanceOptions): Promise<Instance> {
	const data_dir = mkdtempSync(join(tmpdir(), "keywright-bench-"));
	const log = createLog({ level: "warn", brand: "kw" });
	const embedded = await startEmbedded({ data_dir, log });
	await ensureDatabase(embedded.url, "keywright");
	await migrate(embedded.urlFor(OWNER_ROLE, "keywright"));
	const peppers = parsePeppers("pepper-of-the-benchmark-0123456789-abcdef");
	const database = connectDatabase({ url: embedded.urlFor(APP_ROLE, "keywright"), log });
	const verification_database = connectDatabase({ url: embedded.urlFor(APP_ROLE, "keywright"), log, connections_max: 6 });
	const loopback = parseAllowList(["127.0.0.1"]);
	if (!(loopback instanceof AllowList)) throw new Error("impossible state: an address that is none");
	const app = await createApp({
		database,
		verification_database,
		clock: systemClock,
		log,
		access_log: options.access_log,
		version: "bench",
		public_url: "http://127.0.0.1",
		key_brand: "kw",
		peppers,
		operator_token: "operator-token-of-the-benchmark",
		uploads_dir: join(data_dir, "uploads"),
		trusted_proxies: options.trusted_proxies ?? null,
		outgoing_allowed: loopback,
		without_notifications: options.without_notifications ?? false,
		without_records: options.without_records ?? false,
		lease_seconds: 5,
		auth_failures_per_minute: 300,
		documents: false,
		single_node: true,
	});
	const { raw_keys } = await populate(embedded.urlFor("app", "keywright"), peppers, options.keys, options.population);
	options.prepare?.(app, raw_keys);
	return {
		app,
		raw_keys,
		cluster_url: embedded.url,
		urlFor: embedded.urlFor,
		async stop() {
			await app.stop();
			await verification_database.close();
			await database.close();
			await embedded.stop();
			rmSync(data_dir, { recursive: true, force: true });
		},
	};
}
