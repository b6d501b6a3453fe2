import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { makeRawKey, newKid, newSecret } from "../secrets/format.ts";
import { IMPORTED_ALPHABETS, isImportedShape } from "./format.ts";
import { toScannerFormats } from "./scanner-formats.ts";

const SHAPE = { alphabet: "base62", length_min: 20, length_max: 24 } as const;

test("scanners get the pattern of this instance's own keys, and those of imported keys with a prefix", () => {
	const [own, ...imported] = toScannerFormats("acme", [
		{ name: "older", prefix: "sk+live_", ...SHAPE },
		{ name: "bare", prefix: "", ...SHAPE },
	]);
	ok(own);
	for (const environment of ["prod", "staging", "dev"] as const)
		ok(new RegExp(`^${own.pattern}$`).test(makeRawKey({ brand: "acme", environment, kid: newKid(), secret: newSecret() })));
	deepEqual([own.name, own.kind, own.prefix, own.environments, own.checksum], ["acme", "own", "acme_", ["prod", "staging", "dev"], "crc32-base62"]);
	deepEqual(imported, [
		{ name: "older", kind: "imported", prefix: "sk+live_", pattern: "sk\\+live_[0-9A-Za-z]{20,24}", environments: null, ...SHAPE, checksum: null },
	]);
});

test("a published pattern matches the same keys as verification, for every alphabet", () => {
	for (const alphabet of IMPORTED_ALPHABETS) {
		const format = { name: "x", prefix: "p.", alphabet, length_min: 16, length_max: 16 };
		const pattern = new RegExp(`^${toScannerFormats("kw", [format])[1]?.pattern}$`);
		for (let code = 0; code < 256; code += 1) {
			const text = `p.${String.fromCharCode(code).repeat(16)}`;
			equal(pattern.test(text), isImportedShape([format], "kw", text), `${alphabet} ${code}`);
		}
	}
});
