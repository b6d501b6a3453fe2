import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ACME, acmeKey, declareAcme, INTO_ACME, importRow } from "../../testing/imported-keys.ts";
import { getCode, newQuestion, type Process, TEST_PEPPER, type VerificationFixture, verificationFixture } from "../../testing/verification.ts";
import { auditKeysFrom } from "../audit/entry.ts";
import { parseAddress } from "../core/network.ts";
import { parsePeppers } from "../core/pepper.ts";
import { putImportedFormat } from "../keys/imported/formats.ts";
import { importKeys } from "../keys/imported/import.ts";
import { revokeKey } from "../keys/revocation/revoke.ts";
import { asKid, makeRawKey, newSecret } from "../keys/secrets/format.ts";
import { checkPeppers } from "../keys/secrets/pepper-check.ts";
import { rekeySecret } from "../keys/secrets/rekey.ts";
import { updateKeySettings } from "../keys/update.ts";
import type { Node } from "../nodes/node.ts";

const NEW_PEPPER = "another-pepper-of-the-tests-0123456789-abcdef";

let fixture: VerificationFixture;
let one: Process;
let two: Process;
let tenant_id: string;
before(async () => {
	fixture = await verificationFixture();
	one = await fixture.process();
	two = await fixture.process();
	await checkPeppers(fixture.context(one.node));
	await declareAcme(fixture.context(one.node));
	tenant_id = await fixture.tenant(one.node);
});
after(() => fixture.close());

async function imported(node: Node = one.node): Promise<{ raw_key: string; key_id: string }> {
	const raw_key = acmeKey();
	const [judged] = await importKeys(fixture.context(node), [importRow(raw_key, tenant_id)], INTO_ACME);
	return { raw_key, key_id: judged?.key?.id ?? "" };
}

async function stored(key_id: string): Promise<Record<string, unknown>> {
	const [row] = await fixture.behind("select kid, mac_version, pepper_id, last4, lookup from keywright.secrets where key_id = $1", [key_id]);
	assert(row);
	return row;
}

/** Recomputes MACs as the server does. All from one node, because the other nodes of this fixture do not confirm changes by themselves. */
async function rekey(process: Process, pepper = TEST_PEPPER): Promise<boolean[]> {
	const peppers = parsePeppers(pepper);
	const context = fixture.context(one.node, { peppers, audit_keys: auditKeysFrom(peppers) });
	const waiting = process.rekeyed.splice(0);
	return Promise.all(
		waiting.map(({ grant, secret }) =>
			rekeySecret(context, { kid: grant.kid, key_id: grant.key_id, tenant_id: grant.tenant.id, environment: grant.environment, secret }),
		),
	);
}

test("an imported key works unchanged, on every node, and is made anew at its first use", async () => {
	const { raw_key, key_id } = await imported();
	assert.equal(getCode(await one.ask(raw_key)), "allowed");
	assert.equal(getCode(await two.ask(raw_key)), "allowed");
	assert.equal((await stored(key_id)).mac_version, 2);
	const done = (await Promise.all([rekey(one), rekey(two)])).flat();
	assert.deepEqual(done.toSorted(), [false, true], "one of two nodes makes it anew");
	const row = await stored(key_id);
	assert.deepEqual([row.mac_version, row.last4], [1, raw_key.slice(-4)]);
	for (const process of [one, two]) {
		const { denial, grant } = await process.ask(raw_key);
		assert.deepEqual([denial, grant?.last4, grant?.mac_version], [null, raw_key.slice(-4), 1]);
		assert.equal(process.rekeyed.length, 0, "once is enough");
	}
	const [entry] = await fixture.behind("select count(*)::int as n from keywright.audit_entries where action = 'secret.rekeyed' and target_id = $1", [
		key_id,
	]);
	assert.equal(entry?.n, 1);
});

