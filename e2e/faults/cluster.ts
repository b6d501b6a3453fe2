/** A separate PostgreSQL with several servers, like a deployment on several machines. */
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../../server/src/core/log.ts";
import { type Embedded, startEmbedded } from "../../server/src/database/embedded/embedded.ts";
import { ensureDatabase } from "../../server/src/database/roles.ts";
import { type Server, startServer } from "../server.ts";
import type { Relay } from "./relay.ts";

const DATABASE = "keywright";
const SUPERUSER = "app";
const running = new Set<Cluster>();

/** Stops every cluster that a scenario has left running. */
export async function stopClusters(): Promise<void> {
	await Promise.all([...running].map((cluster) => cluster.stop()));
}

export class Cluster {
	readonly #embedded: Embedded;
	readonly #data_dir: string;
	readonly #pepper = randomBytes(32).toString("hex");
	readonly #nodes: Server[] = [];
	readonly operator_token = randomBytes(24).toString("hex");

	private constructor(embedded: Embedded, data_dir: string) {
		this.#embedded = embedded;
		this.#data_dir = data_dir;
	}

	static async start(): Promise<Cluster> {
		const data_dir = mkdtempSync(join(tmpdir(), "kw-faults-"));
		const embedded = await startEmbedded({ data_dir, log: createLog({ level: "fatal", brand: "kw" }) });
		const cluster = new Cluster(embedded, data_dir);
		running.add(cluster);
		await ensureDatabase(embedded.url, DATABASE);
		return cluster;
	}

	/** A superuser's connection, which bypasses row-level security. */
	get url(): string {
		return this.#embedded.urlFor(SUPERUSER, DATABASE);
	}

	get socket_path(): string {
		const { searchParams } = new URL(this.url.replace("@/", "@localhost/"));
		return `${searchParams.get("host")}/.s.PGSQL.${searchParams.get("port")}`;
	}

	/** Starts another server; `relay` is its connection to the database. */
	async startNode(options: { lease_seconds: number; relay?: Relay }): Promise<Server> {
		const url = options.relay ? `postgresql://${SUPERUSER}@127.0.0.1:${options.relay.port}/${DATABASE}?sslmode=disable` : this.url;
		const node = await startServer({
			env: {
				KEYWRIGHT_DATABASE_URL: url,
				KEYWRIGHT_PEPPER: this.#pepper,
				KEYWRIGHT_OPERATOR_TOKEN: this.operator_token,
				KEYWRIGHT_LEASE_SECONDS: String(options.lease_seconds),
				KEYWRIGHT_LOG_LEVEL: "silent",
			},
		});
		this.#nodes.push(node);
		return node;
	}

	async stop(): Promise<void> {
		if (!running.delete(this)) return;
		await Promise.all(this.#nodes.map((node) => node.stop()));
		await this.#embedded.stop();
		await rm(this.#data_dir, { recursive: true, force: true, maxRetries: 5 });
	}
}
