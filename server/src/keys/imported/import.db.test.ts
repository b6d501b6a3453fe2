import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { after, before, test } from "node:test";
import { acmeKey, declareAcme, INTO_ACME, importRow } from "../../../testing/imported-keys.ts";
import { auditActions, getPointers, type KeysFixture, keysFixture, refused } from "../../../testing/keys.ts";
import { getKey, listKeys } from "../read.ts";
import { revokeKey } from "../revocation/revoke.ts";
import { deleteImportedFormat, listImportedFormats, putImportedFormat } from "./formats.ts";
import { importKeys, surveyImport } from "./import.ts";
import type { ImportRow, RowOutcome } from "./row.ts";

let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
	await declareAcme(fixture.context());
});
after(() => fixture.close());

const run = (rows: readonly ImportRow[]) => importKeys(fixture.context(), rows, INTO_ACME);
const survey = (rows: readonly ImportRow[]) => surveyImport(fixture.context(), rows, new Map());
function words(outcome: RowOutcome | undefined): string {
	return typeof outcome === "object" ? `${outcome.why}: ${outcome.refused}` : String(outcome);
}

test("a dry run changes nothing and predicts the import; a second import changes nothing", async () => {
	const tenant_id = await fixture.tenant();
	const rows = Array.from({ length: 5 }, () => importRow(acmeKey(), tenant_id));
	const before = await fixture.state();
	assert.deepEqual(
		(await survey(rows)).map(({ outcome }) => outcome),
		rows.map(() => "new"),
	);
	assert.equal(await fixture.state(), before);
	assert((await run(rows)).every(({ outcome }) => outcome === "new"));
	const done = await fixture.state();
	assert((await run(rows)).every(({ outcome }) => outcome === "there"));
	assert((await survey(rows)).every(({ outcome }) => outcome === "there"));
	assert.equal(await fixture.state(), done);
	assert.equal((await auditActions(fixture, tenant_id)).filter((action) => action === "keys.imported").length, 1);
	const [entry] = await fixture.behind("select details->'facts' as facts from audit_entries where chain = $1 and action = 'keys.imported'", [
		tenant_id,
	]);
	const { data } = await listKeys(fixture.context(), { tenant_id });
	assert.deepEqual(Object(entry?.facts).key_ids.sort(), data.map((key) => key.id).sort());
});

test("an imported key is marked as such, is due for rotation immediately, and has no last characters yet", async () => {
	const tenant_id = await fixture.tenant();
	const expires_at = new Date(fixture.clock.now() + 86_400_000).toISOString();
	const [validated] = await run([importRow(acmeKey(), tenant_id, { name: "Order bot", expires_at, permissions: ["tenant:read"] })]);
	const key = await getKey(fixture.context(), { tenant_id, key_id: validated?.key?.id ?? "" });
	assert.deepEqual(
		[key.name, key.environment, key.owner, key.permissions, key.expires_at, key.rotation_due_at],
		["Order bot", "prod", { name: "Dana" }, ["tenant:read"], expires_at, key.created_at],
	);
	assert.deepEqual(
		key.secrets.map(({ last4, imported, status }) => ({ last4, imported, status })),
		[{ last4: "", imported: true, status: "issued" }],
	);
});

test("the database contains neither the hash nor any part of the raw key, in any encoding", async () => {
	const tenant_id = await fixture.tenant();
	const raw_key = acmeKey();
	await run([importRow(raw_key, tenant_id)]);
	const dump = await fixture.dump();
	const sha256 = hash("sha256", raw_key, "buffer");
	const [row] = await fixture.behind("select mac, lookup, mac_version from secrets where tenant_id = $1", [tenant_id]);
	assert(row && Buffer.isBuffer(row.mac));
	// The dump has bytes in hex, so that a search for hex also covers the raw bytes of every column.
	for (const there of [row.mac.toString("hex"), String(row.lookup)]) assert(dump.includes(there), `the dump lacks ${there}`);
	const writings = [raw_key, raw_key.slice(5), sha256.toString("hex"), sha256.toString("base64").slice(0, -1), sha256.toString("base64url")];
	for (const text of writings) assert(!dump.toLowerCase().includes(text.toLowerCase()), "the database holds the bare hash");
	assert.equal(row.mac_version, 2);
	assert(!row.mac.equals(sha256));
	assert(!String(row.lookup).includes(sha256.toString("base64url")));
});