test("an imported production key that is used from a browser is let in by default, also once it is made anew; where `block` was chosen it is refused", async () => {
	const { raw_key, key_id } = await imported();
	const made_here = await fixture.key(one.node, tenant_id);
	const fromBrowser = async (presented: string) => getCode(await one.ask(presented, { client: "browser" }));
	assert.deepEqual([await fromBrowser(raw_key), await fromBrowser(made_here.raw_key)], ["allowed", "client_not_allowed"]);
	await rekey(one);
	assert.equal(await fromBrowser(raw_key), "allowed");
	await updateKeySettings(fixture.context(one.node), { tenant_id, key_id, client_policy: "block" });
	assert.equal(await fromBrowser(raw_key), "client_not_allowed");
});

test("a warm imported key is found by its digest, without a query", async () => {
	const { raw_key } = await imported();
	await one.ask(raw_key);
	await rekey(one);
	await one.ask(raw_key);
	const decision = one.verifier.decide(newQuestion(raw_key));
	assert(!(decision instanceof Promise));
	assert.equal(getCode(decision), "allowed");
});

test("a revoked imported key is refused by the next request, warm or cold, on every node", async () => {
	const { raw_key, key_id } = await imported();
	assert.equal(getCode(await one.ask(raw_key)), "allowed");
	await revokeKey(fixture.context(two.node), { tenant_id, key_id, reason: "other" });
	assert.equal(getCode(await one.ask(raw_key)), "key_revoked");
	assert.equal(getCode(await two.ask(raw_key)), "key_revoked");
});

test("a key that was unknown a moment ago works once its import has returned, also where it was just refused", async () => {
	const raw_key = acmeKey();
	for (const process of [one, two]) assert.equal(getCode(await process.ask(raw_key)), "key_invalid");
	await importKeys(fixture.context(one.node), [importRow(raw_key, tenant_id)], INTO_ACME);
	for (const process of [one, two]) assert.equal(getCode(await process.ask(raw_key)), "allowed");
});

test("an unknown key of a declared format is refused in the same words as any wrong secret, and counts against its address", async () => {
	const strict = await fixture.process({ failures_per_minute: 5 });
	const key = await fixture.key(one.node, tenant_id);
	const wrong = makeRawKey({ brand: "kw", environment: "prod", kid: asKid(key.kid), secret: newSecret() });
	const elsewhere = await strict.ask(acmeKey());
	assert.deepEqual(elsewhere.denial, (await strict.ask(wrong)).denial);
	const address = parseAddress("203.0.113.9");
	assert(address);
	const codes = new Set<string>();
	for (let tries = 0; tries < 12; tries += 1) codes.add(getCode(await strict.ask(acmeKey(), { address })));
	assert.deepEqual([...codes].sort(), ["key_invalid", "too_many_auth_failures"]);
	const { raw_key } = await imported();
	assert.equal(getCode(await strict.ask(raw_key, { address })), "allowed", "a right key is never refused by it");
});

test("a text of no declared format gets an explanation without a lookup; a declared format applies on every node", async () => {
	const text = `late_${"a".repeat(24)}`;
	for (const process of [one, two]) assert.match((await process.ask(text)).denial?.detail ?? "", /does not begin with/);
	await putImportedFormat(fixture.context(one.node), { ...ACME, name: "late", prefix: "late_" });
	for (const process of [one, two]) assert.match((await process.ask(text)).denial?.detail ?? "", /not known/);
});

test("its text cannot be dressed up as one of our keys, nor one of ours as imported", async () => {
	await putImportedFormat(fixture.context(one.node), { name: "bare", prefix: "", alphabet: "base62", length_min: 32, length_max: 32 });
	const bare = newSecret();
	const format = { name: "bare", prefix: "", alphabet: "base62", length_min: 32, length_max: 32 } as const;
	const [judged] = await importKeys(fixture.context(one.node), [importRow(bare, tenant_id)], { format, source: "plain" });
	const { kid } = await stored(judged?.key?.id ?? "");
	const dressed = makeRawKey({ brand: "kw", environment: "prod", kid: asKid(String(kid)), secret: bare });
	assert.equal(getCode(await one.ask(dressed)), "key_invalid");
	assert.equal(getCode(await one.ask(bare)), "allowed");
	await rekey(one);
	assert.equal(getCode(await one.ask(dressed)), "key_invalid", "also once it was made anew");
	const key = await fixture.key(one.node, tenant_id);
	assert.equal(getCode(await one.ask(key.raw_key.slice(20, 52))), "key_invalid");
});

