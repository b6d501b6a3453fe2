/** A real server process with its own data folder and port, for the end-to-end tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, type Call, send } from "./client.ts";
import { copyInitializedFolder, newDataFolder, removeDataFolder } from "./data-folder.ts";
import { bundleServer } from "./server-bundle.ts";

export const ROOT = join(import.meta.dirname, "..");
/** The server's program as a clone runs it. */
export const MAIN = join(ROOT, "server/src/main.ts");
/** The same program, quicker to load. */
const BUNDLED_MAIN = await bundleServer();
const READY_DEADLINE_MS = 60_000;
const READY_POLL_MS = 25;
const STOP_DEADLINE_MS = 30_000;

export interface StartOptions {
	/** Settings in addition to port, address and data folder. */
	readonly env?: Readonly<Record<string, string>>;
	readonly demo?: boolean;
	/** The data folder; by default a new one, whose database is already initialized. `stop` removes it, unless called with `keep_folder`. */
	readonly data_dir?: string;
	readonly port?: number;
	/** The operator token, if it is neither in the data folder nor in `env`. */
	readonly operator_token?: string;
	/** A shell line that runs before the server in the same process, such as `ulimit`. */
	readonly prelude?: string;
}

export interface Ended {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
}

/** The environment of this process without Keywright's settings, and with `env`. */
export function environmentWith(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
	const kept = Object.entries(process.env).filter(
		([name]) => !name.startsWith("KEYWRIGHT_") && name !== "NODE_OPTIONS" && name !== "NODE_TEST_CONTEXT",
	);
	return { ...Object.fromEntries(kept), ...env };
}

/** A port of the loopback address that is unused at this moment. */
export function freePort(): Promise<number> {
	const listener = createServer();
	return new Promise((resolve, reject) => {
		listener.on("error", reject);
		listener.listen(0, "127.0.0.1", () => {
			const address = listener.address();
			const port = address !== null && typeof address === "object" ? address.port : 0;
			listener.close(() => resolve(port));
		});
	});
}

/** Whether connections to the port are accepted. */
export function accepts(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ port, host: "127.0.0.1" });
		socket.once("error", () => resolve(false));
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
	});
}

const running = new Set<Program>();

/** Stops processes that a failed test has left running, so that the test file can end. */
export async function endLeftovers(): Promise<void> {
	await Promise.all([...running].map((program) => program.end()));
}

/** A process of the server's program; its output is recorded. */
export class Program {
	readonly child: ChildProcess;
	readonly ended: Promise<Ended>;
	stdout = "";
	stderr = "";

	constructor(argv: readonly string[], env: NodeJS.ProcessEnv, prelude?: string) {
		const line = `${prelude ?? ":"}; exec "$@"`;
		this.child = spawn("bash", ["-c", line, "bash", process.execPath, BUNDLED_MAIN, ...argv], { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
		this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
			this.stdout += text;
		});
		this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
			this.stderr += text;
		});
		const orphaned = () => void this.child.kill("SIGTERM");
		process.once("exit", orphaned);
		running.add(this);
		this.ended = new Promise((resolve) => {
			this.child.once("close", (code, signal) => {
				process.removeListener("exit", orphaned);
				running.delete(this);
				resolve({ code, signal });
			});
		});
	}

	get pid(): number {
		return this.child.pid ?? 0;
	}

	/** Sends `signal` and waits for the exit; kills the process at the deadline. */
	async end(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
		this.child.kill(signal);
		const killer = setTimeout(() => this.child.kill("SIGKILL"), STOP_DEADLINE_MS);
		const ended = await this.ended;
		clearTimeout(killer);
		return ended;
	}
}

/** A prelude with which the program sees `folder` as a full disk. Needs Linux, and root or user namespaces. */
export function onFullDisk(folder: string): string {
	const namespace = process.getuid?.() === 0 ? "--mount" : "--user --map-root-user --mount";
	const mount = `mount -t tmpfs -o size=4096 tmpfs "$1" && head -c 4096 /dev/zero > "$1/filling" && shift && exec "$@"`;
	return `exec unshare ${namespace} bash -c '${mount}' bash '${folder}' "$@"`;
}

/** Runs one command of the server's program to its end. */
export async function runProgram(
	argv: readonly string[],
	env: Readonly<Record<string, string>> = {},
	prelude?: string,
): Promise<Ended & { stdout: string; stderr: string }> {
	const program = new Program(argv, environmentWith(env), prelude);
	const ended = await program.ended;
	return { ...ended, stdout: program.stdout, stderr: program.stderr };
}

