import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { type Form, FormReader } from "./reader.ts";

const BOUNDARY = "--b0undary";

interface Part {
	headers: string;
	content: Buffer | string;
}

function makeForm(parts: readonly Part[], end = `--${BOUNDARY}--\r\n`): Buffer {
	const pieces = parts.flatMap(({ headers, content }) => [`--${BOUNDARY}\r\n${headers}\r\n\r\n`, content, "\r\n"]);
	return Buffer.concat([...pieces, end].map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)));
}

const file = (content: Buffer | string, filename = "x.bin"): Part => ({
	headers: `Content-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: application/pdf`,
	content,
});
const field = (name: string, content: string): Part => ({ headers: `Content-Disposition: form-data; name="${name}"`, content });

/** Splits `body` at `cuts`, as the network might. */
function toChunks(body: Buffer, cuts: readonly number[]): Buffer[] {
	const places = [0, ...cuts.map((cut) => cut % (body.length + 1)).sort((a, b) => a - b), body.length];
	return places.slice(1).map((to, index) => body.subarray(places[index], to));
}

async function read(chunks: readonly Buffer[]): Promise<{ form: Form; content: Buffer }> {
	const taken: Buffer[] = [];
	const reader = new FormReader(BOUNDARY, async (content) => {
		for await (const chunk of content) taken.push(Buffer.from(chunk));
	});
	try {
		for (const chunk of chunks) await reader.write(chunk);
		return { form: await reader.end(), content: Buffer.concat(taken) };
	} finally {
		await reader.abandon();
	}
}

const TRICKY = ["\r\n", "\r", "\n", "-", "--", `\r\n--${BOUNDARY.slice(0, -1)}`, `--${BOUNDARY}`, "\r\n--", "x", "\0\xff"];
/** Content that resembles form syntax. No line of it begins with the boundary, as clients ensure. */
const tricky = fc
	.array(fc.constantFrom(...TRICKY), { maxLength: 40 })
	.map((parts) => parts.join(""))
	.filter((content) => !`\r\n${content}`.includes(`\r\n--${BOUNDARY}`))
	.map((content) => Buffer.from(content, "latin1"));

test("however the body is cut into chunks, the file comes out byte for byte and the fields as they were", async () => {
	const cuts = fc.array(fc.nat(), { maxLength: 30 });
	await fc.assert(
		fc.asyncProperty(tricky, cuts, fc.boolean(), async (content, places, file_first) => {
			const parts = [field("title", "Ä title"), field("category", "bills")];
			const body = makeForm(file_first ? [file(content), ...parts] : [...parts, file(content)]);
			const { form, content: taken } = await read(toChunks(body, places));
			deepEqual(taken, content);
			deepEqual([...form.fields].sort(), [
				["category", "bills"],
				["title", "Ä title"],
			]);
			equal(form.filename, "x.bin");
			equal(form.content_type, "application/pdf");
		}),
		{ numRuns: 300 },
	);
});

test("the same, one byte at a time, also for an empty file and no final line end", async () => {
	for (const content of [Buffer.alloc(0), Buffer.from("a"), Buffer.from(`\r\n--${BOUNDARY}`.slice(0, -1))]) {
		const body = makeForm([file(content), field("title", "t")], `--${BOUNDARY}--`);
		const { form, content: taken } = await read([...body].map((byte) => Buffer.from([byte])));
		deepEqual(taken, content);
		equal(form.fields.get("title"), "t");
	}
});

test("a body cut off anywhere is refused and leaves no pending promise", async () => {
	const body = makeForm([field("title", "t"), file("content of some length")], `--${BOUNDARY}--`);
	for (let length = 0; length < body.length; length += 1) {
		await rejects(read([body.subarray(0, length)]), { code: "invalid_request" }, `cut at ${length}`);
	}
});

