import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { testLog } from "../../../testing/database.ts";
import { auditActions, type KeysFixture, keyInput, keysFixture, PUBLIC_URL, refused } from "../../../testing/keys.ts";
import { mailTrap } from "../../../testing/mail-trap.ts";
import { TestBrowser } from "../../../testing/people.ts";
import { createMailer } from "../../outbox/mail/mailer.ts";
import { eraseTenant } from "../../tenants/erase.ts";
import { updateTenant } from "../../tenants/tenants.ts";
import type { RecipientContext } from "../context.ts";
import { createKey } from "../create.ts";
import { pauseKey, resumeKey } from "../pause.ts";
import { getKey, listKeys } from "../read.ts";
import { revokeKey } from "../revocation/revoke.ts";
import type { CreateInput } from "../schema.ts";
import { parseRawKey } from "../secrets/format.ts";
import { updateKeySettings } from "../update.ts";
import { cancelHandover } from "./cancel.ts";
import { createKeyForHandover } from "./create-key.ts";
import { handOverKey } from "./hand-over.ts";
import { readHandover } from "./read.ts";
import { revealKey } from "./reveal.ts";
import type { HandoverInput } from "./schema.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const OLIVIA = { kind: "member", id: "mem_1", name: "Olivia Owner", email: "olivia@example.com" } as const;

let fixture: KeysFixture;
before(async () => {
	const plain = await keysFixture();
	await plain.behind("insert into people (id, name, email) values ('per_1', $1, $2)", [OLIVIA.name, OLIVIA.email]);
	// A reveal checks that the creator of the link is still a member.
	async function tenant(plan: Parameters<KeysFixture["tenant"]>[0] = {}): Promise<string> {
		const tenant_id = await plain.tenant(plan);
		await plain.behind("insert into members (tenant_id, id, person_id, role) values ($1, $2, 'per_1', 'owner')", [tenant_id, OLIVIA.id]);
		return tenant_id;
	}
	fixture = { ...plain, tenant };
});
after(() => fixture.close());

/** The recipient of a link, whose scope contains no tenant. */
function recipient(address = "198.51.100.7"): RecipientContext {
	return { ...fixture.context({ scope: "", actor: { kind: "system", name: "public" } }), anonymous: new TestBrowser(address) };
}

function getToken(url: string): string {
	assert(url.startsWith(`${PUBLIC_URL}/reveal#kwh_`), url);
	return url.slice(url.indexOf("#") + 1);
}

async function handed(tenant_id: string, overrides: Partial<CreateInput> = {}, handover: HandoverInput = {}) {
	const context = fixture.context({ scope: tenant_id, actor: OLIVIA });
	const made = await createKeyForHandover(context, { ...keyInput(tenant_id, overrides), handover });
	return { ...made, key_id: made.key.id, token: getToken(made.handover_url) };
}

