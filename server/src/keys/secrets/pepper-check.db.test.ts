import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import pg from "pg";
import { TEST_PEPPER } from "../../../testing/audit.ts";
import { auditActions, type KeysFixture, keyInput, keysFixture } from "../../../testing/keys.ts";
import { auditKeysFrom } from "../../audit/entry.ts";
import { verifyChain } from "../../audit/verify.ts";
import { parsePeppers } from "../../core/pepper.ts";
import type { KeysContext } from "../context.ts";
import { createKey } from "../create.ts";
import { revokeKey } from "../revocation/revoke.ts";
import { parseRawKey } from "./format.ts";
import { type StoredMac, secretMatches } from "./mac.ts";
import { checkPeppers } from "./pepper-check.ts";
import { rekeySecret } from "./rekey.ts";

const NEW_PEPPER = "a-newer-pepper-of-the-tests-0123456789-klm";
const FOREIGN_PEPPER = "pepper-of-another-database-0123456789-nop";

let fixture: KeysFixture;
let client: pg.Client;
beforeEach(async () => {
	fixture = await keysFixture();
	client = new pg.Client({ connectionString: fixture.db.superuserUrl });
	await client.connect();
});
afterEach(async () => {
	await client.end();
	await fixture.close();
});

function withPeppers(text: string): KeysContext {
	const peppers = parsePeppers(text);
	return fixture.context({ peppers, audit_keys: auditKeysFrom(peppers), actor: { kind: "system", name: "start" } });
}
async function pepperRows(): Promise<number> {
	return (await client.query("select from keywright.peppers")).rowCount ?? 0;
}
async function storedMac(kid: string): Promise<StoredMac> {
	const found = await client.query<StoredMac>("select mac, mac_version, pepper_id from keywright.secrets where kid = $1", [kid]);
	assert(found.rows[0]);
	return found.rows[0];
}

test("an empty database registers the first pepper once, also if two servers start together", async () => {
	await Promise.all([checkPeppers(withPeppers(TEST_PEPPER)), checkPeppers(withPeppers(TEST_PEPPER)), checkPeppers(withPeppers(TEST_PEPPER))]);
	await checkPeppers(withPeppers(TEST_PEPPER));
	assert.equal(await pepperRows(), 1);
	assert.deepEqual(await auditActions(fixture, "*"), ["pepper.registered"]);
	await assert.rejects(checkPeppers(withPeppers(FOREIGN_PEPPER)), /does not belong to this database/);
});

test("of two servers that start together with different peppers, one refuses to start", async () => {
	const starts = await Promise.allSettled([checkPeppers(withPeppers(TEST_PEPPER)), checkPeppers(withPeppers(FOREIGN_PEPPER))]);
	assert.deepEqual(starts.map((start) => start.status).sort(), ["fulfilled", "rejected"]);
	assert.equal(await pepperRows(), 1);
});

test("a wrong pepper refuses to start and changes nothing", async () => {
	await checkPeppers(withPeppers(TEST_PEPPER));
	await createKey(withPeppers(TEST_PEPPER), keyInput(await fixture.tenant()));
	const before = await fixture.state();
	await assert.rejects(checkPeppers(withPeppers(FOREIGN_PEPPER)), /the pepper does not belong to this database/);
	await assert.rejects(checkPeppers(withPeppers(`${FOREIGN_PEPPER},${NEW_PEPPER}`)), /the pepper does not belong to this database/);
	assert.equal(await fixture.state(), before);
});

test("an altered canary and secrets without a canary refuse to start", async () => {
	await checkPeppers(withPeppers(TEST_PEPPER));
	await createKey(withPeppers(TEST_PEPPER), keyInput(await fixture.tenant()));
	await client.query("update keywright.peppers set canary = $1", [Buffer.alloc(32)]);
	await assert.rejects(checkPeppers(withPeppers(TEST_PEPPER)), /canary/);
	await client.query("update keywright.peppers set canary = $1", [Buffer.alloc(3)]);
	await assert.rejects(checkPeppers(withPeppers(TEST_PEPPER)), /canary/);
	await client.query("delete from keywright.peppers");
	await assert.rejects(checkPeppers(withPeppers(TEST_PEPPER)), /restored in part/);
});

test("a pepper rotation keeps all keys working: both peppers, then each MAC recomputed at its use, then the new pepper alone", async () => {
	await checkPeppers(withPeppers(TEST_PEPPER));
	const tenant_id = await fixture.tenant();
	const made = await createKey(withPeppers(TEST_PEPPER), keyInput(tenant_id));
	const unused = await createKey(withPeppers(TEST_PEPPER), keyInput(tenant_id));
	await assert.rejects(checkPeppers(withPeppers(NEW_PEPPER)), /does not belong/);

	const both = withPeppers(`${NEW_PEPPER},${TEST_PEPPER}`);
	await checkPeppers(both);
	assert.equal(await pepperRows(), 2);
	await assert.rejects(checkPeppers(withPeppers(NEW_PEPPER)), /2 secrets of keys and 0 service credentials.*new,old/);

	const parsed = parseRawKey("kw", made.raw_key);
	assert(parsed);
	const identity = { kid: parsed.kid, key_id: made.key.id, tenant_id, environment: "prod" };
	const old = await storedMac(parsed.kid);
	assert(secretMatches(both.peppers, identity, parsed.secret, old));
	assert(!secretMatches(parsePeppers(NEW_PEPPER), identity, parsed.secret, old));
	assert.equal(await rekeySecret(both, { ...identity, secret: "x".repeat(32) }), false, "a wrong secret recomputes no MAC");
	assert.deepEqual(await storedMac(parsed.kid), old);
	const done = await Promise.all(Array.from({ length: 5 }, () => rekeySecret(both, { ...identity, secret: parsed.secret })));
	assert.equal(done.filter(Boolean).length, 1);
	assert(secretMatches(parsePeppers(NEW_PEPPER), identity, parsed.secret, await storedMac(parsed.kid)));
	assert.equal(await rekeySecret(both, { ...identity, tenant_id: "nobody", secret: parsed.secret }), false);

	await assert.rejects(checkPeppers(withPeppers(NEW_PEPPER)), /1 secrets of keys/);
	await revokeKey(both, { tenant_id, key_id: unused.key.id, reason: "integration_retired" });
	await checkPeppers(withPeppers(NEW_PEPPER));
	await assert.rejects(checkPeppers(withPeppers(TEST_PEPPER)), /an earlier pepper is still needed: 1 secrets/);

	const chain = await verifyChain(both, tenant_id);
	assert.equal(chain.intact, true, JSON.stringify(chain));
	const entries = await client.query<{ action: string }>("select action from keywright.audit_entries where chain = $1 order by seq", [tenant_id]);
	assert.equal(entries.rows.filter((row) => row.action === "secret.rekeyed").length, 1);
});

test("a service whose credential has an earlier pepper requires that pepper until it is revoked", async () => {
	await checkPeppers(withPeppers(TEST_PEPPER));
	await checkPeppers(withPeppers(`${NEW_PEPPER},${TEST_PEPPER}`));
	await client.query(
		"insert into keywright.services (id, name, credential_id, mac, mac_version, pepper_id, last4) values ('svc_1', 'orders', 'c', '', 1, $1, 'abcd')",
		[parsePeppers(TEST_PEPPER).current.id],
	);
	await assert.rejects(checkPeppers(withPeppers(NEW_PEPPER)), /0 secrets of keys and 1 service credentials/);
	await client.query("update keywright.services set revoked_at = now()");
	await checkPeppers(withPeppers(NEW_PEPPER));
});
