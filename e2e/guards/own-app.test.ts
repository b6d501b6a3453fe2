/** The READMEs' instructions for installing the guards in an app, run unchanged. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { CREDENTIAL, call, type Peer, RAW_KEY, startPeer } from "../../client/testing/peer.ts";
import { readSnippets } from "../../client/testing/snippets.ts";
import { ROOT } from "../server.ts";
import { createHostStarter } from "./host.ts";

const run = promisify(execFile);
const NEXT = join(ROOT, "node_modules/next/dist/bin/next");
const BUILD_DEADLINE_MS = 300_000;
const { snippets } = readSnippets(join(ROOT, "client/README.md"));
let peer: Peer;
let folder: string;
let archive: string;

before(async () => {
	peer = await startPeer();
	// Inside the repository, so that the frameworks are found; the guards are installed in the app.
	folder = await mkdtemp(join(import.meta.dirname, ".own-app-"));
	const packed = await run("npm", ["pack", "-w", "client", "--json", "--pack-destination", folder], { cwd: ROOT });
	archive = join(folder, JSON.parse(packed.stdout)[0].filename);
});
after(async () => {
	await rm(folder, { recursive: true, force: true, maxRetries: 3 });
	await peer.close();
});

/** The folder of an app with the archive installed as the README says; no registry is needed. */
async function appWith(name: string, files: Readonly<Record<string, string>>): Promise<string> {
	const app = join(folder, name);
	await mkdir(app, { recursive: true });
	await writeFile(join(app, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
	await run("npm", ["install", "--offline", "--no-audit", "--no-fund", archive], { cwd: app });
	for (const [path, text] of Object.entries(files)) {
		await mkdir(dirname(join(app, path)), { recursive: true });
		await writeFile(join(app, path), text);
	}
	return app;
}

function snippet(name: string): string {
	const found = snippets.find((one) => one.name === name);
	assert.ok(found, name);
	return found.text.replace("http://127.0.0.1:8787", peer.url);
}

async function assertGuarded(url: string): Promise<void> {
	assert.equal((await call(url)).status, 401);
	const reply = await call(url, { lines: [["X-API-Key", RAW_KEY]] });
	assert.deepEqual([reply.status, JSON.parse(reply.body)], [200, { orders_of: "Acme" }]);
}

test("the archive of npm pack guards a separate Express app", async (t) => {
	const program = snippet("express").replace(
		"app.listen(3000)",
		'const server = app.listen(0, "127.0.0.1", () => console.log("listening http://127.0.0.1:" + server.address().port))',
	);
	const app = await appWith("express-app", { "server.mjs": program });
	const installed = JSON.parse(await readFile(join(app, "node_modules/@keywright/client/package.json"), "utf8"));
	assert.equal(installed.dependencies, undefined);
	const env = { KEYWRIGHT_SERVICE_CREDENTIAL: CREDENTIAL };
	const host = await createHostStarter({ command: process.execPath, args: ["server.mjs"], cwd: app, env })(peer.url);
	t.after(() => host.close());
	await assertGuarded(`${host.url}/tenants/acme/orders`);
});

test("the archive of npm pack guards a separate Next app, which is built with cacheComponents without the credential", async (t) => {
	const config = `export default { cacheComponents: true, turbopack: { root: ${JSON.stringify(ROOT)} }, outputFileTracingRoot: ${JSON.stringify(ROOT)} };\n`;
	const paths = {
		compilerOptions: { strict: true, skipLibCheck: true, moduleResolution: "Bundler", module: "ESNext", jsx: "react-jsx", paths: { "@/*": ["./*"] } },
	};
	const always =
		'import { guard } from "@/lib/keywright";\n\nexport const GET = guard({ permission: "orders:read" }, async (_request, _context, keywright) => Response.json({ orders_of: keywright.tenant.name }));\n';
	const files: Record<string, string> = { "next.config.mjs": config, "tsconfig.json": JSON.stringify(paths), "app/always/route.ts": always };
	for (const { name } of snippets.filter(({ name }) => name.startsWith("next "))) files[name.slice("next ".length)] = snippet(name);
	const app = await appWith("next-app", files);
	const quiet = { NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" } as const;
	await run(process.execPath, [NEXT, "build"], { cwd: app, env: { ...process.env, ...quiet }, timeout: BUILD_DEADLINE_MS });
	const args = [NEXT, "start", "--port", "0", "--hostname", "127.0.0.1"];
	const env = { ...quiet, KEYWRIGHT_SERVICE_CREDENTIAL: CREDENTIAL };
	const host = await createHostStarter({ command: process.execPath, args, cwd: app, env, listening_line: /(http:\/\/127\.0\.0\.1:\d+)/ })(peer.url);
	t.after(() => host.close());
	await assertGuarded(`${host.url}/readme/tenants/acme/orders`);
	await assertGuarded(`${host.url}/always`);
});
