import { deepEqual, doesNotThrow, equal, fail, match, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ApiError } from "../../core/error.ts";
import { JSON_DEPTH_MAX, parseStrictJson } from "./strict-json.ts";

/** The position and reason of the refusal; fails the test if there is none. */
function getRefusal(text: string): { pointer: string; detail: string } {
	try {
		parseStrictJson(text);
	} catch (error) {
		if (!(error instanceof ApiError)) throw error;
		equal(error.code, "invalid_request");
		const errors = error.metadata.errors ?? [];
		equal(errors.length, 1);
		equal(errors[0]?.detail, error.detail);
		return errors[0] ?? fail();
	}
	return fail(`not refused: ${text.slice(0, 80)}`);
}

function isRefused(text: string): boolean {
	try {
		parseStrictJson(text);
		return false;
	} catch {
		return true;
	}
}

function nested(depth: number, open: string, close: string, inside = ""): string {
	return open.repeat(depth) + inside + close.repeat(depth);
}

const characters = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0") && text.isWellFormed());
const numbers = fc.oneof(
	fc.maxSafeInteger(),
	fc.double({ min: -1e15, max: 1e15, noNaN: true }).filter((value) => !Object.is(value, -0)),
);
const keys = characters.filter((key) => key !== "__proto__" && key !== "prototype");
const values = fc.letrec<{ value: unknown }>((tie) => ({
	value: fc.oneof(
		{ depthSize: "small", maxDepth: 6 },
		fc.oneof(fc.constantFrom(null, true, false), numbers, characters),
		fc.array(tie("value")),
		fc.dictionary(keys, tie("value"), { noNullPrototype: true }),
	),
})).value;

test("what JSON.stringify wrote is read as what it was, packed or indented", () => {
	fc.assert(
		fc.property(values, fc.constantFrom(undefined, 2, "\t"), (value, indent) => {
			const text = JSON.stringify(value, null, indent);
			deepEqual(parseStrictJson(text), value);
			deepEqual(parseStrictJson(` \r\n\t${text}\n `), value);
		}),
		{ numRuns: 500 },
	);
});

test("what JSON.parse refuses is refused, and what it reads is never called wrong syntax", () => {
	const soup = fc.string({
		unit: fc.constantFrom(...'{}[],:"\\u0041/ 1-+.eE9tfn', "true", "null", '"a"', '"b":', "\n", "\t", "é", "\u0001", "\ud800"),
		maxLength: 14,
	});
	const damaged = fc
		.tuple(values, fc.nat({ max: 1000 }), fc.string({ unit: fc.constantFrom(...'{}[],:"\\ 0a-.'), maxLength: 2 }), fc.nat({ max: 2 }))
		.map(([value, place, other, removed]) => {
			const text = JSON.stringify(value);
			const at = place % (text.length + 1);
			return text.slice(0, at) + other + text.slice(at + removed);
		});
	fc.assert(
		fc.property(fc.oneof(soup, damaged), (text) => {
			let valid = true;
			try {
				JSON.parse(text);
			} catch {
				valid = false;
			}
			if (!valid) match(getRefusal(text).detail, /^The body is (empty|not valid JSON at line \d+, column \d+)|the key twice|surrogate|beyond|NUL/);
			else if (isRefused(text)) match(getRefusal(text).detail, /the key twice|surrogate|beyond|NUL/);
		}),
		{ numRuns: 3000 },
	);
});

test("a duplicate key is found at any depth and however it is written", () => {
	equal(getRefusal('{"a":1,"a":1}').pointer, "/a");
	equal(getRefusal('{"a":1,"b":2,"\\u0061":3}').pointer, "/a");
	equal(getRefusal('{"\\/":1,"/":2}').pointer, "/~1");
	equal(getRefusal('{"x":[0,{"y~":{"":1,"":2}}]}').pointer, "/x/1/y~0/");
	equal(getRefusal('{"\\ud83d\\ude00":1,"\u{1f600}":2}').pointer, "/\u{1f600}");
	match(getRefusal('{"a":1,"a":1}').detail, /twice/);
	deepEqual(parseStrictJson('[{"a":1},{"a":2,"A":3,"b":{"a":4}}]'), [{ a: 1 }, { a: 2, A: 3, b: { a: 4 } }]);
	deepEqual(parseStrictJson('{"hasOwnProperty":1,"toString":2,"constructor":3}'), { hasOwnProperty: 1, toString: 2, constructor: 3 });
});