export class Server {
	readonly url: string;
	readonly port: number;
	readonly data_dir: string;
	readonly program: Program;
	readonly operator_token: string;
	readonly #agent = new Agent({ keepAlive: true });

	constructor(program: Program, options: { port: number; data_dir: string; operator_token: string }) {
		this.program = program;
		this.port = options.port;
		this.url = `http://127.0.0.1:${options.port}`;
		this.data_dir = options.data_dir;
		this.operator_token = options.operator_token;
	}

	get logs(): { stdout: string; stderr: string } {
		return { stdout: this.program.stdout, stderr: this.program.stderr };
	}

	send(call: Call): Promise<Answer> {
		return send(this.url, call, this.#agent);
	}

	/** A request with the operator token, below `/api/v1/operator`. */
	operator(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
		return this.send({ method, path: `/api/v1/operator${path}`, body, headers: { ...this.bearer, ...headers } });
	}

	/** A request to one tenant's management API, below `/api/v1/tenants/<tenant_id>`, with the operator token. */
	management(tenant_id: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
		return this.send({ method, path: `/api/v1/tenants/${tenant_id}${path}`, body, headers: { ...this.bearer, ...headers } });
	}

	/** A keyed request, below `/api/v1/m2m`. */
	keyed(raw_key: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
		return this.send({ method, path: `/api/v1/m2m${path}`, body, headers: { "x-api-key": raw_key, ...headers } });
	}

	verify(credential: string, body: unknown): Promise<Answer> {
		return this.send({ method: "POST", path: "/api/v1/verify", body, headers: { authorization: `Bearer ${credential}` } });
	}

	get bearer(): { authorization: string } {
		return { authorization: `Bearer ${this.operator_token}` };
	}

	/** Stops server and PostgreSQL, and removes the folder unless `keep_folder` is set. */
	async stop(options: { signal?: NodeJS.Signals; keep_folder?: boolean } = {}): Promise<Ended> {
		this.#agent.destroy();
		const ended = await this.program.end(options.signal);
		if (!options.keep_folder) await removeDataFolder(this.data_dir);
		return ended;
	}
}

async function waitReady(url: string, program: Program): Promise<void> {
	const until = performance.now() + READY_DEADLINE_MS;
	let ended: Ended | null = null;
	void program.ended.then((how) => {
		ended = how;
	});
	while (performance.now() < until) {
		const ready = program.stderr.includes("Ctrl-C stops it") ? await send(url, { method: "GET", path: "/readyz" }).catch(() => null) : null;
		if (ready?.status === 200) return;
		if (ended !== null) break;
		await sleep(READY_POLL_MS);
	}
	throw new Error(`the server did not come up: ${JSON.stringify(ended)}\n${program.stderr}\n${program.stdout.slice(-4_000)}`);
}

/** Settings that the first start stores, or with which there is no database in the folder. */
const FIRST_START = ["KEYWRIGHT_PEPPER", "KEYWRIGHT_KEY_BRAND", "KEYWRIGHT_DATABASE_URL"];

/** A new data folder on which a server was started before. */
export function newInitializedFolder(): Promise<string> {
	return copyInitializedFolder(async (data_dir) => {
		const server = await startServer({ data_dir });
		await server.stop({ keep_folder: true });
	});
}

function makeDataFolder({ env = {} }: StartOptions): Promise<string> | string {
	return FIRST_START.some((name) => name in env) ? newDataFolder() : newInitializedFolder();
}

/** Starts a server and returns when it answers. The caller must stop it. */
export async function startServer(options: StartOptions = {}): Promise<Server> {
	const data_dir = options.data_dir ?? (await makeDataFolder(options));
	const port = options.port ?? (await freePort());
	const url = `http://127.0.0.1:${port}`;
	const env = environmentWith({ KEYWRIGHT_PORT: String(port), KEYWRIGHT_PUBLIC_URL: url, KEYWRIGHT_DATA_DIR: data_dir, ...options.env });
	const program = new Program(options.demo ? ["serve", "--demo"] : ["serve"], env, options.prelude);
	try {
		await waitReady(url, program);
	} catch (error) {
		await program.end("SIGKILL");
		await removeDataFolder(data_dir);
		throw error;
	}
	const given = options.operator_token ?? options.env?.KEYWRIGHT_OPERATOR_TOKEN;
	const operator_token = given ?? readFileSync(join(data_dir, "operator_token"), "utf8").trim();
	return new Server(program, { port, data_dir, operator_token });
}