test("rows are validated like new keys, each on its own, and the valid ones are imported", async () => {
	const tenant_id = await fixture.tenant({ max_key_lifetime_days: 30 });
	const suspended = await fixture.tenant();
	const without = await fixture.tenant({ capabilities: [] });
	await fixture.behind("update tenants set status = 'suspended' where id = $1", [suspended]);
	await fixture.site(tenant_id, "shop-staging", "staging");
	const other = await fixture.tenant();
	const taken = acmeKey();
	await run([importRow(taken, other)]);
	const rows = [
		importRow(acmeKey(), tenant_id),
		importRow(acmeKey(), "nobody"),
		importRow(acmeKey(), suspended),
		importRow(acmeKey(), without),
		importRow(acmeKey(), tenant_id, { permissions: ["fly:high"] }),
		importRow(acmeKey(), tenant_id, { site_ids: ["shop-staging"] }),
		importRow(acmeKey(), tenant_id, { site_ids: ["nowhere"] }),
		importRow(acmeKey(), tenant_id, { allowed_ips: ["300.1.1.1"] }),
		importRow(acmeKey(), tenant_id, { expires_at: "2099-01-01T00:00:00Z" }),
		importRow(taken, tenant_id),
	];
	const expected = [
		/^new$/,
		/^tenant_missing/,
		/^not_valid: .*suspended/,
		/^not_valid: .*m2m_api/,
		/^not_valid: permissions\/0 /,
		/^not_valid: site_ids\/0 .*staging/,
		/^not_valid: site_ids\/0 /,
		/^not_valid: allowed_ips/,
		/^not_valid: expires_at/,
		/^other_tenant/,
	];
	for (const validated of [await survey(rows), await run(rows)])
		for (const [index, pattern] of expected.entries()) assert.match(words(validated[index]?.outcome), pattern);
});

test("the plan's number of keys holds across the batches of a file and concurrent imports", async () => {
	const tenant_id = await fixture.tenant({ limits: { sites: null, api_keys: 3, documents: null, storage_bytes: null, document_bytes: null } });
	const rows = Array.from({ length: 6 }, () => importRow(acmeKey(), tenant_id));
	const used = new Map<string, number>();
	const first = await surveyImport(fixture.context(), rows.slice(0, 2), used);
	const rest = await surveyImport(fixture.context(), rows.slice(2), used);
	assert.equal([...first, ...rest].filter(({ outcome }) => outcome === "new").length, 3);
	const [one, two] = await Promise.all([run(rows.slice(0, 3)), run(rows.slice(3))]);
	const all = [...(one ?? []), ...(two ?? [])];
	assert.equal(all.filter(({ outcome }) => outcome === "new").length, 3);
	assert(all.filter(({ outcome }) => outcome !== "new").every(({ outcome }) => /^over_plan/.test(words(outcome))));
});

test("concurrent imports of the same keys import each once", async () => {
	const tenant_id = await fixture.tenant();
	const rows = Array.from({ length: 40 }, () => importRow(acmeKey(), tenant_id));
	const both = await Promise.all([run(rows), run(rows.toReversed())]);
	assert.equal(both.flat().filter(({ outcome }) => outcome === "new").length, 40);
	const [count] = await fixture.behind("select count(*)::int as keys from keys where tenant_id = $1", [tenant_id]);
	assert.equal(count?.keys, 40);
});

test("a format with keys can be widened and neither narrowed nor deleted; without any it can be both", async () => {
	const tenant_id = await fixture.tenant();
	const format = { name: "beta", prefix: "beta_", alphabet: "base62", length_min: 20, length_max: 24 } as const;
	await putImportedFormat(fixture.context(), format);
	const [validated] = await importKeys(fixture.context(), [importRow(`beta_${"x".repeat(20)}`, tenant_id)], { format, source: "plain" });
	await refused(fixture, "conflict", () => putImportedFormat(fixture.context(), { ...format, length_min: 21 }));
	await refused(fixture, "conflict", () => deleteImportedFormat(fixture.context(), { name: "beta" }));
	const widened = await putImportedFormat(fixture.context(), { ...format, length_max: 40 });
	assert.deepEqual([widened.length_max, widened.keys, widened.keys_never_used], [40, 1, 1]);
	await revokeKey(fixture.context(), { tenant_id, key_id: validated?.key?.id ?? "", reason: "other" });
	await deleteImportedFormat(fixture.context(), { name: "beta" });
	await refused(fixture, "not_found", () => deleteImportedFormat(fixture.context(), { name: "beta" }));
	const { data } = await listImportedFormats(fixture.context());
	assert(!data.some(({ name }) => name === "beta"));
	assert((await getKey(fixture.context(), { tenant_id, key_id: validated?.key?.id ?? "" })).secrets[0]?.imported, "it is still marked as imported");
	const actions = await auditActions(fixture, "*");
	assert.deepEqual(actions.filter((action) => action.startsWith("legacy_format.")).slice(-3), [
		"legacy_format.created",
		"legacy_format.updated",
		"legacy_format.deleted",
	]);
});

test("formats with a reserved prefix or an invalid name, and more than 16, are refused", async () => {
	const format = { prefix: "old_", alphabet: "hex", length_min: 32, length_max: 32 } as const;
	const failure = await refused(fixture, "invalid_request", () =>
		putImportedFormat(fixture.context(), { ...format, name: "Bad Name", prefix: "kw_prod_" }),
	);
	assert.deepEqual(getPointers(failure), ["/path/name", "/prefix"]);
	const { data } = await listImportedFormats(fixture.context());
	for (let made = data.length; made < 16; made += 1) await putImportedFormat(fixture.context(), { ...format, name: `old-${made}` });
	await refused(fixture, "conflict", () => putImportedFormat(fixture.context(), { ...format, name: "one-more" }));
});