test("a duplicate put into any object is found where it was put", () => {
	const escaped = (key: string) =>
		`"${[...Array(key.length).keys()].map((at) => `\\u${key.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")}"`;
	fc.assert(
		fc.property(
			fc.dictionary(keys, values, { minKeys: 1, maxKeys: 8 }),
			fc.nat({ max: 100 }),
			fc.boolean(),
			values,
			(object, place, isEscaped, value) => {
				const names = Object.keys(object);
				const name = names[place % names.length] ?? fail();
				const text = JSON.stringify(object);
				const copy = `${isEscaped ? escaped(name) : JSON.stringify(name)}:${JSON.stringify(value)}`;
				const doubled = `{"outer":[true,${text.slice(0, -1)},${copy}}]}`;
				const { pointer, detail } = getRefusal(doubled);
				match(detail, /twice/);
				const expected = `/outer/1/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
				equal(pointer, expected.length <= 256 ? expected : "/outer/1");
			},
		),
		{ numRuns: 300 },
	);
});

test("keys that reach for a prototype are refused at any depth and however they are written", () => {
	for (const key of ['"__proto__"', '"\\u005f_proto__"', '"__proto\\u005f\\u005F"']) {
		equal(getRefusal(`{${key}:1}`).pointer, "/__proto__");
		equal(getRefusal(`[{"a":{${key}:{}}}]`).pointer, "/0/a/__proto__");
	}
	equal(getRefusal('{"constructor":{"prototype":{}}}').pointer, "/constructor/prototype");
	equal(getRefusal('[{"constructor":{"a":1,"prototyp\\u0065":null}}]').pointer, "/0/constructor/prototype");
	for (const text of [
		'{"constructor":"a"}',
		'{"constructor":{"a":1}}',
		'{"prototype":1}',
		'{"constructor":[{"prototype":1}]}',
		'"__proto__"',
		'{"proto":1}',
	]) {
		doesNotThrow(() => parseStrictJson(text), text);
	}
});

test("a depth of 32 is read and one of 33 is refused, be it arrays, objects or both", () => {
	for (const [open, close, inside] of [
		["[", "]", ""],
		['{"a":', "}", "1"],
		['[{"a":', "}]", "1"],
	] as const) {
		const per = open.startsWith("[{") ? 2 : 1;
		doesNotThrow(() => parseStrictJson(nested(JSON_DEPTH_MAX / per, open, close, inside)));
		match(getRefusal(nested(JSON_DEPTH_MAX / per + 1, open, close, inside)).detail, /32 levels deep/);
	}
	match(getRefusal("[".repeat(500_000)).detail, /32 levels deep/);
	doesNotThrow(() =>
		parseStrictJson(
			`[${Array(100)
				.fill(nested(31, "[", "]"))
				.join(",")}]`,
		),
	);
});

test("NUL and half a surrogate pair are refused in values and in keys", () => {
	for (const half of ["\\u0000", "a\\u0000b", "\\ud800", "\\udc00\\ud800", "\\uD83Dx", "\ud83d", "x\udc00", "\\ud83d\ude00x\ud83d"]) {
		const { pointer, detail } = getRefusal(`{"a":["${half}"]}`);
		equal(pointer, "/a/0");
		match(detail, /NUL|surrogate/);
		const inKey = getRefusal(`{"b":{"${half}":1}}`);
		equal(inKey.pointer, "/b");
		match(inKey.detail, /^A key .*(NUL|surrogate)/);
	}
	equal(parseStrictJson('"\\ud83d\\ude00\u{1f600}\\u0001\\\\u0000\\n"'), "\u{1f600}\u{1f600}\u0001\\u0000\n");
	for (const control of ["\0", "\u0001", "\n", "\u001f"]) match(getRefusal(`"a${control}b"`).detail, /control character/);
	equal(parseStrictJson('"\u007f"'), "\u007f");
});

