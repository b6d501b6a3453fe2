import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

const SCRIPT = join(import.meta.dirname, "prepare.mjs");
const COMPILER = join(import.meta.dirname, "..", "node_modules", "typescript");
const BUNDLER = join(import.meta.dirname, "..", "node_modules", "vite");

/** A fake npm, so that tests need no registry: writes the result of `npm ci`, and a log line per call. */
const NPM = `
const fs = require("fs");
fs.appendFileSync("npm-calls", process.argv.slice(2).join(" ") + "\\n");
if (fs.existsSync("npm-fails")) { console.log("the registry said no"); process.exit(1); }
setTimeout(() => {
	fs.rmSync("node_modules", { recursive: true, force: true });
	fs.mkdirSync("node_modules/node/bin", { recursive: true });
	fs.symlinkSync(${JSON.stringify(process.execPath)}, "node_modules/node/bin/node");
	fs.symlinkSync(${JSON.stringify(COMPILER)}, "node_modules/typescript");
	fs.symlinkSync(${JSON.stringify(BUNDLER)}, "node_modules/vite");
	fs.copyFileSync("package-lock.json", "node_modules/.package-lock.json");
}, 300);
`;

let root: string;

function put(path: string, text: string): void {
	mkdirSync(dirname(join(root, path)), { recursive: true });
	writeFileSync(join(root, path), text);
}

function putLock(version: string): void {
	const packages = { "": {}, "node_modules/a": { version, integrity: `sha512-${version}` }, "node_modules/b": { version, optional: true } };
	put("package-lock.json", JSON.stringify({ packages }));
}

const read = (name: string): Buffer => readFileSync(join(root, "dashboard/dist/assets", name));
const scripts = (): string[] => readdirSync(join(root, "dashboard/dist/assets")).filter((name) => name.endsWith(".js"));

function npmCalls(): number {
	return existsSync(join(root, "npm-calls")) ? readFileSync(join(root, "npm-calls"), "utf8").trim().split("\n").length : 0;
}

const environment = () => ({ ...process.env, npm_execpath: join(root, "npm.cjs") });

function prepare(): { status: number | null; stdout: string; stderr: string } {
	const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, root], { encoding: "utf8", env: environment() });
	return { status, stdout, stderr };
}

const SILENT = { status: 0, stdout: "", stderr: "" };