test("a handed-over key has no secret until the recipient reveals it, and only the recipient gets it", async () => {
	const tenant_id = await fixture.tenant();
	const made = await handed(tenant_id);
	assert.deepEqual(made.key.secrets, []);
	assert(!("raw_key" in made));
	assert.equal(made.mailed, false);
	assert.equal(made.handover.status, "waiting");
	assert.deepEqual(made.handover.created_by, { kind: "member", id: "mem_1", name: "Olivia Owner" });
	assert.equal(made.handover.expires_at, new Date(fixture.clock.now() + DAY_MS).toISOString());
	assert.deepEqual(made.key.handover, made.handover);
	assert.equal((await fixture.behind("select 1 from secrets where key_id = $1", [made.key_id])).length, 0);

	const state = await fixture.state();
	const offer = await readHandover(recipient(), { token: made.token });
	assert.deepEqual(await readHandover(recipient(), { token: made.token }), offer);
	assert.equal(await fixture.state(), state, "reading uses nothing up");
	const { permissions, ...rest } = offer;
	assert.deepEqual(
		permissions.map(({ name, description }) => [name, description !== ""]),
		made.key.permissions.map((name) => [name, true]),
		"in words",
	);
	assert.deepEqual(rest, {
		status: "waiting",
		key: { name: "prod-order-bot", environment: "prod", permissions: made.key.permissions, site_ids: null, expires_at: null },
		sites: null,
		tenant: { id: tenant_id, name: "Tenant 1" },
		created_by: { name: "Olivia Owner" },
		expires_at: made.handover.expires_at,
	});

	fixture.clock.advance(HOUR_MS);
	const { key, raw_key } = await revealKey(recipient(), { token: made.token, name: "  Dora Deployer " });
	assert.equal(await fixture.isLive(raw_key), true);
	assert.deepEqual([key.id, key.tenant_id, key.kid], [made.key_id, tenant_id, parseRawKey("kw", raw_key)?.kid]);
	const seen = await getKey(fixture.context({ scope: tenant_id }), { tenant_id, key_id: made.key_id });
	assert.deepEqual(
		[seen.handover?.status, seen.handover?.claimed_by, seen.handover?.claimed_at],
		["claimed", "Dora Deployer", new Date(fixture.clock.now()).toISOString()],
	);
	assert.deepEqual([seen.secrets.length, seen.secrets[0]?.status, seen.secrets[0]?.kid], [1, "issued", key.kid]);
	assert.equal(seen.rotation_due_at, new Date(fixture.clock.now() + 90 * DAY_MS).toISOString(), "the period begins with the secret");
	assert.equal((await readHandover(recipient(), { token: made.token })).status, "claimed");
	const repeat = await refused(fixture, "secret_already_issued", () => revealKey(recipient(), { token: made.token, name: "Mallory" }));
	assert.deepEqual(repeat.metadata.members, { key_id: made.key_id });
	assert.deepEqual(await auditActions(fixture, tenant_id), ["tenant.created", "key.created", "handover.created", "handover.claimed"]);
	const named = await fixture.behind(
		"select distinct details ->> 'target_name' as name from audit_entries where chain = $1 and target_kind = 'key'",
		[tenant_id],
	);
	assert.deepEqual(named, [{ name: seen.name }], "each entry names its key, also the one of the link");
	const [entry] = await fixture.behind("select details -> 'facts' as facts from audit_entries where chain = $1 and action = 'handover.claimed'", [
		tenant_id,
	]);
	const { claimed_by, address, kid } = asFacts(entry?.facts);
	assert.deepEqual([claimed_by, address, kid], ["Dora Deployer", "198.51.100.7", key.kid]);
});

/** No guarantee: a missing field fails the assertion that reads it. */
function asFacts(facts: unknown): Record<string, unknown> {
	return facts as Record<string, unknown>;
}

test("exactly one of 50 concurrent reveals gets the raw key", async () => {
	const tenant_id = await fixture.tenant();
	const { token, key_id } = await handed(tenant_id);
	const answers = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => revealKey(recipient(), { token, name: `Recipient ${n}` })));
	const revealed = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
	assert.equal(revealed.length, 1);
	for (const answer of answers) if (answer.status === "rejected") assert.equal(answer.reason.code, "secret_already_issued", String(answer.reason));
	assert.equal((await fixture.behind("select 1 from secrets where key_id = $1", [key_id])).length, 1);
	assert.equal(await fixture.isLive(revealed[0]?.raw_key ?? ""), true);
});

test("neither the raw key of a handover nor its token is in any table", async () => {
	const tenant_id = await fixture.tenant();
	const waiting = await handed(tenant_id);
	const { token } = await handed(tenant_id);
	const { raw_key } = await revealKey(recipient(), { token, name: "Dora" });
	const dump = await fixture.dump();
	const parsed = parseRawKey("kw", raw_key);
	assert(parsed && dump.includes(parsed.kid));
	for (const secret of [raw_key, parsed.secret, token.slice(4), waiting.token.slice(4)]) {
		for (const written of [secret, Buffer.from(secret).toString("hex"), Buffer.from(secret).toString("base64")]) assert(!dump.includes(written));
	}
});

