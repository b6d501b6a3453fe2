import { ApiError } from "../../core/error.ts";

/** Maximum nesting of arrays and objects; a scalar has depth 0. */
export const JSON_DEPTH_MAX = 32;
/** A longer pointer would echo the input, so it ends at the enclosing object. */
const POINTER_CHARACTERS_MAX = 256;

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const DIGIT_ZERO = 48;
const DIGIT_NINE = 57;
const COLON = 58;
const BACKSLASH = 92;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const BYTE_ORDER_MARK = 0xfeff;
const END = -1;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const WORD = /true|false|null/y;

/**
 * Parses a JSON text (RFC 8259) that every parser reads alike. Throws 400 `invalid_request` with a pointer for invalid JSON, duplicate
 * keys, `__proto__`, `constructor.prototype`, NUL, unpaired surrogates, numbers beyond ±(2^53 - 1), a depth over 32 and a byte order mark.
 * Echoes only names of keys.
 */
export function parseStrictJson(text: string): unknown {
	if (text.charCodeAt(0) === BYTE_ORDER_MARK) refuse("", "The body begins with a byte order mark: send UTF-8 without one.");
	new Reader(text).read();
	return JSON.parse(text);
}

function refuse(pointer: string, detail: string): never {
	throw new ApiError("invalid_request", detail, { errors: [{ pointer, detail }] });
}

/** Validates the text in one pass without building values; `JSON.parse` then cannot fail. */
class Reader {
	readonly #text: string;
	/** Keys and indexes of the path from the root to the current value, or to the object whose key is being read. */
	readonly #path: (string | number)[] = [];
	#depth = 0;
	#at = 0;

	constructor(text: string) {
		this.#text = text;
	}

	read(): void {
		if (this.#next() === END) refuse("", "The body is empty: send a JSON value.");
		this.#value();
		if (this.#next() !== END) this.#refuseSyntax("only one value may be sent, and nothing after it");
	}

	#value(): void {
		const code = this.#next();
		if (code === OPEN_OBJECT) this.#object();
		else if (code === OPEN_ARRAY) this.#array();
		else if (code === QUOTE) this.#string("The value");
		else if (code === MINUS || (code >= DIGIT_ZERO && code <= DIGIT_NINE)) this.#number();
		else if (this.#matches(WORD) === "") this.#refuseSyntax("a value is expected here");
	}

	#object(): void {
		this.#enter();
		if (this.#next() !== CLOSE_OBJECT) {
			const keys = new Set<string>();
			do {
				if (this.#next() !== QUOTE) this.#refuseSyntax("a key in double quotes is expected here");
				this.#path.push(this.#key(keys));
				if (this.#next() !== COLON) this.#refuseSyntax("`:` is expected here");
				this.#at += 1;
				this.#value();
				this.#path.pop();
			} while (this.#goesOn(CLOSE_OBJECT, "`,` or `}` is expected here"));
		}
		this.#leave();
	}

	#array(): void {
		this.#enter();
		if (this.#next() !== CLOSE_ARRAY) {
			let index = 0;
			do {
				this.#path.push(index);
				this.#value();
				this.#path.pop();
				index += 1;
			} while (this.#goesOn(CLOSE_ARRAY, "`,` or `]` is expected here"));
		}
		this.#leave();
	}

	/** After a member: consumes the comma before the next one, or stops before the closing bracket. */
	#goesOn(end: number, expected: string): boolean {
		const code = this.#next();
		if (code === end) return false;
		if (code !== COMMA) this.#refuseSyntax(expected);
		this.#at += 1;
		return true;
	}

	#key(keys: Set<string>): string {
		const key = this.#string("A key of this object");
		if (keys.has(key)) refuse(this.#pointer(key), "The object contains the key twice: send it once.");
		const poisons = key === "__proto__" || (key === "prototype" && this.#path.at(-1) === "constructor");
		if (poisons) refuse(this.#pointer(key), "This key is not allowed: it names the prototype of an object.");
		keys.add(key);
		return key;
	}

	/** Reads a string and returns its value. */
	#string(what: string): string {
		const from = this.#at;
		let plain = true;
		for (this.#at += 1; ; this.#at += 1) {
			const code = this.#at < this.#text.length ? this.#text.charCodeAt(this.#at) : END;
			if (code === QUOTE) break;
			if (code === END) this.#refuseSyntax("the text ends within a string");
			if (code < 32) this.#refuseSyntax("control characters in strings must be escaped");
			if (code === BACKSLASH) {
				plain = false;
				if (this.#matches(ESCAPE) === "") this.#refuseSyntax("invalid escape sequence");
				this.#at -= 1;
			} else if (code >= 0xd800 && code <= 0xdfff) plain = false;
		}
		this.#at += 1;
		const meaning = plain ? this.#text.slice(from + 1, this.#at - 1) : decodeString(this.#text.slice(from, this.#at));
		if (plain) return meaning;
		if (meaning.includes("\0")) refuse(this.#pointer(), `${what} contains the character NUL (U+0000): remove it.`);
		if (!meaning.isWellFormed()) refuse(this.#pointer(), `${what} contains an unpaired surrogate: send whole characters.`);
		return meaning;
	}

	#number(): void {
		const value = Number(this.#matches(NUMBER) || Number.NaN);
		if (Number.isNaN(value)) this.#refuseSyntax("invalid number");
		if (Math.abs(value) > Number.MAX_SAFE_INTEGER) refuse(this.#pointer(), "The number is beyond ±9007199254740991, where numbers lose precision.");
	}

	#enter(): void {
		if (this.#depth === JSON_DEPTH_MAX) refuse(this.#pointer(), `Arrays and objects are nested more than ${JSON_DEPTH_MAX} levels deep.`);
		this.#depth += 1;
		this.#at += 1;
	}

	#leave(): void {
		this.#depth -= 1;
		this.#at += 1;
	}

	/** Skips white space and returns the next character. */
	#next(): number {
		while (this.#at < this.#text.length) {
			const code = this.#text.charCodeAt(this.#at);
			if (code !== 32 && code !== 9 && code !== 10 && code !== 13) return code;
			this.#at += 1;
		}
		return END;
	}

	/** Consumes the match of a sticky pattern; the empty text without a match. */
	#matches(pattern: RegExp): string {
		pattern.lastIndex = this.#at;
		const found = pattern.exec(this.#text)?.[0] ?? "";
		this.#at += found.length;
		return found;
	}

	/** The JSON pointer (RFC 6901) of the current position, or of a key in the current object; shortened where it gets long. */
	#pointer(last?: string): string {
		const path = last === undefined ? this.#path : [...this.#path, last];
		let pointer = "";
		for (const token of path) {
			const longer = `${pointer}/${String(token).replaceAll("~", "~0").replaceAll("/", "~1")}`;
			if (longer.length > POINTER_CHARACTERS_MAX) return pointer;
			pointer = longer;
		}
		return pointer;
	}

	#refuseSyntax(expected: string): never {
		let line = 1;
		let lineAt = 0;
		for (let end = this.#text.indexOf("\n"); end !== -1 && end < this.#at; end = this.#text.indexOf("\n", lineAt)) {
			line += 1;
			lineAt = end + 1;
		}
		const column = this.#at - lineAt + 1;
		const ended = this.#at >= this.#text.length ? " (the text ends)" : "";
		refuse("", `The body is not valid JSON at line ${line}, column ${column}${ended}: ${expected}.`);
	}
}

/** The value of a string literal whose grammar was checked. */
function decodeString(literal: string): string {
	return String(JSON.parse(literal));
}
