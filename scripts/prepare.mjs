// Prepares a clone: installs the packages of the lock file and builds the workspaces that are used in built form.
// Called before start, dev, test, check and the rest. Runs on whatever Node the machine has (12 or later): no dependency, no newer syntax.
// Usage: node prepare.mjs [root folder]; silent when there is nothing to do, one line per thing it does.
import { spawn } from "child_process";
import { createHash } from "crypto";
import fs from "fs";
import path from "path";
import { fileURLToPath } from "url";
import { promisify } from "util";
import zlib from "zlib";
import { linkCommands } from "./prepare-commands.mjs";
import { removeTree, takeLock } from "./prepare-lock.mjs";

const OUTPUT_BYTES_MAX = 1024 * 1024;
const DEPTH_MAX = 20;
/** The file types worth compressing; others are already compressed. */
const COMPRESSED = /\.(?:js|css|svg|json|txt)$/;
const COMPRESSED_BYTES_LEAST = 1024;

const root = path.resolve(process.argv[2] || path.join(path.dirname(fileURLToPath(import.meta.url)), ".."));
const modules = path.join(root, "node_modules");
const pinnedNode = path.join(modules, "node", "bin", "node");

/**
 * The workspaces that are used in built form, each built from `src` into `dist`. `entry`: without it there is nothing to build. `reads`: files besides
 * `src` that the build depends on. `make` writes the build into the folder `fresh`.
 */
const BUILDS = [
	{
		name: "client",
		entry: "src",
		reads: ["package.json", "tsconfig.build.json"],
		make: (fresh) =>
			run(pinnedNode, [path.join(modules, "typescript", "bin", "tsc"), "-p", path.join("client", "tsconfig.build.json"), "--outDir", fresh]),
	},
	{
		name: "dashboard",
		entry: "src/main.tsx",
		reads: ["package.json", "tsconfig.json", "vite.config.ts", "index.html"],
		async make(fresh) {
			const vite = path.join(modules, "vite", "bin", "vite.js");
			await run(pinnedNode, [vite, "build", "dashboard", "--outDir", fresh, "--emptyOutDir", "--logLevel", "warn"]);
			await compress(path.join(fresh, "assets"));
		},
	},
];

function readText(file) {
	try {
		return fs.readFileSync(file, "utf8");
	} catch (error) {
		if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
		throw error;
	}
}

function digest(parts) {
	const hash = createHash("sha256");
	for (const part of parts) hash.update(String(part.length)).update(":").update(part);
	return hash.digest("hex");
}

function stampFile(name) {
	return path.join(modules, name === "install" ? ".keywright-stamp" : `.keywright-stamp-${name}`);
}

function installDigest() {
	return digest([readText(path.join(root, "package-lock.json")) || ""]);
}

/** Whether node_modules matches the lock file; optional packages of other platforms may be absent. */
function installedAsLocked() {
	const hidden = readText(path.join(modules, ".package-lock.json"));
	const locked = readText(path.join(root, "package-lock.json"));
	if (hidden === null || locked === null) return false;
	const have = JSON.parse(hidden).packages;
	const want = JSON.parse(locked).packages;
	for (const name of Object.keys(want)) {
		if (name === "") continue;
		const wanted = want[name];
		const found = have[name];
		if (!found) {
			if (wanted.optional || wanted.devOptional || wanted.peer) continue;
			return false;
		}
		if (found.version !== wanted.version || found.integrity !== wanted.integrity || Boolean(found.link) !== Boolean(wanted.link)) return false;
	}
	return Object.keys(have).every((name) => want[name] !== undefined);
}

function needsInstall() {
	if (!fs.existsSync(pinnedNode)) return true;
	if (readText(stampFile("install")) === installDigest()) return false;
	if (!installedAsLocked()) return true;
	fs.writeFileSync(stampFile("install"), installDigest());
	return false;
}

/** The files below `directory` except tests, sorted. */
function sourcesOf(directory, depth) {
	if (depth === 0 || !fs.existsSync(directory)) return [];
	const found = [];
	for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
		const file = path.join(directory, entry.name);
		if (entry.isDirectory()) found.push(...sourcesOf(file, depth - 1));
		else if (!/\.test\.tsx?$/.test(entry.name)) found.push(file);
	}
	return found.sort();
}

