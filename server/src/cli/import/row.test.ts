import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { holdsSecret } from "../../core/secret-text.ts";
import { plainName } from "./file.ts";
import { parseTime, type ReadRow, type RowDefaults, readRow } from "./row.ts";

const NOW = Date.parse("2026-11-23T00:00:00Z");
const digest = createHash("sha256").update("acme_key").digest();
const DEFAULTS: RowDefaults = {
	...{ source: "plain", tenant_id: null, environment: "prod", owner: "Dana", permissions: null, prefix: "acme_", now: NOW },
	holds_secret: (text) => holdsSecret(text) || text.includes("acme_secret"),
};

function read(fields: Record<string, string>, defaults: Partial<RowDefaults> = {}): ReadRow {
	const all = { hash: digest.toString("hex"), tenant_id: "t", ...fields };
	return readRow({ line: 7, fields: new Map(Object.entries(all).map(([name, text]) => [plainName(name), text])) }, { ...DEFAULTS, ...defaults });
}

function getRow(found: ReadRow) {
	assert("row" in found, JSON.stringify(found));
	return found.row;
}

test("a row of a plain file becomes what a key would be created with", () => {
	const fields = { name: " bot ", environment: "test", permissions: "documents:read, documents:write", site_ids: '["s"]', expires_at: "2030-01-01" };
	assert("fault" in read(fields), "a day is no time");
	const row = getRow(read({ ...fields, expires_at: "2030-01-01 10:00:00" }));
	assert.deepEqual(row, {
		line: 7,
		sha256: digest,
		tenant: { id: "t" },
		input: {
			name: "bot",
			environment: "dev",
			owner: "Dana",
			permissions: ["documents:read", "documents:write"],
			site_ids: ["s"],
			expires_at: "2030-01-01T10:00:00.000Z",
		},
	});
	assert.equal(getRow(read({})).input.name, "imported line 7");
	assert.deepEqual(getRow(read({ owner: "Ada", owner_email: "ada@example.com" })).input.owner, { name: "Ada", email: "ada@example.com" });
	assert.deepEqual(getRow(read({}, { tenant_id: "all" })).tenant, { id: "all" });
});

test("an export of Unkey is understood: its columns, base64, times of the database", () => {
	const fields = {
		hash: digest.toString("base64"),
		owner_id: "cus_1",
		start: "acme_ab",
		expires: "2030-05-01 00:00:00.000",
		enabled: "1",
		tenant_id: "",
	};
	const row = getRow(read(fields, { source: "unkey" }));
	assert.deepEqual([row.tenant, row.input.expires_at], [{ external_id: "cus_1" }, "2030-05-01T00:00:00.000Z"]);
	assert.deepEqual(read({ ...fields, enabled: "0" }, { source: "unkey" }), { skipped: "disabled" });
	assert.deepEqual(read({ ...fields, deleted_at_m: "1767225600000" }, { source: "unkey" }), { skipped: "revoked" });
	assert.deepEqual(read({ ...fields, expires: "2020-01-01 00:00:00" }, { source: "unkey" }), { skipped: "expired" });
});

test("an export of Better Auth is understood: its columns, base64url, its permissions", () => {
	const fields = {
		hash: "",
		key: digest.toString("base64url"),
		referenceId: "user-1",
		permissions: '{"files":["read","write"]}',
		enabled: "true",
		tenant_id: "",
	};
	const row = getRow(read(fields, { source: "better-auth" }));
	assert.deepEqual([row.tenant, row.input.permissions], [{ external_id: "user-1" }, ["files:read", "files:write"]]);
});

test("what is wrong with a row is said without its hash", () => {
	const cases: [Record<string, string>, Partial<RowDefaults>, RegExp][] = [
		[{ hash: "" }, {}, /no hash/],
		[{ hash: "deadbeef" }, {}, /not a SHA-256 hash/],
		[{ tenant_id: "" }, {}, /names no tenant/],
		[{}, { environment: null }, /no environment/],
		[{ environment: "qa" }, {}, /environment must be/],
		[{}, { owner: null }, /has no owner/],
		[{ enabled: "perhaps" }, {}, /neither true nor false/],
		[{ expires_at: "soon" }, {}, /not a date and time/],
		[{ permissions: "[" }, {}, /not valid JSON/],
		[{ start: "other_1" }, {}, /does not have the prefix/],
		[{ name: "a\u0007b" }, {}, /^name /],
		[{ name: "a\u202eb" }, {}, /^name must not contain/],
		[{ name: `kw_prod_${"a".repeat(50)}` }, {}, /^name must not contain a key/],
		[{ owner: "see acme_secret" }, {}, /^owner must not contain a key/],
		[{ expires_at: "2027-02-30T00:00:00Z" }, {}, /not a date and time/],
		[{ permissions: "{a:b,{c}}" }, {}, /not valid JSON/],
		[{ permissions: "{NULL}" }, {}, /not valid JSON/],
		[{ hash: "\\x12" }, {}, /not a SHA-256 hash/],
		[{ rotate_every_days: "x" }, {}, /rotate_every_days/],
	];
	for (const [fields, defaults, words] of cases) {
		const found = read(fields, defaults);
		assert("fault" in found, JSON.stringify(fields));
		assert.match(found.fault, words);
		assert(!found.fault.includes(digest.toString("hex").slice(0, 8)) && !found.fault.includes("deadbeef"));
	}
});

test("times are read in the ways that databases write them", () => {
	const at = Date.parse("2030-01-31T12:00:00Z");
	for (const text of [
		"2030-01-31T12:00:00Z",
		"2030-01-31 12:00:00",
		"2030-01-31 12:00:00.000000+00",
		"2030-01-31T13:00:00+01:00",
		`${at}`,
		`${at / 1000}`,
	])
		assert.equal(parseTime(text)?.getTime(), at, text);
	for (const text of ["2027-02-30 00:00:00", "2027-02-29T00:00:00Z", "2027-04-31 10:00:00+00", "2027-00-10T00:00:00Z"])
		assert.equal(parseTime(text), null, text);
	assert.equal(parseTime("2028-02-29T00:00:00Z")?.toISOString(), "2028-02-29T00:00:00.000Z");
	for (const text of ["", "tomorrow", "2030-13-01T00:00:00Z", "12", "31.1.2030"]) assert.equal(parseTime(text), null, text);
});

test("columns are read as PostgreSQL's \\copy writes them: bytea, text[], infinity, t and f", () => {
	const written = {
		...{ hash: `\\x${digest.toString("hex")}`, expires_at: "infinity", enabled: "t", revoked: "f" },
		...{ permissions: "{documents:read,documents:write}", site_ids: '{shop,"two words","a \\"quote\\"",NULLs}', allowed_ips: "{}" },
	};
	for (const source of ["plain", "unkey"] as const) {
		const { sha256, input } = getRow(read(written, { source }));
		assert.deepEqual(sha256, digest);
		assert.deepEqual(input.permissions, ["documents:read", "documents:write"]);
		assert.deepEqual(input.site_ids, ["shop", "two words", 'a "quote"', "NULLs"]);
		assert.deepEqual([input.allowed_ips, "expires_at" in input], [[], false]);
	}
	assert.deepEqual(read({ ...written, expires_at: "-infinity" }), { skipped: "expired" });
});
