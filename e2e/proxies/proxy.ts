/** Debian's nginx, Caddy and HAProxy as processes, each with the configuration of `docs/proxies`. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { accepts, environmentWith, freePort, ROOT } from "../server.ts";

const READY_DEADLINE_MS = 20_000;
const READY_POLL_MS = 20;
const STOP_DEADLINE_MS = 5_000;

export const RECIPES = join(ROOT, "docs/proxies");
export const PROXY_NAMES = ["nginx", "caddy", "haproxy"] as const;
export type ProxyName = (typeof PROXY_NAMES)[number];

export interface Ports {
	readonly keywright: number;
	readonly app: number;
	readonly proxy: number;
}

interface Recipe {
	readonly file: string;
	/** The listen directive of the recipe, and its replacement in tests: always the loopback address. */
	readonly listen: readonly [string, (port: number) => string];
	/** Writes the proxy's further files and returns its command line. */
	start(folder: string, recipe: string): readonly [command: string, ...args: string[]];
}

const KEYWRIGHT = "127.0.0.1:8787";
const APP = "127.0.0.1:3000";
const LUA = "/etc/haproxy/keywright.lua";

function nginxMain(folder: string): string {
	const spools = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`);
	const user = process.getuid?.() === 0 ? "user root;" : "";
	return `daemon off; master_process off; ${user} pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http { access_log off; ${spools.join(" ")} include ${folder}/recipe; }
`;
}

function nginxCommand(folder: string): readonly [string, ...string[]] {
	writeFileSync(join(folder, "main"), nginxMain(folder));
	return ["nginx", "-e", join(folder, "error.log"), "-c", join(folder, "main")];
}

const RECIPE_OF: Readonly<Record<ProxyName, Recipe>> = {
	nginx: {
		file: "nginx.conf",
		listen: ["listen 8080;", (port) => `listen 127.0.0.1:${port};`],
		start: nginxCommand,
	},
	caddy: {
		file: "Caddyfile",
		listen: [":8080 {\n", (port) => `:${port} {\n\tbind 127.0.0.1\n`],
		start(folder, recipe) {
			writeFileSync(join(folder, "main"), `{\n\tadmin off\n}\n${recipe}`);
			return ["caddy", "run", "--adapter", "caddyfile", "--config", join(folder, "main")];
		},
	},
	haproxy: {
		file: "haproxy.cfg",
		listen: ["setenv KEYWRIGHT_CALLERS :8080\n", (port) => `setenv KEYWRIGHT_CALLERS 127.0.0.1:${port}\n`],
		start(folder, recipe) {
			writeFileSync(join(folder, "main"), replaceEach(recipe, "haproxy.cfg", LUA, join(RECIPES, "keywright.lua")));
			return ["haproxy", "-db", "-f", join(folder, "main")];
		},
	},
};

const COMMENT = /^\s*(#|--)/;

function replaceEach(text: string, name: string, part: string, by: string): string {
	// Comments are not replaced, as by a reader who edits the recipe by hand.
	const lines = text.split(/(?<=\n)/);
	const places = lines.filter((line) => !COMMENT.test(line) && line.includes(part)).length;
	if (places !== 1) throw new Error(`${name} of docs/proxies has ${places} places with ${JSON.stringify(part)}; a recipe has one`);
	return lines.map((line) => (COMMENT.test(line) ? line : line.replace(part, () => by))).join("");
}

/** A recipe of `docs/proxies` with its three addresses replaced by these ports. */
export function recipeWith(name: ProxyName, ports: Ports): string {
	const { file, listen } = RECIPE_OF[name];
	const [marker, written] = listen;
	let text = readFileSync(join(RECIPES, file), "utf8");
	const line = marker.replace(/\n$/, "");
	text = replaceEach(text, file, line, written(ports.proxy).replace(/\n$/, ""));
	text = replaceEach(text, file, KEYWRIGHT, `127.0.0.1:${ports.keywright}`);
	text = replaceEach(text, file, APP, `127.0.0.1:${ports.app}`);
	return text;
}

export class RunningProxy {
	readonly name: ProxyName;
	readonly port: number;
	readonly url: string;
	readonly child: ChildProcess;
	readonly #folder: string;
	readonly #ended: Promise<void>;
	output = "";

	constructor(name: ProxyName, port: number, folder: string, argv: readonly [string, ...string[]]) {
		this.name = name;
		this.port = port;
		this.url = `http://127.0.0.1:${port}`;
		this.#folder = folder;
		const [command, ...args] = argv;
		const path = `${process.env.PATH}:/usr/sbin:/sbin`;
		const env = environmentWith({ PATH: path, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder });
		this.child = spawn(command, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
		for (const stream of [this.child.stdout, this.child.stderr]) {
			stream?.setEncoding("utf8").on("data", (text: string) => {
				this.output += text;
			});
		}
		const orphaned = () => void this.child.kill("SIGKILL");
		process.once("exit", orphaned);
		this.#ended = new Promise((resolve) => {
			const done = () => {
				process.removeListener("exit", orphaned);
				resolve();
			};
			this.child.once("close", done);
			this.child.once("error", (error) => {
				this.output += error.message;
				done();
			});
		});
	}

	get running(): boolean {
		return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
	}

	async stop(): Promise<void> {
		this.child.kill("SIGTERM");
		const killer = setTimeout(() => this.child.kill("SIGKILL"), STOP_DEADLINE_MS);
		await this.#ended;
		clearTimeout(killer);
		await rm(this.#folder, { recursive: true, force: true });
	}
}

/** Waits until `proxy` accepts connections. */
async function ready(proxy: RunningProxy): Promise<RunningProxy> {
	for (const until = performance.now() + READY_DEADLINE_MS; performance.now() < until; await sleep(READY_POLL_MS)) {
		if (await accepts(proxy.port)) return proxy;
		if (!proxy.running) break;
	}
	await proxy.stop();
	throw new Error(`${proxy.name} did not come up: ${proxy.output}`);
}

/** Starts a proxy with its recipe in front of `app`, with Keywright at `keywright`. The caller must stop it. */
export async function startProxy(name: ProxyName, at: { readonly keywright: number; readonly app: number }): Promise<RunningProxy> {
	const folder = mkdtempSync(join(tmpdir(), `keywright-${name}-`));
	const port = await freePort();
	const recipe = recipeWith(name, { ...at, proxy: port });
	writeFileSync(join(folder, "recipe"), recipe);
	return ready(new RunningProxy(name, port, folder, RECIPE_OF[name].start(folder, recipe)));
}

/** Starts HAProxy with this configuration, in which `PORT` is the listening port. The caller must stop it. */
export async function startHaproxy(configuration: string): Promise<RunningProxy> {
	const folder = mkdtempSync(join(tmpdir(), "keywright-haproxy-"));
	const port = await freePort();
	writeFileSync(join(folder, "main"), configuration.replaceAll("PORT", String(port)));
	return ready(new RunningProxy("haproxy", port, folder, ["haproxy", "-db", "-f", join(folder, "main")]));
}

/** Starts nginx with this configuration, in which `PORT` is the listening port. The caller must stop it. */
export async function startNginx(configuration: string): Promise<RunningProxy> {
	const folder = mkdtempSync(join(tmpdir(), "keywright-nginx-"));
	const port = await freePort();
	writeFileSync(join(folder, "recipe"), configuration.replaceAll("PORT", String(port)));
	return ready(new RunningProxy("nginx", port, folder, nginxCommand(folder)));
}
