/** A real PgBouncer in transaction mode, in front of a PostgreSQL on a TCP port of this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./server.ts";

const READY_WITHIN_MS = 20_000;
const POLL_MS = 50;
/** PgBouncer refuses to run as root, so it runs as an unprivileged user. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const FOLDER_MODE = 0o755;

export interface PgBouncer {
	readonly port: number;
	stop(): Promise<void>;
}

function answers(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1", () => resolve(true));
		socket.on("error", () => resolve(false)).on("connect", () => socket.destroy());
	});
}

async function ready(child: ChildProcess, port: number): Promise<void> {
	let output = "";
	child.stderr?.on("data", (text) => {
		output += text;
	});
	const until = performance.now() + READY_WITHIN_MS;
	while (!(await answers(port))) {
		if (child.exitCode !== null || performance.now() > until) throw new Error(`PgBouncer did not start: ${output}`);
		await sleep(POLL_MS);
	}
}

/** `pools`: names of databases with how many sessions of PostgreSQL each has; all lead to `database` as the user `app`. `on_connect`: what new ones begin with. */
export async function startPgBouncer(options: {
	readonly postgres_port: number;
	readonly database: string;
	readonly pools: Readonly<Record<string, number>>;
	readonly on_connect?: Readonly<Record<string, string>>;
}): Promise<PgBouncer> {
	const folder = mkdtempSync(join(tmpdir(), "kw-bouncer-"));
	const port = await freePort();
	const databases = Object.entries(options.pools).map(([name, size]) => {
		const begin = options.on_connect?.[name];
		const query = begin === undefined ? "" : ` connect_query='${begin}'`;
		return `${name} = host=127.0.0.1 port=${options.postgres_port} user=app dbname=${options.database} pool_size=${size}${query}`;
	});
	const settings = [
		...["listen_addr = 127.0.0.1", `listen_port = ${port}`, "unix_socket_dir =", "auth_type = any", "pool_mode = transaction"],
		"ignore_startup_parameters = statement_timeout, idle_in_transaction_session_timeout",
	];
	writeFileSync(join(folder, "pgbouncer.ini"), ["[databases]", ...databases, "[pgbouncer]", ...settings, ""].join("\n"));
	chmodSync(folder, FOLDER_MODE);
	const who = process.getuid?.() === 0 ? NOBODY : {};
	const path = `${process.env.PATH}:/usr/sbin`;
	const child = spawn("pgbouncer", [join(folder, "pgbouncer.ini")], { ...who, env: { PATH: path }, stdio: ["ignore", "ignore", "pipe"] });
	async function stop(): Promise<void> {
		if (child.exitCode === null && child.kill("SIGTERM")) await once(child, "close");
		await rm(folder, { recursive: true });
	}
	try {
		await ready(child, port);
	} catch (error) {
		await stop();
		throw error;
	}
	return { port, stop };
}
