import { deepEqual, equal, match, notEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checksum } from "../../core/checksum.ts";
import { makeServiceCredential } from "../../core/credential.ts";
import { BASE62 } from "../../core/id.ts";
import {
	asKid,
	ENVIRONMENTS,
	type Environment,
	explainMistake,
	type FormatMistakeKind,
	isBrand,
	makeRawKey,
	maskRawKey,
	newKid,
	newSecret,
	parseRawKey,
	rawKeyLength,
} from "./format.ts";

const BRAND = "kwtest";
const RAW_KEY = getMade("kwtest", "prod");

function getMade(brand: string, environment: Environment): string {
	return makeRawKey({ brand, environment, kid: newKid(), secret: newSecret() });
}

function getKind(text: string, brand = BRAND): FormatMistakeKind {
	return explainMistake(brand, text).kind;
}

const brands = fc.stringMatching(/^[a-z][a-z0-9]{0,7}(_[a-z0-9]{1,7}){0,2}$/).filter(isBrand);
const environments = fc.constantFrom(...ENVIRONMENTS);
const base62 = (characters: number) => fc.string({ unit: fc.constantFrom(...BASE62), minLength: characters, maxLength: characters });

test("a raw key parses into its parts, for every brand and environment", () => {
	fc.assert(
		fc.property(brands, environments, base62(12), base62(32), (brand, environment, kid, secret) => {
			const raw = makeRawKey({ brand, environment, kid: asKid(kid), secret });
			deepEqual(parseRawKey(brand, raw), { environment, kid, secret, last4: raw.slice(-4) });
			equal(raw.length, rawKeyLength(brand, environment));
		}),
	);
});

test("the default brand gives the documented pattern", () => {
	for (const environment of ENVIRONMENTS) match(getMade("kw", environment), /^kw_(prod|staging|dev)_[0-9A-Za-z]{50}$/);
	equal(rawKeyLength("kw", "prod"), 58);
});

test("new kids and secrets are base62 of the right length and distinct", () => {
	match(newKid(), /^[0-9A-Za-z]{12}$/);
	match(newSecret(), /^[0-9A-Za-z]{32}$/);
	notEqual(newSecret(), newSecret());
	notEqual(newKid(), newKid());
});

test("parts in a wrong format are refused", () => {
	throws(() => asKid("short"), /impossible state/);
	throws(() => asKid("a_bcdefghijk"), /impossible state/);
	throws(() => makeRawKey({ brand: BRAND, environment: "dev", kid: newKid(), secret: "short" }), /impossible state/);
	throws(() => makeRawKey({ brand: BRAND, environment: "dev", kid: newKid(), secret: `${"a".repeat(31)}-` }), /impossible state/);
});

test("any changed, lost or added character is refused", () => {
	fc.assert(
		fc.property(brands, environments, fc.nat({ max: 200 }), fc.string({ unit: "binary", maxLength: 2 }), (brand, environment, place, other) => {
			const raw = getMade(brand, environment);
			const at = place % raw.length;
			const changed = raw.slice(0, at) + other + raw.slice(at + 1);
			equal(parseRawKey(brand, changed) !== null, changed === raw);
			const added = raw.slice(0, at) + other + raw.slice(at);
			equal(parseRawKey(brand, added) !== null, added === raw);
		}),
		{ numRuns: 500 },
	);
});

test("a text with a correct checksum but a wrong brand, environment or separator is refused", () => {
	const tail = `${newKid()}${newSecret()}`;
	for (const body of [
		`kw_prod_${tail}`,
		`kwtest_live_${tail}`,
		`kwtest-prod_${tail}`,
		`kwtest_prod-${tail}`,
		`kwtest_PROD_${tail}`,
		`Kwtest_prod_${tail}`,
	]) {
		equal(parseRawKey(BRAND, body + checksum(body)), null, body.slice(0, 12));
	}
	equal(parseRawKey("kw", getMade("kw_eu", "dev")), null);
	equal(parseRawKey("kw_eu", getMade("kw", "dev")), null);
});