test("unknown, truncated and foreign tokens get the same 404 and change nothing", async () => {
	const tenant_id = await fixture.tenant();
	const { token } = await handed(tenant_id);
	const strange = [
		"",
		"kwh_",
		token.slice(0, -1),
		`${token}x`,
		`kwi_${token.slice(4)}`,
		`kwh_${"A".repeat(43)}`,
		`${token.slice(0, -1)}\0`,
		token.toUpperCase(),
	];
	const details = new Set<string>();
	for (const wrong of strange) {
		details.add((await refused(fixture, "not_found", () => readHandover(recipient(), { token: wrong }))).message);
		details.add((await refused(fixture, "not_found", () => revealKey(recipient(), { token: wrong, name: "Mallory" }))).message);
	}
	assert.equal(details.size, 1);
});

test("a cancelled or expired link, or one to a revoked or expired key, reveals nothing", async () => {
	const tenant_id = await fixture.tenant();
	const cancelled = await handed(tenant_id);
	const scoped = fixture.context({ scope: tenant_id });
	const key = await cancelHandover(scoped, { tenant_id, key_id: cancelled.key_id, handover_id: cancelled.handover.id });
	assert.deepEqual([key.handover?.status, key.status, key.secrets.length], ["cancelled", "active", 0]);
	const revoked = await handed(tenant_id);
	assert.equal((await revokeKey(scoped, { tenant_id, key_id: revoked.key_id, reason: "other" })).handover?.status, "cancelled");
	const short = await handed(tenant_id, {}, { expires_in_seconds: 300 });
	const expiring = await handed(tenant_id, { expires_at: new Date(fixture.clock.now() + HOUR_MS).toISOString() });
	assert.equal(expiring.handover.expires_at, expiring.key.expires_at, "no link outlives its key");
	const shortened = await handed(tenant_id);
	await updateKeySettings(scoped, { tenant_id, key_id: shortened.key_id, expires_at: new Date(fixture.clock.now() + HOUR_MS).toISOString() });
	fixture.clock.advance(HOUR_MS);
	for (const [made, status] of [
		[cancelled, "cancelled"],
		[revoked, "cancelled"],
		[short, "expired"],
		[expiring, "expired"],
		[shortened, "expired"],
	] as const) {
		assert.equal((await readHandover(recipient(), { token: made.token })).status, status);
		await refused(fixture, "conflict", () => revealKey(recipient(), { token: made.token, name: "Dora" }));
	}
	const again = await cancelHandover(scoped, { tenant_id, key_id: short.key_id, handover_id: short.handover.id });
	assert.equal(again.handover?.status, "expired", "an ended handover does not change");
});

test("nothing is revealed in a suspended tenant or without API access; the link works again afterwards", async () => {
	const tenant_id = await fixture.tenant();
	const { token, key_id, handover } = await handed(tenant_id);
	await updateTenant(fixture.context(), { tenant_id, status: "suspended" });
	await refused(fixture, "tenant_suspended", () => revealKey(recipient(), { token, name: "Dora" }));
	await updateTenant(fixture.context(), { tenant_id, status: "active" });
	await fixture.replan(tenant_id, { capabilities: [] });
	await refused(fixture, "capability_not_in_plan", () => revealKey(recipient(), { token, name: "Dora" }));
	await refused(fixture, "capability_not_in_plan", () => handOverKey(fixture.context(), { tenant_id, key_id }));
	await fixture.replan(tenant_id, {});
	const { raw_key } = await revealKey(recipient(), { token, name: "Dora" });
	assert.equal(await fixture.isLive(raw_key), true);
	await refused(fixture, "conflict", () => cancelHandover(fixture.context(), { tenant_id, key_id, handover_id: handover.id }));
});

test("a key without a secret counts against the plan and is listed, changed, paused, resumed and revoked like any other", async () => {
	const tenant_id = await fixture.tenant({ limits: { api_keys: 1 } });
	const { key_id } = await handed(tenant_id);
	await refused(fixture, "conflict", () => createKey(fixture.context(), keyInput(tenant_id)));
	await refused(fixture, "conflict", () => createKeyForHandover(fixture.context(), { ...keyInput(tenant_id), handover: {} }));
	const context = fixture.context({ scope: tenant_id });
	const [listed] = (await listKeys(context, { tenant_id })).data;
	assert.deepEqual([listed?.id, listed?.status, listed?.secrets, listed?.handover?.status], [key_id, "active", [], "waiting"]);
	assert.equal((await pauseKey(context, { tenant_id, key_id })).status, "paused");
	assert.equal((await resumeKey(context, { tenant_id, key_id })).status, "active");
	const changed = await updateKeySettings(context, { tenant_id, key_id, rotate_every_days: 7, name: "prod-other-bot" });
	assert.equal(changed.rotation_due_at, new Date(Date.parse(changed.created_at) + 7 * DAY_MS).toISOString());
	assert.equal((await revokeKey(context, { tenant_id, key_id, reason: "other" })).status, "revoked");
	await createKey(fixture.context(), keyInput(tenant_id));
});

