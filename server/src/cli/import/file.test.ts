import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { type ImportFileKind, type ImportRecord, readRecords } from "./file.ts";
import { ImportFileError } from "./lines.ts";

async function records(kind: ImportFileKind, ...chunks: (string | Uint8Array)[]): Promise<ImportRecord[]> {
	async function* bytes() {
		for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
	}
	const found: ImportRecord[] = [];
	for await (const record of readRecords(bytes(), { kind, isHash: (column) => column === "hash" })) found.push(record);
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
			readable(found).map(({ line, fields }) => [line, Object.fromEntries(fields)]),
			[
				[2, { hash: "h1", name: 'a, "b"' }],
				[4, { hash: "h2", expiresat: "2030-01-01", name: "ü" }],
			],
		);
	}
	assert.deepEqual(await records("csv", "hash,name\n"), []);
});

test("JSON lines are read with names in any style, nested fields and lists unchanged", async () => {
	const [one, two] = readable(
		await records("jsonl", '{"hash":"h","expiresAt":1,"identity":{"externalId":"u"},"no":null}\r\n\n{"permissions":["a:b"]}'),
	);
	assert.deepEqual([one?.line, one?.fields.get("expiresat"), one?.fields.get("identityexternalid"), one?.fields.has("no")], [1, "1", "u", false]);
	assert.deepEqual([two?.line, two?.fields.get("permissions")], [3, '["a:b"]']);
	const [odd] = readable(await records("jsonl", '{"__proto__":{"hash":"h"},"constructor":"c"}'));
	assert.equal(odd?.fields.get("hash"), undefined);
});

/** Asserts that exactly these lines are refused, with these reasons, and that all others are read. */
async function refusedLines(kind: ImportFileKind, expected: Record<number, RegExp>, good: number, ...chunks: (string | Uint8Array)[]): Promise<void> {
	const found = await records(kind, ...chunks);
	const faults = found.flatMap((record) => ("fault" in record ? [record] : []));
	assert.deepEqual(faults.map(({ line }) => line).sort(), Object.keys(expected).map(Number), JSON.stringify(faults));
	for (const { line, fault } of faults) assert.match(fault, expected[line] ?? /never/);
	assert.equal(readable(found).length, good);
}

function readable(found: readonly ImportRecord[]) {
	return found.flatMap((record) => ("fields" in record ? [record] : []));
}

test("a malformed line is refused by itself, with its line and nothing of its content, and the lines around it are read", async () => {
	await refusedLines("csv", { 3: /another number of fields/, 5: /another number/ }, 2, "hash,name\na,b\nc\nd,e\nf,g,h\n");
	await refusedLines("csv", { 3: /never closed|misplaced quote/ }, 3, 'hash,name\na,b\nc,"d\ne,f\ng,h\n');
	await refusedLines("csv", { 2: /misplaced quote/, 4: /misplaced quote/ }, 1, 'hash,name\na"x,b\nc,d\n"e"f,g\n');
	await refusedLines("csv", { 2: /longer than/ }, 1, "hash,name\n", "a".repeat(1_000_000), ",b\nc,d\n");
	await refusedLines("csv", { 2: /NUL/ }, 1, "hash,name\na\0,b\nc,d\n");
	await refusedLines("csv", { 2: /not UTF-8/ }, 1, "hash,name\n", Buffer.from([0xff, 0xfe, 0x41, 0x0a]), "c,d\n");
	await refusedLines("jsonl", { 2: /longer than/ }, 2, '{"a":1}\n', `{"a":"${"b".repeat(1_000_000)}"}\n{"a":2}`);
	await refusedLines("jsonl", { 1: /NUL/ }, 1, '{"a":"\0"}\n{"a":1}');
	for (const line of ["{", "[]", "null", "1", '"x"', '{"a":1}}'])
		await refusedLines("jsonl", { 2: /not valid JSON|not a JSON object/ }, 2, `{"a":1}\n${line}\n{"a":2}`);
	const [record] = readable(await records("csv", 'hash,name\na,"two\nlines"\n'));
	assert.deepEqual([record?.line, record?.fields.get("name")], [2, "two\nlines"]);
});

test("a file that is none is refused whole, with the cause: empty, without a header row, with CR, semicolons or tabs", async () => {
	for (const kind of ["csv", "jsonl"] as const) {
		for (const text of ["", "\n\n", "\ufeff"]) await refusedAt(kind, 1, /empty/, text);
		const line = kind === "csv" ? "hash,name" : '{"hash":"a"}';
		await refusedAt(kind, 1, /CR line ends/, `${line}\r${line}\r`);
		await refusedAt(kind, 1, /CR line ends/, ...Array.from({ length: 40_000 }, () => `${line}\r`));
	}
	await refusedAt("csv", 1, /not a header row/, "3d5f,bot\n3d60,bot\n");
	await refusedAt("csv", 1, /semicolons/, "hash;name\na;b\n");
	await refusedAt("csv", 1, /tabs/, "hash\tname\na\tb\n");
	await refusedAt("csv", 1, /same name/, "hash,Hash\na,b\n");
	await refusedAt("csv", 1, /quote/, 'hash,"name\na,b\n');
	await refusedAt("csv", 1, /not UTF-8/, Buffer.from([0xff, 0xfe, 0x41]));
});

test("CSV is read as csv-parse reads it, where that takes it whole", async () => {
	const field = fc.array(fc.constantFrom("a", '"', '""', ",", "\n", "\r\n", " ", "é"), { maxLength: 5 }).map((parts) => parts.join(""));
	const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
	const written = fc.oneof(
		field.map(quoted),
		field.filter((text) => !/[",\r\n]/.test(text)),
		field,
	);
	const rows = fc.array(fc.tuple(written, written), { minLength: 1, maxLength: 5 });
	await fc.assert(
		fc.asyncProperty(rows, fc.constantFrom("\n", "\r\n"), async (list, end) => {
			const text = `hash,name${end}${list.map((row) => row.join(",")).join(end)}`;
			const found = await records("csv", text);
			let expected: unknown;
			try {
				expected = parse(text, { columns: true, record_delimiter: ["\r\n", "\n"], skip_empty_lines: true });
			} catch {
				return;
			}
			const unix = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll("\\r\\n", "\\n"));
			assert.equal(readable(found).length, found.length, JSON.stringify(found));
			assert.deepEqual(
				readable(found).map(({ fields }) => ({ hash: fields.get("hash") ?? "", name: fields.get("name") ?? "" })),
				unix(expected),
			);
		}),
		{ numRuns: 500 },
	);
});