test("arbitrary text does not parse, and its explanation contains no part of it", () => {
	fc.assert(
		fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), fc.string({ unit: "grapheme" })), (text) => {
			equal(parseRawKey(BRAND, text), null);
			const { kind, detail } = explainMistake(BRAND, text);
			ok(kind.length > 0 && detail.length > 10 && detail.length < 200);
		}),
		{ numRuns: 500 },
	);
});

test("the explanation of a damaged key contains no part of kid or secret", () => {
	fc.assert(
		fc.property(environments, fc.nat({ max: 200 }), fc.string({ unit: "binary-ascii", maxLength: 3 }), (environment, place, other) => {
			const raw = getMade(BRAND, environment);
			const at = place % raw.length;
			const damaged = raw.slice(0, at) + other + raw.slice(at + 1);
			fc.pre(damaged !== raw);
			const { detail } = explainMistake(BRAND, damaged);
			const tail = damaged.slice(-50);
			for (let start = 0; start + 5 <= tail.length; start += 1) ok(!detail.includes(tail.slice(start, start + 5)), detail);
		}),
	);
});

test("the explanation of a wrong length has the actual and the expected length", () => {
	const raw = getMade("kw", "prod");
	match(explainMistake("kw", raw.slice(0, -1)).detail, /57 of 58 characters/);
	match(explainMistake("kw", `${raw}ab`).detail, /60 characters instead of 58/);
	match(explainMistake("kw", getMade("kw", "staging").slice(0, 20)).detail, /20 of 61 characters/);
	match(explainMistake("kw", "kw_pr").detail, /5 characters of at least 57/);
});

test("the explanation has the position of a foreign character, also for UTF-8 decoded as Latin-1", () => {
	const broken = `${RAW_KEY.slice(0, 20)}-${RAW_KEY.slice(21)}`;
	match(explainMistake(BRAND, broken).detail, /^Character 21 /);
	const invisible = `${RAW_KEY.slice(0, 20)}\u200b${RAW_KEY.slice(20, 30)}-${RAW_KEY.slice(31)}`;
	match(explainMistake(BRAND, invisible).detail, /^Character 21 /);
	match(explainMistake(BRAND, `${RAW_KEY}\u200b`).detail, new RegExp(`^Character ${RAW_KEY.length + 1} `));
	const asLatin1 = (text: string) => Buffer.from(text).toString("latin1");
	equal(getKind(asLatin1(`“${RAW_KEY}”`)), "quoted");
	equal(getKind(asLatin1("kwtest_prod_…a1B2")), "masked");
	match(explainMistake(BRAND, asLatin1(invisible)).detail, /^Character 21 /);
});