test("a repeated creation with the same Idempotency-Key creates no second key and no second link", async () => {
	const tenant_id = await fixture.tenant();
	const context = fixture.context({ idempotency_key: "once" });
	const input = { ...keyInput(tenant_id), handover: {} };
	const { key } = await createKeyForHandover(context, input);
	const repeat = await refused(fixture, "secret_already_issued", () => createKeyForHandover(context, input));
	assert.deepEqual(repeat.metadata.members, { key_id: key.id });
	await refused(fixture, "idempotency_mismatch", () => createKeyForHandover(context, { ...input, handover: { expires_in_seconds: 600 } }));
	await refused(fixture, "idempotency_mismatch", () => createKey(context, keyInput(tenant_id)));
	const link = fixture.context({ idempotency_key: "link" });
	await handOverKey(link, { tenant_id, key_id: key.id });
	const second = await refused(fixture, "secret_already_issued", () => handOverKey(link, { tenant_id, key_id: key.id }));
	assert.deepEqual(second.metadata.members, { key_id: key.id });
});

test("a new link cancels the previous one; an unused secret works until the new one is revealed", async () => {
	const tenant_id = await fixture.tenant();
	const { key, raw_key } = await createKey(fixture.context(), keyInput(tenant_id));
	const context = fixture.context({ scope: tenant_id });
	const first = await handOverKey(context, { tenant_id, key_id: key.id });
	const second = await handOverKey(context, { tenant_id, key_id: key.id });
	assert.equal((await readHandover(recipient(), { token: getToken(first.handover_url) })).status, "cancelled");
	await refused(fixture, "conflict", () => revealKey(recipient(), { token: getToken(first.handover_url), name: "Dora" }));
	assert.equal(await fixture.isLive(raw_key), true);
	const [before_reveal] = await fixture.behind("select coalesce(max(seq), 0) as seq from invalidations where id = $1", [key.id]);
	const revealed = await revealKey(recipient(), { token: getToken(second.handover_url), name: "Dora" });
	assert.deepEqual([await fixture.isLive(raw_key), await fixture.isLive(revealed.raw_key)], [false, true]);
	const [after_reveal] = await fixture.behind("select coalesce(max(seq), 0) as seq from invalidations where id = $1", [key.id]);
	assert(Number(after_reveal?.seq) > Number(before_reveal?.seq), "the key's grants are invalidated");
	const seen = await getKey(context, { tenant_id, key_id: key.id });
	assert.deepEqual(seen.secrets.map((secret) => secret.status).sort(), ["issued", "retired"]);
	assert.equal(seen.handover?.id, second.handover.id);
});

test("a key in use gets no handover, and a first use after its creation blocks the reveal", async () => {
	const tenant_id = await fixture.tenant();
	const { key, raw_key } = await createKey(fixture.context(), keyInput(tenant_id));
	const link = await handOverKey(fixture.context(), { tenant_id, key_id: key.id });
	await fixture.use({ tenant_id, kid: key.secrets[0]?.kid ?? "" });
	await refused(fixture, "conflict", () => revealKey(recipient(), { token: getToken(link.handover_url), name: "Dora" }));
	await refused(fixture, "conflict", () => handOverKey(fixture.context(), { tenant_id, key_id: key.id }));
	assert.equal(await fixture.isLive(raw_key), true);
	const revoked = await handed(tenant_id);
	await revokeKey(fixture.context(), { tenant_id, key_id: revoked.key_id, reason: "other" });
	await refused(fixture, "conflict", () => handOverKey(fixture.context(), { tenant_id, key_id: revoked.key_id }));
	const theirs = await fixture.tenant();
	await refused(fixture, "not_found", () => handOverKey(fixture.context({ scope: theirs }), { tenant_id: theirs, key_id: key.id }));
	const waiting = await handed(tenant_id);
	const wrong_key = { tenant_id, key_id: key.id, handover_id: waiting.handover.id };
	await refused(fixture, "not_found", () => cancelHandover(fixture.context({ scope: tenant_id }), wrong_key));
});

