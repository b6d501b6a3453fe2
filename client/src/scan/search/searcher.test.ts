import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { escapeAll, makeKey, publicPartsOf, randomFrom, randomText } from "../../../testing/scan/keys.ts";
import { numberLines } from "./lines.ts";
import { Searcher } from "./searcher.ts";

const WINDOW_BYTES = 1024 * 1024;
const random = randomFrom(11);

async function search(content: Buffer, part = 100_000) {
	const searcher = new Searcher([]);
	for (let at = 0; at < content.length; at += part) searcher.push(content.subarray(at, at + part));
	const { found } = searcher.end();
	const lines = await numberLines(found, [content]);
	return found.map(({ kid, offset }, index) => `${kid} ${offset} ${lines[index]}`);
}

test("a key is found once wherever the window ends, with its place and line", async () => {
	const key = makeKey(random);
	for (let shift = -9_000; shift < 1_000; shift += 311) {
		const before = Buffer.alloc(WINDOW_BYTES + shift, "line\n");
		const line = Math.floor(before.length / 5) + 1;
		const expected = [`${publicPartsOf(key).kid} ${before.length + 1} ${line}`];
		deepEqual(await search(Buffer.concat([before, Buffer.from(` ${key} `), Buffer.alloc(20_000, "x")])), expected);
	}
});

test("a long spelling of a key is found across the end of a window", async () => {
	const key = escapeAll(makeKey(random, "a_brand_of_24_characters"), 3);
	for (const shift of [-3_000, -600, -300, -100, -1, 0])
		equal((await search(Buffer.concat([Buffer.alloc(WINDOW_BYTES + shift, " "), Buffer.from(key)]))).length, 1);
});

test("UTF-16 is read in both byte orders, escaped, beside other scripts, and within a binary at any place", async () => {
	const key = makeKey(random);
	for (const text of [`\n\n${key}`, `\n\n${escapeAll(key, 0)}`, `键\n鍵キー\n${key}。次`, `${"é\n".repeat(2)}${key}\n`])
		for (const bytes of [Buffer.from(`\ufeff${text}`, "utf16le"), Buffer.from(`\ufeff${text}`, "utf16le").swap16()]) {
			const found = await search(bytes);
			equal(found.length, 1, JSON.stringify(text));
			equal(found[0]?.split(" ")[2], "3");
		}
	for (const before of [1, 2, 3, 4]) {
		const binary = Buffer.concat([Buffer.alloc(4_096 + before, 0xfe), Buffer.from(key, "utf16le"), Buffer.alloc(99, 0xfe)]);
		equal((await search(binary)).length, 1);
	}
});

test("of a content with very many keys the first 1,000 are reported, and that there are more", () => {
	const searcher = new Searcher([]);
	for (let index = 0; index < 1_100; index += 1) searcher.push(Buffer.from(`${makeKey(random)}\n${randomText(random, 9)}\n`));
	const { found, has_more } = searcher.end();
	deepEqual([found.length, has_more], [1_000, true]);
	deepEqual(searcher.end(), { found: [], whole: Buffer.alloc(0), has_more: false });
});