test("mistakes are 400: no file, two files, a field twice, an unknown part, no headers", async () => {
	const cases: [string, Buffer][] = [
		["invalid_request", makeForm([field("title", "t")])],
		["invalid_request", makeForm([])],
		["invalid_request", makeForm([file("a"), file("b")])],
		["invalid_request", makeForm([file("a"), field("title", "t"), field("title", "t")])],
		["invalid_request", makeForm([file("a"), field("title", "")], "")],
		["unknown_field", makeForm([file("a"), field("tag", "t")])],
		["unknown_field", makeForm([file("a"), field("__proto__", "t")])],
		["invalid_request", makeForm([{ headers: "X-Other: 1", content: "a" }])],
		["invalid_request", makeForm([{ headers: "", content: "a" }])],
		["invalid_request", Buffer.concat([Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"\r\n`), makeForm([file("a")])])],
		["invalid_request", Buffer.concat([Buffer.alloc(2_000, "x"), makeForm([file("a")])])],
		["invalid_request", makeForm([file("a"), field("title", "\xff")]).subarray(0, -60)],
	];
	for (const [code, body] of cases) await rejects(read([body.subarray(0, 90), body.subarray(90)]), { code }, body.toString().slice(0, 200));
});

test("a body that continues after the closing boundary is refused", async () => {
	const form = makeForm([file("a")]);
	await read([form, Buffer.from("\r\n")]);
	const reader = new FormReader(BOUNDARY, async (content) => {
		for await (const _chunk of content);
	});
	await reader.write(form);
	const goingOn = (async () => {
		for (let round = 0; round < 20; round += 1) {
			await turn();
			await reader.write(Buffer.alloc(200, "x"));
		}
	})();
	await rejects(goingOn, { code: "invalid_request" });
	await reader.abandon();
});

test("bytes behind the closing boundary are counted alike however the body is cut: 1,024 are taken, one more is refused", async () => {
	for (const parts of [[file("a")], [file(Buffer.alloc(0))], [field("title", "t"), file("a")]]) {
		const form = makeForm(parts, `--${BOUNDARY}--`);
		await fc.assert(
			fc.asyncProperty(fc.array(fc.nat(), { maxLength: 6 }), fc.constantFrom("x", "-", "\r\n", `\r\n--${BOUNDARY}--`), async (cuts, filler) => {
				const behind = Buffer.alloc(1_025, filler);
				await read(toChunks(Buffer.concat([form, behind.subarray(1)]), cuts));
				await rejects(read(toChunks(Buffer.concat([form, behind]), cuts)), { code: "invalid_request", detail: /after the form's closing boundary/ });
			}),
			{ numRuns: 40 },
		);
	}
});

test("a field is decoded as its label says, and bytes that do not fit the label are refused", async () => {
	const labelled = (charset: string | null, ...bytes: number[]): Part => ({
		headers: `Content-Disposition: form-data; name="title"${charset === null ? "" : `\r\nContent-Type: text/plain; charset=${charset}`}`,
		content: Buffer.from(bytes),
	});
	const getTitle = async (part: Part) => (await read([makeForm([file("a"), part])])).form.fields.get("title");
	for (const charset of [null, "utf-8", "US-ASCII", '"us-ascii"', "ISO-8859-1", "windows-1252", "Cp1252"])
		equal(await getTitle(labelled(charset, 0x52, 0x65)), "Re", String(charset));
	equal(await getTitle(labelled("ISO-8859-1", 0xfc, 0xdf)), "üß");
	equal(await getTitle(labelled("windows-1252", 0x80, 0x93, 0xfc, 0x94)), "€“ü”");
	equal(await getTitle(labelled("UTF-8", 0xe2, 0x82, 0xac)), "€");
	const wrong: [string | null, ...number[]][] = [
		...([
			[null, 0xfc],
			["utf-8", 0xff],
			["us-ascii", 0xfc],
			["windows-1252", 0x81],
			["windows-1252", 0x9d],
		] as [string | null, number][]),
		...([
			["utf-16", 0x61, 0x00],
			["shift_jis", 0x61],
			["x", 0x61],
		] as [string, ...number[]][]),
	];
	for (const [charset, ...bytes] of wrong) await rejects(getTitle(labelled(charset, ...bytes)), { code: "invalid_request" }, `${charset} ${bytes}`);
});

test("a field that is not UTF-8 is refused", async () => {
	await rejects(read([makeForm([file("a"), { headers: 'Content-Disposition: form-data; name="title"', content: Buffer.from([0x61, 0xff]) }])]), {
		code: "invalid_request",
	});
});

test("floods are 413: parts, headers of a part, a header without end, a long field", async () => {
	const many = Array.from({ length: 9 }, () => field("x", ""));
	const floods: Buffer[] = [
		makeForm(many),
		makeForm([file("a"), ...many]),
		makeForm([
			{
				headers: `${Array.from({ length: 9 }, (_, index) => `X-${index}: 1`).join("\r\n")}\r\nContent-Disposition: form-data; name="file"`,
				content: "a",
			},
		]),
		makeForm([{ headers: `Content-Disposition: form-data; name="file"; filename="${"a".repeat(3_000)}"`, content: "a" }]),
		makeForm([file("a"), field("title", "t".repeat(1_025))]),
	];
	for (const body of floods) await rejects(read(toChunks(body, [10, 300, 500])), { code: "payload_too_large" });
	const endless = Buffer.concat([Buffer.from(`--${BOUNDARY}\r\nX-A: `), Buffer.alloc(4_000, "a")]);
	await rejects(read([endless.subarray(0, 50), endless.subarray(50), Buffer.from("b")]), { code: "payload_too_large" });
});

test("what takes the file sets the pace, and its failure ends the reading", async () => {
	let taken = 0;
	let written = 0;
	let release = (): void => undefined;
	const held = new Promise<void>((resolve) => {
		release = resolve;
	});
	const reader = new FormReader(BOUNDARY, async (content) => {
		for await (const chunk of content) {
			await held;
			taken += chunk.length;
			if (taken > 1_000_000) throw new Error("the disk is gone");
		}
	});
	const head = makeForm([file("")], "").subarray(0, -2);
	const writing = (async () => {
		await reader.write(head);
		for (;;) {
			await reader.write(Buffer.alloc(65_536));
			written += 65_536;
		}
	})();
	for (let round = 0; round < 200; round += 1) await turn();
	ok(written <= 262_144, `${written} bytes were let in while nothing was taken`);
	release();
	await rejects(writing, /the disk is gone/);
	await reader.abandon();
});

test("a file whose last chunk fills what is kept in memory does not stop the reading", async () => {
	for (const last of ["\r", "\r\n", "-", ""]) {
		const content = Buffer.concat([Buffer.alloc(65_536 - last.length, "c"), Buffer.from(last)]);
		const body = makeForm([file(content), field("title", "t")]);
		const content_from = body.indexOf("\r\n\r\n") + 4;
		const { content: taken } = await read([
			body.subarray(0, content_from),
			body.subarray(content_from, content_from + content.length),
			body.subarray(content_from + content.length),
		]);
		deepEqual(taken, content);
	}
});