describe("prepare", () => {
	beforeEach(() => {
		root = mkdtempSync(join(tmpdir(), "kw-prepare-"));
		put("npm.cjs", NPM);
		putLock("1.0.0");
	});
	afterEach(() => rmSync(root, { recursive: true, force: true }));

	it("links the command of a workspace that npm has not linked, once", () => {
		prepare();
		const packages = { "": {}, tool: { bin: { tool: "tool.cjs", later: "later.cjs" } } };
		put("package-lock.json", JSON.stringify({ packages }));
		put("node_modules/.package-lock.json", JSON.stringify({ packages }));
		put("node_modules/.bin/other", "");
		put("tool/tool.cjs", "console.log('the tool');");
		for (let round = 0; round < 2; round += 1) {
			assert.equal(prepare().status, 0);
			assert.deepEqual(readdirSync(join(root, "node_modules/.bin")), ["other", "tool"]);
		}
		assert.equal(spawnSync(process.execPath, [join(root, "node_modules/.bin/tool")], { encoding: "utf8" }).stdout, "the tool\n");
	});

	it("installs on a fresh clone, says so in one line, and then is silent", () => {
		const first = prepare();
		assert.equal(first.status, 0, first.stderr);
		assert.match(first.stdout, /^prepare: installed the packages of package-lock\.json \(npm ci, \d+\.\d s\)\n$/);
		assert.deepEqual(prepare(), SILENT);
		assert.equal(npmCalls(), 1);
		assert.equal(existsSync(join(root, ".prepare-lock")), false);
	});

	it("installs again if the lock file changes, unless npm has already installed it", () => {
		prepare();
		putLock("2.0.0");
		assert.match(prepare().stdout, /installed/);
		assert.equal(npmCalls(), 2);
		putLock("3.0.0");
		put("node_modules/.package-lock.json", JSON.stringify({ packages: { "node_modules/a": { version: "3.0.0", integrity: "sha512-3.0.0" } } }));
		assert.deepEqual(prepare(), SILENT);
		assert.equal(npmCalls(), 2);
	});

	it("installs when the pinned Node is gone", () => {
		prepare();
		rmSync(join(root, "node_modules/node"), { recursive: true });
		assert.match(prepare().stdout, /installed/);
	});

	it("if npm fails, shows its output, fails and leaves no lock", () => {
		put("npm-fails", "");
		const { status, stdout, stderr } = prepare();
		assert.equal(status, 1);
		assert.equal(stdout, "");
		assert.match(stderr, /the registry said no\n.*npm\.cjs ci .* failed \(1\)/s);
		assert.deepEqual(readdirSync(root).sort(), ["npm-calls", "npm-fails", "npm.cjs", "package-lock.json"]);
	});

	it("installs once when two run at the same time", async () => {
		const runs = [1, 2].map(
			() =>
				new Promise<number | null>((resolve) => {
					spawn(process.execPath, [SCRIPT, root], { stdio: "ignore", env: environment() }).on("close", resolve);
				}),
		);
		assert.deepEqual(await Promise.all(runs), [0, 0]);
		assert.equal(npmCalls(), 1);
		assert.deepEqual(readdirSync(root).sort(), ["node_modules", "npm-calls", "npm.cjs", "package-lock.json"]);
	});

	it("takes over the lock of a dead process, and waits for a live one", () => {
		const dead = spawnSync(process.execPath, ["-e", ""]).pid;
		mkdirSync(join(root, ".prepare-lock", String(dead)), { recursive: true });
		assert.match(prepare().stdout, /^prepare: installed/);
		putLock("2.0.0");
		mkdirSync(join(root, ".prepare-lock", String(process.pid)), { recursive: true });
		const waiting = spawnSync(process.execPath, [SCRIPT, root], { encoding: "utf8", env: environment(), timeout: 1000 });
		assert.equal(waiting.stdout, `prepare: waiting for another prepare (process ${process.pid})\n`);
		assert.equal(npmCalls(), 1);
	});

	it("builds the client atomically if a source changes, and nothing without sources", () => {
		prepare();
		put("tsconfig.json", "{}");
		put("client/package.json", '{ "type": "module" }');
		put("client/tsconfig.build.json", '{ "compilerOptions": { "rootDir": "src", "types": [], "skipLibCheck": true }, "include": ["src"] }');
		assert.deepEqual(prepare(), SILENT);
		put("client/src/index.ts", "export const a: number = 1;\n");
		assert.match(prepare().stdout, /^prepare: built client\/dist \(\d+\.\d s\)\n$/);
		assert.match(readFileSync(join(root, "client/dist/index.js"), "utf8"), /a = 1/);
		assert.deepEqual(prepare(), SILENT);
		put("client/src/index.ts", "export const a: number = '2';\n");
		const broken = prepare();
		assert.equal(broken.status, 1);
		assert.match(broken.stderr, /index\.ts\(1,14\): error TS2322/);
		assert.match(readFileSync(join(root, "client/dist/index.js"), "utf8"), /a = 1/);
		put("client/src/index.ts", "export const a: number = 2;\n");
		put("client/src/index.test.ts", "a test is not built\n");
		put("client/tsconfig.build.json", '{ "compilerOptions": { "rootDir": "src", "types": [], "skipLibCheck": true }, "files": ["src/index.ts"] }');
		assert.match(prepare().stdout, /built/);
		put("client/src/index.test.ts", "and no reason to build\n");
		assert.deepEqual(prepare(), SILENT);
	});

	it("builds the dashboard atomically if its sources, page or settings change, with compressed forms of the files that get smaller", () => {
		prepare();
		put("tsconfig.json", "{}");
		put("dashboard/package.json", '{ "type": "module" }');
		put("dashboard/tsconfig.json", "{}");
		put("dashboard/vite.config.ts", "export default { build: { manifest: true } };\n");
		put("dashboard/index.html", '<!doctype html><div id="root"></div><script type="module" src="/src/main.tsx"></script>\n');
		put("dashboard/src/http/openapi.gen.ts", "export const PATH = '/one';\n");
		assert.deepEqual(prepare(), SILENT);
		const long = `import { PATH } from "./http/openapi.gen.ts";\ndocument.title = PATH + ${JSON.stringify("long ".repeat(1_000))};\n`;
		put("dashboard/src/main.tsx", long);
		assert.match(prepare().stdout, /^prepare: built dashboard\/dist \(\d+\.\d s\)\n$/);
		const [first] = scripts();
		assert.ok(first && read(first).includes("/one"));
		assert.equal(brotliDecompressSync(read(`${first}.br`)).toString(), read(first).toString());
		assert.equal(gunzipSync(read(`${first}.gz`)).toString(), read(first).toString());
		assert.match(readFileSync(join(root, "dashboard/dist/index.html"), "utf8"), new RegExp(`/assets/${first}`));
		assert.deepEqual(prepare(), SILENT);
		put("dashboard/src/http/openapi.gen.ts", "export const PATH = '/two';\n");
		assert.match(prepare().stdout, /built dashboard/);
		assert.equal(scripts().length, 1, "nothing is left of the build before");
		assert.ok(read(scripts()[0] ?? "").includes("/two"));
		put("dashboard/src/main.tsx", "import './nothing.ts';\n");
		const broken = prepare();
		assert.equal(broken.status, 1);
		assert.match(broken.stderr, /nothing\.ts/);
		assert.ok(read(scripts()[0] ?? "").includes("/two"));
		put("dashboard/src/main.tsx", long);
		put("dashboard/src/main.test.tsx", "a test is no reason to build\n");
		assert.deepEqual(prepare(), SILENT);
	});
});
