/**
 * Writes `keys.json`: what every implementation of the raw key, in any language, has to agree with.
 * By hand: `node e2e/vectors/make-keys.ts`.
 * It shares no code with the implementations. Keys with a right checksum exist for brands of tests only: all of brand `kw` are broken,
 * and service credentials stand in two pieces, so that no scanner takes a vector for a secret.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";

export const KEYS_FILE = new URL("keys.json", import.meta.url);
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** `length` characters of base62 that depend on `label` only. */
function characters(label: string, length: number): string {
	const digest = createHash("sha512").update(label).digest();
	return [...digest.subarray(0, length)].map((byte) => ALPHABET.charAt(byte % 62)).join("");
}

function getChecksum(text: string): string {
	let digits = "";
	for (let rest = crc32(text); rest > 0; rest = Math.floor(rest / 62)) digits = ALPHABET.charAt(rest % 62) + digits;
	return digits.padStart(6, "0");
}

function rawKey(brand: string, environment: string, label: string) {
	const [kid, secret] = [characters(`kid ${label}`, 12), characters(`secret ${label}`, 32)];
	const body = `${brand}_${environment}_${kid}${secret}`;
	const raw_key = body + getChecksum(body);
	const last4 = raw_key.slice(-4);
	return { brand, raw_key, environment, kid, secret, last4, masked: `${brand}_${environment}_…${last4}` };
}

function serviceCredential(label: string) {
	const [id, secret] = [characters(`id ${label}`, 12), characters(`secret ${label}`, 32)];
	const body = `kws_${id}${secret}`;
	return { body, checksum: getChecksum(body), id, secret, last4: getChecksum(body).slice(-4) };
}

/** The key with its last character changed. */
function broken(raw: string): string {
	return raw.slice(0, -1) + (raw.endsWith("0") ? "1" : "0");
}

function mistakes() {
	const prod = rawKey("kwtest", "prod", "mistakes").raw_key;
	const kw = broken(rawKey("kw", "prod", "mistakes").raw_key);
	const tail = prod.slice(-50);
	const dev = rawKey("kwtest", "dev", "mistakes").raw_key;
	const texts: Record<string, string[]> = {
		empty: ["", " ", "\t\r\n"],
		placeholder: [
			"$API_KEY",
			"$" + "{API_KEY}",
			"{{ api_key }}",
			"%API_KEY%",
			"<your key>",
			"YOUR_API_KEY",
			"kwtest_prod_xxxxxxxxxxxxxxxx",
			"undefined",
			"null",
			"None",
			"[object Object]",
			"process.env.API_KEY",
			"Bearer $API_KEY",
		],
		several_keys: [`${prod},${prod}`, `${prod}, ${prod}`, `${prod} ${prod}`, prod + prod],
		bearer_prefix: [`Bearer ${prod}`, `bearer ${prod}`, `Bearer ${prod}\n`],
		scheme_prefix: [`ApiKey ${prod}`, `Basic ${prod}`, `Token ${prod}`],
		name_prefix: [`X-API-Key: ${prod}`, `Authorization: Bearer ${prod}`, `key=${prod}`, `API_KEY="${prod}"`, `{"api_key":"${prod}"}`],
		quoted: [`"${prod}"`, `'${prod}'`, `\`${prod}\``, `“${prod}”`, `<${prod}>`, `${prod}"`],
		leading_whitespace: [` ${prod}`, `\n${prod}`, `\u00a0${prod}`],
		trailing_newline: [`${prod}\n`, `${prod}\r\n`, `${prod}\\n`, `${prod}%0A`],
		trailing_whitespace: [`${prod} `, `${prod}\t`],
		masked: ["kwtest_prod_…a1B2", "kwtest_prod_...a1B2", "kwtest_prod_************"],
		service_credential: [`kws_${characters("service", 49)}-`, "kws_abc"],
		wrong_brand: [kw, tail, prod.slice(1), prod.toUpperCase(), "sk-abc", "hello"],
		unknown_environment: [`kwtest_live_${tail}`, `kwtest_production_${tail}`, `kwtest_PROD_${tail}`, `kwtest_${tail}`],
		outside_alphabet: [
			`${prod.slice(0, 30)}-${prod.slice(31)}`,
			`${prod.slice(0, 30)} ${prod.slice(30)}`,
			`${prod}.`,
			`${prod}\u200b`,
			`${prod.slice(0, 40)}é${prod.slice(41)}`,
		],
		wrong_length: [prod.slice(0, -1), `${prod}a`, dev.slice(0, -1), "kwtest_prod_", "kwtest_sta", "kwt", "a".repeat(1000)],
		wrong_checksum: [broken(prod), broken(dev), prod.slice(0, 20) + prod.charAt(21) + prod.charAt(20) + prod.slice(22)],
	};
	const others = [
		{ brand: "kw", text: kw, kind: "wrong_checksum" },
		{ brand: "kw", text: kw.slice(0, -1), kind: "wrong_length" },
		{ brand: "kwtest_eu", text: prod, kind: "wrong_brand" },
		{ brand: "kwtest", text: rawKey("kwtest_eu", "prod", "mistakes").raw_key, kind: "unknown_environment" },
	];
	return [...Object.entries(texts).flatMap(([kind, list]) => list.map((text) => ({ brand: "kwtest", text, kind }))), ...others];
}

/** The first label whose key has a checksum that begins with zeros: implementations forget to pad. */
function paddedLabel(): string {
	for (let count = 0; ; count += 1) if (rawKey("kwtest", "prod", `padded ${count}`).raw_key.slice(-6).startsWith("00")) return `padded ${count}`;
}

function vectors() {
	const texts = [
		"",
		"a",
		"123456789",
		"The quick brown fox jumps over the lazy dog",
		"kwtest_prod_",
		"é",
		"\u{1f511}",
		"\0",
		"00000",
		"0".repeat(1000),
	];
	return {
		about: "Written by make-keys.ts. A checksum is the CRC-32/ISO-HDLC of the UTF-8 bytes before it, in six base62 digits (0-9A-Za-z).",
		checksums: texts.map((text) => ({ text, checksum: getChecksum(text) })),
		raw_keys: [
			...["prod", "staging", "dev"].flatMap((environment) => [
				rawKey("kwtest", environment, `1 ${environment}`),
				rawKey("kwtest_eu", environment, `2 ${environment}`),
			]),
			rawKey("kwtest_prod", "dev", "3"),
			rawKey("kwtest", "prod", paddedLabel()),
		],
		service_credentials: [serviceCredential("1"), serviceCredential("2")],
		mistakes: mistakes(),
	};
}

/** What `keys.json` has to hold. */
export function writtenVectors(): string {
	return `${JSON.stringify(vectors(), null, "\t")}\n`;
}

if (import.meta.main) writeFileSync(KEYS_FILE, writtenVectors());