test("a row that was swapped in the database is no key: look-up, environment and tenant are bound", async () => {
	const mine = await imported();
	const theirs = await imported();
	const { lookup } = await stored(theirs.key_id);
	await fixture.behind("update keywright.secrets set lookup = null where key_id = $1", [theirs.key_id]);
	await fixture.behind("update keywright.secrets set lookup = $1 where key_id = $2", [lookup, mine.key_id]);
	assert.equal(getCode(await one.ask(theirs.raw_key)), "key_invalid");
	assert.equal(getCode(await one.ask(mine.raw_key)), "key_invalid");
	const moved = await imported();
	await fixture.behind("update keywright.keys set environment = 'dev' where id = $1", [moved.key_id]);
	assert.equal(getCode(await one.ask(moved.raw_key)), "key_invalid");
	const downgraded = await imported();
	await one.ask(downgraded.raw_key);
	await rekey(one);
	await fixture.behind("update keywright.secrets set mac_version = 2 where key_id = $1", [downgraded.key_id]);
	const fresh = await fixture.process();
	assert.equal(getCode(await fresh.ask(downgraded.raw_key)), "key_invalid");
});

test("while the pepper is replaced imported keys are found by both, move to the new one at use, and the unused are counted", async () => {
	const used = await imported();
	const unused = await imported();
	const pair = `${NEW_PEPPER},${TEST_PEPPER}`;
	const peppers = parsePeppers(pair);
	const both = fixture.context(one.node, { peppers, audit_keys: auditKeysFrom(peppers) });
	await checkPeppers(both);
	const newer = await fixture.process({ peppers });
	const newest = await fixture.process({ peppers });
	for (const process of [newer, newest]) assert.equal(getCode(await process.ask(used.raw_key)), "allowed");
	const { lookup: before } = await stored(used.key_id);
	const done = (await Promise.all([rekey(newer, pair), rekey(newest, pair)])).flat();
	assert.equal(done.filter(Boolean).length, 1);
	const row = await stored(used.key_id);
	assert.deepEqual([row.pepper_id, row.mac_version], [peppers.current.id, 1]);
	assert.notEqual(row.lookup, before);
	for (const process of [newer, newest]) assert.equal(getCode(await process.ask(used.raw_key)), "allowed", "found under its new look-up");
	const again = await importKeys(both, [importRow(used.raw_key, tenant_id), importRow(unused.raw_key, tenant_id)], INTO_ACME);
	assert.deepEqual(
		again.map(({ outcome }) => outcome),
		["there", "there"],
		"an import knows a key under either pepper",
	);
	const alone = parsePeppers(NEW_PEPPER);
	const last = fixture.context(one.node, { peppers: alone, audit_keys: auditKeysFrom(alone) });
	await assert.rejects(checkPeppers(last), /earlier pepper is still needed/);
});

test("requests succeed while many imported keys are rekeyed", async () => {
	const keys = [];
	for (let made = 0; made < 20; made += 1) keys.push(await imported());
	const codes = new Set<string>();
	await Promise.all(
		keys.map(async ({ raw_key }) => {
			for (let round = 0; round < 10; round += 1) {
				codes.add(getCode(await one.ask(raw_key)));
				codes.add(getCode(await two.ask(raw_key)));
				await Promise.all([rekey(one), rekey(two)]);
			}
		}),
	);
	assert.deepEqual([...codes], ["allowed"]);
	for (const { key_id } of keys) assert.equal((await stored(key_id)).mac_version, 1);
});
