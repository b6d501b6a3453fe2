import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";

const DIST = join(import.meta.dirname, "..", "dashboard", "dist");
/** The maximum of compressed script for the first page, whichever page it is. */
const FIRST_LOAD_BYTES_MAX = 250_000;
const NOT_COMPRESSED = /\.(?:woff2?|png|jpg|webp)$/;

interface Chunk {
	readonly file: string;
	readonly isEntry?: boolean;
	readonly imports?: readonly string[];
	readonly css?: readonly string[];
}

/** Guarantee: written by the build (vite.config.ts asks for it). */
function manifest(): Readonly<Record<string, Chunk>> {
	return JSON.parse(readFileSync(join(DIST, ".vite/manifest.json"), "utf8")) as Record<string, Chunk>;
}

/** The files that block a page: the entry and its static imports. */
function firstLoad(chunks: Readonly<Record<string, Chunk>>): Set<string> {
	const files = new Set<string>();
	const add = (name: string): void => {
		const chunk = chunks[name];
		if (!chunk || files.has(chunk.file)) return;
		files.add(chunk.file);
		for (const imported of chunk.imports ?? []) add(imported);
	};
	for (const [name, chunk] of Object.entries(chunks)) if (chunk.isEntry) add(name);
	return files;
}

const read = (file: string): Buffer => readFileSync(join(DIST, file));

describe("the dashboard's build", () => {
	it("loads at most 250 kB of compressed script before the first page shows", () => {
		const files = [...firstLoad(manifest())];
		assert.ok(files.length > 0, "an entry in the manifest");
		const sizes = files.map((file) => ({ file, bytes: gzipSync(read(file), { level: 9 }).length }));
		const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
		assert.ok(total <= FIRST_LOAD_BYTES_MAX, `${total} bytes: ${sizes.map(({ file, bytes }) => `${file} ${bytes}`).join(", ")}`);
	});

	it("has a compressed form of every script and style that gets smaller", () => {
		const files = new Set(Object.values(manifest()).flatMap((chunk) => [chunk.file, ...(chunk.css ?? [])]));
		for (const file of files) {
			const plain = read(file);
			if (NOT_COMPRESSED.test(file) || plain.length < 1024) continue;
			for (const end of [".br", ".gz"]) assert.ok(read(file + end).length < plain.length, `${file}${end}`);
		}
	});

	it("requests no other host: every URL in its page is an own asset or a data URL", () => {
		const page = read("index.html").toString("utf8");
		const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = ""]) => address);
		for (const address of addresses) assert.match(address, /^(?:\/assets\/|data:)/);
	});
});