test("the recipient's name is stored as given", async () => {
	const { token } = await handed(await fixture.tenant());
	await revealKey(recipient(), { token, name: "Ōtsuka 🦊 <b>" });
});

test("the link is mailed after the commit if there is an address, and the response says whether it was", async () => {
	const trap = await mailTrap();
	try {
		const settings = { smtp_url: `smtp://127.0.0.1:${trap.port}`, from: "Keys <keys@example.com>" };
		const mailer = createMailer({ settings, product_name: () => "Orders", log: testLog });
		const tenant_id = await fixture.tenant();
		const context = fixture.context({ scope: tenant_id, actor: OLIVIA, mailer });
		const made = await createKeyForHandover(context, { ...keyInput(tenant_id), handover: { email: "Dora@Example.com" } });
		assert.deepEqual([made.mailed, made.handover.email], [true, "dora@example.com"]);
		assert.equal((await createKeyForHandover(context, { ...keyInput(tenant_id), handover: {} })).mailed, false);
		assert.equal(trap.mails.length, 1);
		const [mail] = trap.mails;
		assert.deepEqual(mail?.to, ["dora@example.com"]);
		assert(mail?.text.includes(made.handover_url) && mail.text.includes("Olivia Owner") && mail.text.includes("prod-order-bot"), mail?.text);
		await trap.close();
		const unsent = await createKeyForHandover(context, { ...keyInput(tenant_id), handover: { email: "dora@example.com" } });
		assert.deepEqual([unsent.mailed, unsent.handover.status], [false, "waiting"], "the link exists although the mail failed");
	} finally {
		await trap.close().catch(() => undefined);
	}
});

test("a tenant can send 200 mails with links a day; links without a mail are not limited", async () => {
	const tenant_id = await fixture.tenant();
	const { key_id } = await handed(tenant_id);
	await fixture.behind(
		`insert into handovers (tenant_id, id, key_id, token_digest, email, created_at, created_by, expires_at, cancelled_at)
		select $1, 'hnd_' || n, $2, sha256(($1 || n)::bytea), 'a@example.com', $3, '{"kind":"operator","name":"o"}', $3, $3 from generate_series(1, 200) as n`,
		[tenant_id, key_id, new Date(fixture.clock.now())],
	);
	fixture.clock.advance(HOUR_MS);
	const failure = await refused(fixture, "rate_limited", () => handOverKey(fixture.context(), { tenant_id, key_id, email: "b@example.com" }));
	assert.equal(failure.metadata.retry_after_seconds, 23 * 3_600);
	await handOverKey(fixture.context(), { tenant_id, key_id });
	fixture.clock.advance(23 * HOUR_MS);
	await handOverKey(fixture.context(), { tenant_id, key_id, email: "b@example.com" });
});

test("erasing a tenant deletes its links and their recipients' addresses", async () => {
	const tenant_id = await fixture.tenant();
	const waiting = await handed(tenant_id, {}, { email: "trace-of-dora@example.com" });
	const claimed = await handed(tenant_id);
	await revealKey(recipient(), { token: claimed.token, name: "Trace Of Dora" });
	await eraseTenant({ ...fixture.context(), forget_documents: async () => undefined }, { tenant_id });
	for (const { token } of [waiting, claimed]) {
		await refused(fixture, "not_found", () => readHandover(recipient(), { token }));
		await refused(fixture, "not_found", () => revealKey(recipient(), { token, name: "Dora" }));
	}
	assert(!/trace.of.dora/i.test(await fixture.dump()));
});

test("a handover by the operator has the product's name as its sender", async () => {
	const tenant_id = await fixture.tenant();
	const made = await createKeyForHandover(fixture.context(), { ...keyInput(tenant_id), handover: {} });
	assert.deepEqual((await readHandover(recipient(), { token: getToken(made.handover_url) })).created_by, { name: "Keywright" });
});
