import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { makeKey, publicPartsOf, randomFrom } from "../../../testing/scan/keys.ts";
import { makeZip, type ZipEntry } from "../../../testing/scan/zip.ts";
import { Scan } from "../scan.ts";
import { accessBuffer } from "./random-access.ts";

const random = randomFrom(3);
const KEY = makeKey(random);
const text = (key = KEY) => Buffer.from(`a\nb\nkey=${key}\n`);

/** What is found in an archive, as `path:line kid`, and what is named as not scanned. */
async function read(bytes: Buffer) {
	const scan = new Scan([]);
	const located = await scan.archive("a.zip", accessBuffer(bytes));
	const found = located?.map(({ inside, line, found: { kid } }) => `${inside}:${line} ${kid}`) ?? null;
	return { found, skipped: scan.skipped.map(({ path, reason }) => `${path}: ${reason}`), bytes: scan.searcher.bytes };
}

/** An archive with so many archives in each other. */
function nest(levels: number): Buffer {
	return makeZip([levels === 1 ? { name: "key.txt", bytes: text() } : { name: `level-${levels - 1}`, bytes: nest(levels - 1) }]);
}

const at = (inside: string, line = 3, key = KEY) => `${inside}:${line} ${publicPartsOf(key).kid}`;

test("keys in stored and deflated entries are found with their line, also behind a program and with ZIP64 fields", async () => {
	const entries: ZipEntry[] = [
		{ name: "stored", bytes: text(), stored: true },
		{ name: "dir/deflated", bytes: text() },
		{ name: "long", bytes: Buffer.from(`${"line\n".repeat(600_000)}key=${KEY}`) },
	];
	const expected = [at("!/stored"), at("!/dir/deflated"), at("!/long", 600_001)];
	for (const bytes of [makeZip(entries), makeZip(entries, true), Buffer.concat([Buffer.alloc(5_000, "#!"), makeZip(entries)])])
		deepEqual((await read(bytes)).found, expected);
});

test("archives within archives are read three deep, and deeper ones are named", async () => {
	deepEqual((await read(nest(3))).found, [at("!/level-2!/level-1!/key.txt")]);
	const deep = await read(nest(4));
	deepEqual(deep.found, []);
	deepEqual(deep.skipped, ["a.zip!/level-3!/level-2!/level-1: an archive more than 3 archives deep"]);
});

test("a bomb is named and bounded, and the other entries are read", async () => {
	const { found, skipped, bytes } = await read(
		makeZip([
			{ name: "zeros", bytes: Buffer.alloc(64 * 1024 ** 2) },
			{ name: "after", bytes: text() },
		]),
	);
	deepEqual(skipped, ["a.zip!/zeros: a bomb: it unpacks to more than 200 times its size; the rest"]);
	deepEqual(found, [at("!/after")]);
	ok(bytes < 50 * 1024 ** 2);
});

test("entries that overlap are a bomb", async () => {
	const bytes = Buffer.alloc(100_000, "x");
	const overlapping = Array.from({ length: 50 }, (_, index) => ({ name: `copy-${index}`, bytes, stored: true, at: 0 }));
	const { skipped, bytes: searched } = await read(makeZip([{ name: "first", bytes, stored: true }, ...overlapping]));
	deepEqual(skipped, ["a.zip: a bomb: its entries overlap; the others"]);
	ok(searched < 400_000);
});

test("encrypted, damaged and unsupported entries are named, and what is before the damage is read", async () => {
	const long = Buffer.concat([text(), Buffer.from(Array.from({ length: 300_000 }, () => Math.floor(random() * 256)))]);
	const { found, skipped } = await read(
		makeZip([
			{ name: "locked", bytes: text(), encrypted: true },
			{ name: "zstd", bytes: text(), method: 93 },
			{ name: "cut", bytes: long, damage: (packed) => packed.subarray(0, packed.length - 10_000) },
			{ name: "garbage", bytes: text(), damage: (packed) => Buffer.alloc(packed.length, 0xff) },
			{ name: "fine", bytes: text() },
		]),
	);
	deepEqual(found, [at("!/cut"), at("!/fine")]);
	deepEqual(skipped, [
		"a.zip!/locked: it is encrypted",
		"a.zip!/zstd: its compression, method 93, is not supported",
		"a.zip!/cut: it is damaged; the rest",
		"a.zip!/garbage: it is damaged; the rest",
	]);
});

test("a very long name is masked before it is cut", async () => {
	for (const length of [4_068, 8_140, 20_000]) {
		const { skipped } = await read(makeZip([{ name: `${"a/".repeat(length / 2)}${KEY}`, bytes: text(), encrypted: true }]));
		equal(skipped.length, 1);
		ok(!skipped.join().includes(KEY.slice(0, 24)));
		ok((skipped[0]?.length ?? 0) < 9_000);
	}
});

test("an archive cut anywhere, or with any byte changed, is read or named, and never fails", async () => {
	const whole = makeZip([
		{ name: "one", bytes: text() },
		{ name: "two", bytes: text() },
	]);
	for (let cut = 0; cut < whole.length; cut += 3) await read(whole.subarray(0, cut));
	for (let place = 0; place < whole.length; place += 1) {
		const changed = Buffer.from(whole);
		changed[place] = Math.floor(random() * 256);
		await read(changed);
	}
	equal((await read(Buffer.from("PK\u0003\u0004 no archive"))).found, null);
});