/** A digest of everything a build reads, or null when there is nothing to build yet. Contents, not times: a checkout moves times. */
function buildDigest(target) {
	const directory = path.join(root, target.name);
	const sources = sourcesOf(path.join(directory, "src"), DEPTH_MAX);
	if (sources.length === 0 || !fs.existsSync(path.join(directory, target.entry))) return null;
	const inputs = sources.concat(
		target.reads.map((file) => path.join(directory, file)),
		path.join(root, "tsconfig.json"),
	);
	return digest([installDigest()].concat(...inputs.map((file) => [path.relative(root, file), readText(file) || ""])));
}

function needsBuild(target) {
	const wanted = buildDigest(target);
	if (wanted === null) return false;
	return !fs.existsSync(path.join(root, target.name, "dist")) || readText(stampFile(target.name)) !== wanted;
}

function needsAnything() {
	return needsInstall() || BUILDS.some(needsBuild);
}

let running = null;

/** Runs a command; its output is shown only if it fails. */
function run(command, args) {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
		running = child;
		let output = "";
		const collect = (chunk) => {
			output = (output + chunk).slice(-OUTPUT_BYTES_MAX);
		};
		child.stdout.on("data", collect);
		child.stderr.on("data", collect);
		child.on("error", (error) => reject(new Error(`${command} cannot be run: ${error.message}`)));
		child.on("close", (code, signal) => {
			running = null;
			if (code === 0) resolve();
			else reject(new Error(`${output}prepare: ${path.basename(command)} ${args.join(" ")} failed (${code === null ? signal : code})`));
		});
	});
}

function say(text) {
	process.stdout.write(`prepare: ${text}\n`);
}

function seconds(since) {
	return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

async function install() {
	const began = Date.now();
	const wanted = installDigest();
	removeTree(stampFile("install"));
	const args = ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund"];
	const npm = process.env.npm_execpath;
	if (npm && /\.c?js$/.test(npm)) await run(process.execPath, [npm].concat(args));
	else await run("npm", args);
	if (!fs.existsSync(pinnedNode)) {
		throw new Error(
			"prepare: npm installed no Node into node_modules/node. Allow npm to run install scripts (npm config set ignore-scripts false), then try again.",
		);
	}
	fs.writeFileSync(stampFile("install"), wanted);
	say(`installed the packages of package-lock.json (npm ci, ${seconds(began)})`);
}

/** Writes a Brotli and a gzip form beside every file of `directory` that gets smaller, for the server to send. */
async function compress(directory) {
	const names = (fs.existsSync(directory) ? fs.readdirSync(directory) : []).filter((name) => COMPRESSED.test(name));
	await Promise.all(
		names.map(async (name) => {
			const file = path.join(directory, name);
			const plain = fs.readFileSync(file);
			if (plain.length < COMPRESSED_BYTES_LEAST) return;
			const brotli = await promisify(zlib.brotliCompress)(plain, { params: { [zlib.constants.BROTLI_PARAM_SIZE_HINT]: plain.length } });
			const gzip = await promisify(zlib.gzip)(plain, { level: 9 });
			if (brotli.length < plain.length) fs.writeFileSync(`${file}.br`, brotli);
			if (gzip.length < plain.length) fs.writeFileSync(`${file}.gz`, gzip);
		}),
	);
}

/** Builds into a temporary folder and renames it, so that no process reads a partly written `dist`. */
async function build(target) {
	const began = Date.now();
	const wanted = buildDigest(target);
	const fresh = path.join(modules, `.keywright-build-${target.name}`);
	const dist = path.join(root, target.name, "dist");
	const old = `${fresh}-old`;
	removeTree(fresh);
	removeTree(old);
	await target.make(fresh);
	if (fs.existsSync(dist)) fs.renameSync(dist, old);
	fs.renameSync(fresh, dist);
	removeTree(old);
	fs.writeFileSync(stampFile(target.name), wanted);
	say(`built ${target.name}/dist (${seconds(began)})`);
}

async function prepare() {
	linkCommands(root);
	if (!needsAnything()) return;
	const release = await takeLock(path.join(root, ".prepare-lock"), (owner) => say(`waiting for another prepare (process ${owner})`));
	const interrupted = () => {
		if (running) running.kill();
		release();
		process.exit(130);
	};
	process.on("SIGINT", interrupted);
	process.on("SIGTERM", interrupted);
	try {
		if (needsInstall()) await install();
		linkCommands(root);
		for (const target of BUILDS) if (needsBuild(target)) await build(target);
	} finally {
		release();
	}
}

prepare().catch((error) => {
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 1;
});
