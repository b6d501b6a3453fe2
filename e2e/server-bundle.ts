/** The server's program in a few files: loading them costs a start a third of the CPU time of its several hundred sources and their packages. */
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const ROOT = join(import.meta.dirname, "..");
const SOURCES = join(ROOT, "server/src");
const BUNDLES = join(ROOT, "node_modules/.cache/keywright-server");
/** CommonJS: as modules, the imports of Node's own parts would load all of them, `fetch` included. */
const PROGRAM = "main.cjs";

/** A digest of all that a bundle is made of, and of the place that it finds its files by. */
function digestSources(): string {
	const hash = createHash("sha256").update(SOURCES);
	const sources = globSync("**/*.{ts,cjs}", { cwd: SOURCES, exclude: ["**/*.test.ts"] }).sort();
	const files = [...sources.map((source) => join(SOURCES, source)), join(ROOT, "package-lock.json"), import.meta.filename];
	for (const file of files) hash.update(file).update(readFileSync(file));
	return hash.digest("hex").slice(0, 16);
}

/** Lets a source find the files beside it, such as migrations, and packages when it runs from the bundle. */
function keepPlace(code: string, file: string): string {
	if (!file.startsWith(SOURCES)) return code;
	const places = {
		"import.meta.dirname": JSON.stringify(dirname(file)),
		"import.meta.url": JSON.stringify(pathToFileURL(file).href),
		"import.meta.resolve": '((name) => require("node:url").pathToFileURL(require.resolve(name)).href)',
	};
	return Object.entries(places).reduce((text, [name, place]) => text.replaceAll(name, place), code);
}

/** Only without spaces and comments: names stay as they are in stack traces. */
const SMALLER = { compress: false, mangle: false, codegen: true } as const;

async function build(folder: string): Promise<void> {
	const { rolldown } = await import("rolldown");
	const input = { main: join(SOURCES, "main.cjs") };
	const bundle = await rolldown({ input, platform: "node", cwd: join(ROOT, "server"), plugins: [{ name: "places", transform: keepPlace }] });
	await bundle.write({ dir: folder, format: "cjs", entryFileNames: PROGRAM, chunkFileNames: "[name]-[hash].cjs", minify: SMALLER });
	await bundle.close();
}

/** The path of the bundled program; builds it once for each state of the sources. */
export async function bundleServer(): Promise<string> {
	const bundle = join(BUNDLES, digestSources());
	if (!existsSync(bundle)) {
		const fresh = `${bundle}.${process.pid}`;
		await build(fresh);
		// Another test file may have been faster.
		await rename(fresh, bundle).catch(() => rm(fresh, { recursive: true }));
	}
	return join(bundle, PROGRAM);
}
