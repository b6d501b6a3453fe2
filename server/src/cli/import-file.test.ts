import assert from "node:assert/strict";
import { test } from "node:test";
import { ImportFileError, type ImportFileKind, type ImportRecord, recordsOf } from "./import-file.ts";

async function records(kind: ImportFileKind, ...chunks: (string | Uint8Array)[]): Promise<ImportRecord[]> {
	async function* bytes() {
		for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
	}
	const found: ImportRecord[] = [];
	for await (const record of recordsOf(bytes(), kind)) found.push(record);
	return found;
}

async function refusedAt(kind: ImportFileKind, line: number, words: RegExp, ...chunks: (string | Uint8Array)[]): Promise<void> {
	await assert.rejects(records(kind, ...chunks), (error) => {
		assert(error instanceof ImportFileError, String(error));
		assert.equal(error.line, line, error.message);
		assert.match(error.message, words);
		return true;
	});
}

test("CSV is read with a byte order mark, CRLF, quotes, empty lines and without a last line end, and each record knows its line", async () => {
	const text = '\ufeffHash,Expires At,name\r\nh1,,"a, ""b"""\r\n\r\nh2,2030-01-01,ü';
	const bytes = Buffer.from(text);
	for (const cut of [1, 2, 20, bytes.length - 1]) {
		const found = await records("csv", bytes.subarray(0, cut), bytes.subarray(cut));
		assert.deepEqual(
			found.map(({ line, fields }) => [line, Object.fromEntries(fields)]),
			[
				[2, { hash: "h1", name: 'a, "b"' }],
				[4, { hash: "h2", expiresat: "2030-01-01", name: "ü" }],
			],
		);
	}
	assert.deepEqual(await records("csv", ""), []);
	assert.deepEqual(await records("csv", "hash,name\n"), []);
});

test("JSON lines are read with names in any style, nested fields and lists as they stand", async () => {
	const [one, two] = await records("jsonl", '{"hash":"h","expiresAt":1,"identity":{"externalId":"u"},"no":null}\r\n\n{"permissions":["a:b"]}');
	assert.deepEqual([one?.line, one?.fields.get("expiresat"), one?.fields.get("identityexternalid"), one?.fields.has("no")], [1, "1", "u", false]);
	assert.deepEqual([two?.line, two?.fields.get("permissions")], [3, '["a:b"]']);
	const [odd] = await records("jsonl", '{"__proto__":{"hash":"h"},"constructor":"c"}');
	assert.equal(odd?.fields.get("hash"), undefined);
});

test("what cannot be read is told with its line, and nothing of what stands there is repeated", async () => {
	await refusedAt("csv", 3, /another number of fields/, "hash,name\na,b\nc\n");
	await refusedAt("csv", 1, /same name/, "hash,Hash\na,b\n");
	await refusedAt("csv", 3, /never closed|longer/, 'hash,name\na,b\nc,"d\n');
	await refusedAt("csv", 2, /quote/, 'hash,name\na"x,b\n');
	await refusedAt("csv", 2, /longer than/, "hash,name\n", "a".repeat(1_000_000), ",b\n");
	await refusedAt("jsonl", 2, /longer than/, '{"a":1}\n', `{"a":"${"b".repeat(1_000_000)}"}\n`);
	await refusedAt("csv", 2, /NUL/, "hash,name\na\0,b\n");
	await refusedAt("jsonl", 1, /NUL/, '{"a":"\0"}');
	await refusedAt("csv", 2, /not UTF-8/, "hash,name\n", Buffer.from([0xff, 0xfe, 0x41]));
	for (const line of ["{", "[]", "null", "1", '"x"', '{"a":1}}']) await refusedAt("jsonl", 2, /no valid JSON|no JSON object/, `{"a":1}\n${line}\n`);
});
