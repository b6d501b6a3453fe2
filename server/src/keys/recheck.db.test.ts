import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type KeysFixture, keyInput, keysFixture, refused } from "../../testing/keys.ts";
import { change } from "../audit/change.ts";
import type { ErrorCode } from "../core/error.ts";
import { createSite, updateSite } from "../tenants/sites/sites.ts";
import { updateTenant } from "../tenants/tenants.ts";
import { createKey } from "./create.ts";
import { pauseKey } from "./pause.ts";
import { type RecheckQuestion, recheckKey } from "./recheck.ts";
import { revokeKey } from "./revocation/revoke.ts";
import { updateKeySettings } from "./update.ts";

let fixture: KeysFixture;
before(async () => {
	fixture = await keysFixture();
});
after(() => fixture.close());

async function prepared() {
	const tenant_id = await fixture.tenant();
	await createSite(fixture.context(), { tenant_id, id: "shop", name: "Shop" });
	await createSite(fixture.context(), { tenant_id, id: "other", name: "Other" });
	const { key } = await createKey(fixture.context(), keyInput(tenant_id, { site_ids: ["shop"], permissions: ["documents:write"] }));
	const kid = key.secrets[0]?.kid ?? "";
	const question: RecheckQuestion = { tenant_id, key_id: key.id, kid, site_id: "shop", permission: "documents:write" };
	return { tenant_id, key_id: key.id, kid, question };
}

/** Runs the recheck in a transaction of the tenant, as a keyed write does. */
async function ask(question: RecheckQuestion, now = fixture.clock.now()): Promise<void> {
	await change(fixture.context({ scope: question.tenant_id }), async (tx) => {
		await recheckKey(tx, question, now);
		return { unchanged: undefined };
	});
}
const isRefused = (code: ErrorCode, question: RecheckQuestion) => refused(fixture, code, () => ask(question));

test("an authorized key passes", async () => {
	const { question } = await prepared();
	await ask(question);
	await ask({ tenant_id: question.tenant_id, key_id: question.key_id });
});

test("each change since verification is refused with the error of verification", async () => {
	const revoked = await prepared();
	await revokeKey(fixture.context(), { ...revoked, reason: "other" });
	await isRefused("key_revoked", revoked.question);
	const paused = await prepared();
	await pauseKey(fixture.context(), paused);
	await isRefused("key_paused", paused.question);
	const suspended = await prepared();
	await updateTenant(fixture.context(), { tenant_id: suspended.tenant_id, status: "suspended" });
	await isRefused("tenant_suspended", suspended.question);
	const expired = await prepared();
	await updateKeySettings(fixture.context(), { ...expired, expires_at: new Date(fixture.clock.now() + 5).toISOString() });
	await refused(fixture, "key_expired", () => ask(expired.question, fixture.clock.now() + 5));
	const rebound = await prepared();
	await updateKeySettings(fixture.context(), { ...rebound, site_ids: ["other"] });
	await isRefused("not_found", rebound.question);
	const lessened = await prepared();
	await updateKeySettings(fixture.context(), { ...lessened, permissions: [] });
	await isRefused("permission_missing", lessened.question);
	const shrunk = await prepared();
	await fixture.replan(shrunk.tenant_id, { capabilities: ["m2m_api"] });
	await isRefused("capability_not_in_plan", shrunk.question);
	const moved = await prepared();
	await updateSite(fixture.context(), { tenant_id: moved.tenant_id, site_id: "shop", environment: "dev" });
	await isRefused("environment_mismatch", moved.question);
});

test("an ended or retired secret is refused, before the key's pause is reported", async () => {
	const { tenant_id, key_id, kid, question } = await prepared();
	const client = new pg.Client({ connectionString: fixture.db.superuserUrl });
	await client.connect();
	await client.query("update keywright.secrets set retires_at = $1 where kid = $2", [new Date(fixture.clock.now() + 10), kid]);
	await ask(question);
	await refused(fixture, "key_rotated", () => ask(question, fixture.clock.now() + 10));
	await client.query("update keywright.secrets set retires_at = null, retired_at = now() where kid = $1", [kid]);
	await client.end();
	await pauseKey(fixture.context(), { tenant_id, key_id });
	await isRefused("key_rotated", question);
	await isRefused("key_paused", { tenant_id, key_id });
});

test("a refusal reveals nothing about another tenant", async () => {
	const mine = await prepared();
	const theirs = await prepared();
	await isRefused("key_revoked", { ...theirs.question, tenant_id: mine.tenant_id });
	await isRefused("key_rotated", { ...mine.question, kid: theirs.kid });
	const gone = await isRefused("not_found", { ...mine.question, site_id: "nowhere" });
	const foreign = await isRefused("not_found", { ...mine.question, site_id: "other" });
	assert.equal(gone.detail, foreign.detail);
});

test("a revocation waits for an authorized write, so that none commits after it", async () => {
	const { tenant_id, key_id, question } = await prepared();
	const order: string[] = [];
	const asked = Promise.withResolvers<void>();
	const release = Promise.withResolvers<void>();
	const writing = change(fixture.context({ scope: tenant_id }), async (tx) => {
		await recheckKey(tx, question, fixture.clock.now());
		asked.resolve();
		await release.promise;
		order.push("written");
		return { result: undefined, audit: [{ action: "test.written", target: { kind: "key", id: key_id } }] };
	});
	await asked.promise;
	const revoking = revokeKey(fixture.context(), { tenant_id, key_id, reason: "other" }).then(() => order.push("revoked"));
	await sleep(50);
	assert.deepEqual(order, []);
	release.resolve();
	await Promise.all([writing, revoking]);
	assert.deepEqual(order, ["written", "revoked"]);
	await isRefused("key_revoked", question);
});
