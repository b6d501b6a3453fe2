import { existsSync } from "node:fs";
import { join } from "node:path";
import { createApp } from "../app.ts";
import { findFileFault } from "../audit/checkpoints/file.ts";
import { noteKeysFrom } from "../audit/checkpoints/note.ts";
import type { Config } from "../config.ts";
import { systemClock } from "../core/clock.ts";
import { type BufferedOutput, bufferedOutput, createAccessLog, createLog, type Log } from "../core/log.ts";
import { parsePeppers } from "../core/pepper.ts";
import { generatedSecret, openDataFolder } from "../data-folder.ts";
import { connectDatabase, VERIFICATION_LIMITS } from "../database/database.ts";
import { banner } from "./banner.ts";
import { checkStart, listenFault, StartError } from "./check-start.ts";
import { openDemo } from "./demo.ts";
import { openDatabase, uploadsFolder } from "./open-database.ts";
import { existingOrNewPepper, markPepper, pepperFault } from "./pepper.ts";

/** Maximum duration of a shutdown. */
const STOP_PATIENCE_MS = 20_000;
const EXIT_FAILED = 1;

/** The dashboard's build: beside the server's own when installed, in its workspace in the repository. */
function dashboardFolder(): string {
	const installed = join(import.meta.dirname, "../dashboard");
	return existsSync(installed) ? installed : join(import.meta.dirname, "../../../dashboard/dist");
}

/** Runs the server until SIGINT or SIGTERM; a second signal exits immediately. */
export async function serve(config: Config, version: string): Promise<void> {
	const output = bufferedOutput();
	const logged = { level: config.log_level, brand: config.key_brand, output };
	const log = createLog(logged);
	await checkStart(config, true);
	const data_dir = openDataFolder(config.data_dir);
	const operator_token = config.operator_token ?? generatedSecret(data_dir, "operator_token");

	const shutdown = new Shutdown(log, output);
	const opening = openDatabase(config, data_dir, log, () => shutdown.begin("data_folder_lost"));
	// Registered before PostgreSQL is ready: a stop waits for its start and then stops it.
	shutdown.addStep(() =>
		opening.then(
			(found) => found.stop(),
			() => undefined,
		),
	);
	try {
		const opened = await opening;
		const database = connectDatabase({ url: opened.url, direct_url: opened.direct_url, log });
		shutdown.addStep(() => database.close());
		const pepper = await existingOrNewPepper(config, data_dir, database);
		if (pepper === null) throw new StartError([pepperFault(data_dir)]);
		const peppers = parsePeppers(pepper);
		const { audit_checkpoint_file } = config;
		const checkpoint_fault = audit_checkpoint_file === null ? null : await findFileFault(audit_checkpoint_file, noteKeysFrom(peppers));
		if (checkpoint_fault !== null) throw new StartError([`KEYWRIGHT_AUDIT_CHECKPOINT_FILE: ${checkpoint_fault}`]);
		const verification_database = connectDatabase({ url: opened.url, direct_url: opened.direct_url, log, ...VERIFICATION_LIMITS });
		shutdown.addStep(() => verification_database.close());
		const app = await createApp({
			...config,
			database,
			verification_database,
			clock: systemClock,
			log,
			access_log: createAccessLog(logged),
			version,
			peppers,
			operator_token,
			uploads_dir: uploadsFolder(data_dir),
			dashboard_dir: dashboardFolder(),
			single_node: opened.embedded,
		});
		shutdown.addStep(() => app.stop());
		if (opened.embedded) markPepper(data_dir);
		const address = await app.http.listen({ port: config.port, host: config.host }).catch((error: unknown) => {
			throw new StartError([listenFault(error, config)]);
		});
		const demo = config.demo ? await openDemo(app, data_dir) : null;
		log.info({ address, version, embedded: opened.embedded, migrated: opened.migrated }, "server_started");
		process.stderr.write(
			banner({
				config,
				address,
				data_dir,
				embedded: opened.embedded,
				demo,
				generated: { pepper: config.pepper === null, token: config.operator_token === null },
			}),
		);
	} catch (error) {
		// An error caused by a stop during the start is not a failure of the start.
		if (shutdown.begun) return;
		await shutdown.now();
		throw error;
	}
}

/** The shutdown steps, run in reverse order of registration when a signal arrives. */
class Shutdown {
	readonly #steps: (() => Promise<void>)[] = [];
	readonly #log: Log;
	readonly #output: BufferedOutput;
	#begun = false;

	constructor(log: Log, output: BufferedOutput) {
		this.#log = log;
		this.#output = output;
		for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => this.begin(signal));
	}

	get begun(): boolean {
		return this.#begun;
	}

	/** Adds a step that runs before all earlier ones; throws during shutdown, so that nothing more is started. */
	addStep(step: () => Promise<void>): void {
		if (this.#begun) throw new Error("the server is stopping");
		this.#steps.unshift(step);
	}

	/** False when the last lines of the log could not be written. */
	async now(): Promise<boolean> {
		for (const step of this.#steps.splice(0)) await step().catch((error: unknown) => this.#log.error({ err: error }, "stop_step_failed"));
		return this.#output.flushLast();
	}

	begin(why: string): void {
		if (this.#begun) process.exit(EXIT_FAILED);
		this.#begun = true;
		this.#log.info({ why }, "server_stopping");
		setTimeout(() => process.exit(EXIT_FAILED), STOP_PATIENCE_MS).unref();
		void this.now().then((written) => {
			// process.exit avoids a normal exit, which would block on a write that the reader never takes.
			if (!written) process.kill(process.pid, "SIGKILL");
			process.exit(why === "data_folder_lost" ? EXIT_FAILED : 0);
		});
	}
}