const swapped = RAW_KEY.slice(0, -1) + (RAW_KEY.endsWith("a") ? "b" : "a");
const MISTAKES: Record<FormatMistakeKind, string[]> = {
	empty: ["", " ", "\t\r\n"],
	placeholder: [
		...["$API_KEY", "$" + "{API_KEY}", "Bearer $API_KEY", "{{api_key}}", "{{ secrets.KEY }}", "%API_KEY%", "<your key>", "<API_KEY>", "YOUR_API_KEY"],
		...[
			"your-api-key",
			"your_kwtest_api_key",
			"kwtest_prod_xxxxxxxxxxxx",
			"undefined",
			"null",
			"None",
			"[object Object]",
			"process.env.API_KEY",
			"$(cat key)",
		],
	],
	several_keys: [`${RAW_KEY},${RAW_KEY}`, `${RAW_KEY}, ${RAW_KEY}`, `${RAW_KEY} ${RAW_KEY}`, `${RAW_KEY}${RAW_KEY}`, `${RAW_KEY};x`],
	bearer_prefix: [`Bearer ${RAW_KEY}`, `bearer  ${RAW_KEY}`, `Bearer: ${RAW_KEY}`, `Bearer ${RAW_KEY}\n`],
	scheme_prefix: [`ApiKey ${RAW_KEY}`, `Basic ${RAW_KEY}`, `Token ${RAW_KEY}`, `Api-Key ${RAW_KEY}`],
	name_prefix: [`X-API-Key: ${RAW_KEY}`, `Authorization: Bearer ${RAW_KEY}`, `key=${RAW_KEY}`, `API_KEY="${RAW_KEY}"`, `{"api_key":"${RAW_KEY}"}`],
	quoted: [`"${RAW_KEY}"`, `'${RAW_KEY}'`, `“${RAW_KEY}”`, `${RAW_KEY}"`, `\`${RAW_KEY}\``, `<${RAW_KEY}>`, `"${RAW_KEY}\n"`],
	leading_whitespace: [` ${RAW_KEY}`, `\n${RAW_KEY}`, `\u00a0${RAW_KEY}`],
	trailing_newline: [`${RAW_KEY}\n`, `${RAW_KEY}\r\n`, `${RAW_KEY}\n `, `${RAW_KEY}\\n`, `${RAW_KEY}%0A`],
	trailing_whitespace: [`${RAW_KEY} `, `${RAW_KEY}\t`],
	masked: ["kwtest_prod_…a1B2", "kwtest_prod_...a1B2", "kwtest_prod_************", `${RAW_KEY.slice(0, 24)}[redacted]x`],
	service_credential: [makeServiceCredential().text, "kws_abc"],
	wrong_brand: [RAW_KEY.slice(1), RAW_KEY.slice(-50), "sk-abc", "hello", RAW_KEY.toUpperCase()],
	unknown_environment: [
		`kwtest_live_${RAW_KEY.slice(-50)}`,
		`kwtest_production_${RAW_KEY.slice(-50)}`,
		`kwtest_${RAW_KEY.slice(-50)}`,
		"kwtest__prod_a",
	],
	outside_alphabet: [
		`${RAW_KEY.slice(0, 30)}_${RAW_KEY.slice(31)}`,
		`${RAW_KEY.slice(0, 30)} ${RAW_KEY.slice(30)}`,
		`${RAW_KEY}.`,
		`${RAW_KEY},`,
		`${RAW_KEY}:`,
	],
	wrong_length: [RAW_KEY.slice(0, -1), `${RAW_KEY}a`, "kw", "kwtest_", "kwtest_sta", "kwtest_prod_", "a".repeat(100_000)],
	wrong_checksum: [swapped],
};

for (const [kind, texts] of Object.entries(MISTAKES)) {
	test(`the mistake ${kind} is recognized`, () => {
		for (const text of texts) {
			equal(parseRawKey(BRAND, text), null);
			equal(getKind(text), kind, JSON.stringify(text.slice(0, 80)));
		}
	});
}

test("a brand that ends like an environment is not taken for two keys", () => {
	for (const brand of ["d", "v", "g", "prod", "dev_prod"]) {
		for (const environment of ENVIRONMENTS) equal(getKind(getMade(brand, environment).slice(0, -1), brand), "wrong_length");
	}
});

test("the mask shows brand, environment and the last four characters only", () => {
	equal(maskRawKey("kw", "prod", "a1B2"), "kw_prod_…a1B2");
	const parsed = parseRawKey(BRAND, RAW_KEY);
	ok(parsed);
	ok(RAW_KEY.endsWith(parsed.last4) && parsed.last4.length === 4);
});

test("brands are lower-case words joined by underscores, and never the service credential's", () => {
	for (const brand of ["kw", "a", "acme_eu", "x1_2", "kwsx"]) equal(isBrand(brand), true, brand);
	for (const brand of ["", "Kw", "1a", "_a", "a_", "a__b", "kws", "kws_x", "a-b", "é", "a".repeat(25), "a\n"]) equal(isBrand(brand), false, brand);
});