test("numbers that would lose precision or overflow are refused", () => {
	for (const text of ["9007199254740992", "-9007199254740992", "1e400", "-1e400", "1E16", "123456789012345678901234567890", "9007199254740993.5"]) {
		equal(getRefusal(`{"n":[${text}]}`).pointer, "/n/0");
		match(getRefusal(text).detail, /beyond/);
	}
	for (const text of ["9007199254740991", "-9007199254740991", "0.1", "-0", "1e15", "1e-400", "0e999", "12.5E+3"])
		equal(parseStrictJson(text), Number(text));
});

test("the error names an empty body, white space and a byte order mark", () => {
	for (const text of ["", " ", "\r\n\t "]) match(getRefusal(text).detail, /empty/);
	for (const text of ["\ufeff", "\ufeff{}", '\ufeff{"a":1}']) match(getRefusal(text).detail, /byte order mark/);
	doesNotThrow(() => parseStrictJson('"\ufeff"'));
	match(getRefusal(" \ufeff{}").detail, /line 1, column 2:/);
});

test("a syntax error has its line, column and what is expected", () => {
	const cases: [string, RegExp][] = [
		["{", /line 1, column 2 \(the text ends\): a key in double quotes/],
		['{"a":1,}', /line 1, column 8: a key in double quotes/],
		["[1,]", /line 1, column 4: a value/],
		["[1\n,\n 2 3]", /line 3, column 4: `,` or `\]`/],
		['{"a" 1}', /line 1, column 6: `:`/],
		['{"a":1 "b":2}', /line 1, column 8: `,` or `}`/],
		["{'a':1}", /line 1, column 2: a key in double quotes/],
		["{a:1}", /line 1, column 2: a key in double quotes/],
		["01", /line 1, column 2: only one value/],
		["-", /line 1, column 1: invalid number/],
		["+1", /column 1: a value/],
		[".5", /column 1: a value/],
		["NaN", /column 1: a value/],
		["undefined", /column 1: a value/],
		["tru", /column 1: a value/],
		["truefalse", /column 5: only one value/],
		['"abc', /column 5 \(the text ends\): the text ends within a string/],
		['"a\nb"', /line 1, column 3: control characters/],
		['"\\x41"', /column 2: invalid escape sequence/],
		['"\\u12"', /column 2: invalid escape sequence/],
		["{} {}", /column 4: only one value/],
		["// a\n{}", /column 1: a value/],
		["[1]\u00a0", /column 4: only one value/],
		["\n\r\n[\n  nul]", /line 4, column 3: a value/],
	];
	for (const [text, expected] of cases) {
		const { pointer, detail } = getRefusal(text);
		equal(pointer, "");
		match(detail, expected, text);
	}
});

test("a refusal repeats no value, and of keys no more than a pointer of 256 characters", () => {
	const secret = "s3cr3tValue";
	for (const text of [
		`{"a":"${secret}","a":"${secret}"}`,
		`["${secret}" "${secret}"]`,
		`"${secret}\\u0000"`,
		`${secret}`,
		`["${secret}\\q"]`,
		`[99999999999999999999]`,
	]) {
		const { pointer, detail } = getRefusal(text);
		ok(!`${pointer}${detail}`.includes(secret) && !detail.includes("99999"), detail);
	}
	const long = "k".repeat(10_000);
	equal(getRefusal(`{"o":{"${long}":1,"${long}":2}}`).pointer, "/o");
	equal(getRefusal(`{"o":{"${long}":{"x":1,"x":2}}}`).pointer, "/o");
});
