import { equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FILENAME_BYTES_MAX, formatAttachment, parseFilename } from "./filename.ts";

test("a path is cut to its last name, whichever way the slashes lean", () => {
	equal(parseFilename("report.pdf"), "report.pdf");
	equal(parseFilename("../../etc/passwd"), "passwd");
	equal(parseFilename("C:\\Users\\Ada\\Ünïcode ☂.pdf"), "Ünïcode ☂.pdf");
	equal(parseFilename("a/b\\c"), "c");
});

test("a path without a name at its end gives none", () => {
	for (const sent of ["", " ", ".", "..", "/", "a/", "a\\", "../..", "a/ . "]) equal(parseFilename(sent), null, JSON.stringify(sent));
});

test("control characters, separators, lone surrogates and direction marks are refused", () => {
	for (const character of ["\0", "\n", "\r", "\t", "\x7f", "\x85", "\u2028", "\u2029", "\ud800", "\u202e", "\u2066"]) {
		throws(() => parseFilename(`a${character}b.pdf`), { code: "invalid_request" }, JSON.stringify(character));
	}
});

test("255 bytes are a name and 256 are not, counted in UTF-8", () => {
	equal(parseFilename(`${"é".repeat(127)}a`), `${"é".repeat(127)}a`);
	throws(() => parseFilename("é".repeat(128)), { code: "invalid_request" });
	equal(parseFilename("a".repeat(FILENAME_BYTES_MAX))?.length, FILENAME_BYTES_MAX);
});

test("a plain name is written plainly; any other gets a harmless twin and the exact one after it", () => {
	equal(formatAttachment("report 1.pdf"), 'attachment; filename="report 1.pdf"');
	equal(formatAttachment("naïve.txt"), "attachment; filename=\"na_ve.txt\"; filename*=UTF-8''na%C3%AFve.txt");
	equal(formatAttachment('a"b\\c%41.txt'), "attachment; filename=\"a_b_c_41.txt\"; filename*=UTF-8''a%22b%5Cc%2541.txt");
	equal(formatAttachment("it's (1)*é"), "attachment; filename=\"it's (1)*_\"; filename*=UTF-8''it%27s%20%281%29%2A%C3%A9");
});

test("whatever the name, the header is one line of printable ASCII that gives the name back", () => {
	fc.assert(
		fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 80 }), (sent) => {
			let name: string | null;
			try {
				name = parseFilename(sent);
			} catch {
				return;
			}
			if (name === null) return;
			const header = formatAttachment(name);
			ok(/^[\x20-\x7e]*$/.test(header), header);
			const extended = /filename\*=UTF-8''([!#$&+.^_`|~0-9A-Za-z%-]*)$/.exec(header)?.[1];
			const plain = /^attachment; filename="([^"\\]*)"/.exec(header)?.[1];
			equal(extended === undefined ? plain : decodeURIComponent(extended), name);
		}),
		{ numRuns: 500 },
	);
});
