import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHmac, hash } from "node:crypto";
import { after, before, beforeEach, suite, test } from "node:test";
import { pausable } from "../../testing/nodes.ts";
import {
	getCode,
	type MadeKey,
	newQuestion,
	type Process,
	TEST_PEPPER,
	type VerificationFixture,
	verificationFixture,
} from "../../testing/verification.ts";
import { parseAddress } from "../core/network.ts";
import { parsePeppers } from "../core/pepper.ts";
import { pauseKey, resumeKey } from "../keys/pause.ts";
import { revokeKey } from "../keys/revocation/revoke.ts";
import { makeRawKey, newKid, newSecret, parseRawKey } from "../keys/secrets/format.ts";
import { rekeySecret } from "../keys/secrets/rekey.ts";
import { eraseTenant } from "../tenants/erase.ts";
import { createSite } from "../tenants/sites/sites.ts";
import { updateTenant } from "../tenants/tenants.ts";
import { isUnknown } from "./grants/unknown-names.ts";
import { getRateLimitHeader } from "./limits/headers.ts";
import { formatMonth } from "./limits/period.ts";
import type { Decision } from "./question.ts";

const NEW_PEPPER = "the-new-pepper-0123456789-abcdefghijklmnop";

/** The raw key with another secret; its format and checksum are valid. */
function withOtherSecret(key: MadeKey): string {
	const parsed = parseRawKey("kw", key.raw_key);
	ok(parsed);
	return makeRawKey({ brand: "kw", environment: "prod", kid: parsed.kid, secret: newSecret() });
}

suite("the verifier", () => {
	let fixture: VerificationFixture;
	let first: Process;
	let tenant_id: string;

	before(async () => {
		fixture = await verificationFixture();
		first = await fixture.process();
	});
	beforeEach(async () => {
		tenant_id = await fixture.tenant(first.node);
	});
	after(() => fixture.close());

	const newKey = (...rest: Parameters<VerificationFixture["key"]> extends [unknown, unknown, ...infer R] ? R : never) =>
		fixture.key(first.node, tenant_id, ...rest);
	const revoke = (key: MadeKey) => revokeKey(fixture.context(first.node), { ...key, reason: "other" });

	/** The decision of a process with an empty cache about `raw_key`. */
	async function afresh(raw_key: string): Promise<Decision> {
		const other = await fixture.process();
		try {
			return await other.ask(raw_key);
		} finally {
			await other.node.stop();
		}
	}

	test("requests that wait for the same look-up each get the limits that remain after their own use", async () => {
		const asked = 40;
		const rate_limits = [{ name: "burst", requests: asked, window_seconds: 60, per: "key" }] as const;
		for (const quota of [null, 1_000]) {
			const limited = await fixture.tenant(first.node, { rate_limits, quota_requests_per_month: quota });
			const { raw_key } = await fixture.key(first.node, limited);
			const decisions = await Promise.all(Array.from({ length: asked + 2 }, () => first.ask(raw_key)));
			const left = decisions.map(({ left: states }) => states?.[0]?.remaining);
			deepEqual(left, [...Array.from({ length: asked }, (_, index) => asked - 1 - index), 0, 0], `quota ${quota}`);
			const [last] = decisions.slice(-1);
			ok(last?.grant);
			match(getRateLimitHeader(last.grant, first.verifier.now(), null, first.ledger, decisions[0]?.left), /^"burst";r=39;t=\d+$/);
			equal((await first.ask(raw_key)).left, undefined, "a decision at once is answered as it is made");
		}
	});

	test("allows a valid key, first with a lookup and then synchronously", async () => {
		const key = await newKey();
		equal(getCode(await first.ask(key.raw_key)), "allowed");
		const known = first.verifier.decide(newQuestion(key.raw_key));
		ok(!(known instanceof Promise), "the second decision waits for nothing");
		equal(known.denial, null);
		equal(known.grant?.key_id, key.key_id);
	});

	test("answers an unknown kid and a wrong secret with the same denial, without a grant", async () => {
		const key = await newKey();
		const unknown = makeRawKey({ brand: "kw", environment: "prod", kid: newKid(), secret: newSecret() });
		for (const round of ["cold", "warm"]) {
			const [wrong, stranger] = [await first.ask(withOtherSecret(key)), await first.ask(unknown)];
			equal(getCode(wrong), "key_invalid", round);
			equal(wrong.denial, stranger.denial, "one object, so the same bytes");
			deepEqual([wrong.grant, stranger.grant], [null, null]);
		}
		equal(getCode(await first.ask(key.raw_key)), "allowed", "the right one still passes");
	});

	test("refuses a wrong shape or checksum without asking the database", async () => {
		const held = pausable(fixture.database);
		const other = await fixture.process({ database: held.database });
		const { raw_key } = await newKey();
		await other.node.catchUp();
		const begun = held.begun;
		const last = raw_key.endsWith("0") ? "1" : "0";
		for (const text of [
			`${raw_key.slice(0, -1)}${last}`,
			raw_key.slice(1),
			`${raw_key}x`,
			` ${raw_key}`,
			`"${raw_key}"`,
			"kw_prod_",
			"x".repeat(4_096),
		]) {
			equal(getCode(await other.ask(text)), "key_invalid", text);
		}
		equal(held.begun, begun);
		await other.node.stop();
	});

	test("refuses a key in another environment than its secret was created for", async () => {
		const key = await newKey({ environment: "dev" });
		const parsed = parseRawKey("kw", key.raw_key);
		ok(parsed);
		const moved = makeRawKey({ brand: "kw", environment: "prod", kid: parsed.kid, secret: parsed.secret });
		equal(getCode(await first.ask(moved)), "key_invalid");
		equal(getCode(await first.ask(key.raw_key)), "allowed");
		equal(getCode(await first.ask(moved)), "key_invalid", "nor once the right one is in memory");
	});

	for (const [what, forge] of [
		[
			"has the MAC of another key's secret",
			(a: MadeKey, b: MadeKey) => [
				`update keywright.secrets set mac = (select mac from keywright.secrets where kid = '${b.kid}') where kid = '${a.kid}'`,
			],
		],
		["was moved to another key", (a: MadeKey, b: MadeKey) => [`update keywright.secrets set key_id = '${b.key_id}' where kid = '${a.kid}'`]],
		[
			"has a MAC made without the pepper",
			(a: MadeKey) => [`update keywright.secrets set mac = '\\x${hash("sha256", a.raw_key, "hex")}' where kid = '${a.kid}'`],
		],
		[
			"has a MAC made with a foreign pepper",
			(a: MadeKey) => [
				`update keywright.secrets set mac = '\\x${createHmac("sha256", "mine").update(a.raw_key).digest("hex")}' where kid = '${a.kid}'`,
			],
		],
		["names a pepper that is not configured", (a: MadeKey) => [`update keywright.secrets set pepper_id = 'mine' where kid = '${a.kid}'`]],
		["has a MAC that is too short", (a: MadeKey) => [`update keywright.secrets set mac = substr(mac, 1, 31) where kid = '${a.kid}'`]],
		["has an empty MAC", (a: MadeKey) => [`update keywright.secrets set mac = '' where kid = '${a.kid}'`]],
		["has another environment", (a: MadeKey) => [`update keywright.keys set environment = 'dev' where id = '${a.key_id}'`]],
	] as const) {
		test(`refuses a key whose row in the database ${what}`, async () => {
			const [key, other] = [await newKey(), await newKey()];
			for (const statement of forge(key, other)) await fixture.behind(statement);
			const decision = await afresh(key.raw_key);
			equal(getCode(decision), "key_invalid");
			equal(decision.grant, null);
			equal(getCode(await afresh(other.raw_key)), "allowed", "others are not disturbed");
		});
	}

	test("refuses a key whose secret was moved to another tenant's key, for both tenants", async () => {
		const foreign = await fixture.tenant(first.node);
		const [key, target] = [await newKey(), await fixture.key(first.node, foreign)];
		await fixture.behind("update keywright.secrets set tenant_id = $1, key_id = $2 where kid = $3", [foreign, target.key_id, key.kid]);
		equal(getCode(await afresh(key.raw_key)), "key_invalid");
		equal(getCode(await afresh(target.raw_key)), "allowed");
	});

	test("refuses two secrets whose rows were swapped", async () => {
		const [a, b] = [await newKey(), await newKey()];
		await fixture.behind("update keywright.secrets set kid = 'swapped' where kid = $1", [a.kid]);
		await fixture.behind("update keywright.secrets set kid = $1 where kid = $2", [a.kid, b.kid]);
		await fixture.behind("update keywright.secrets set kid = $1 where kid = 'swapped'", [b.kid]);
		for (const { raw_key } of [a, b]) equal(getCode(await afresh(raw_key)), "key_invalid");
	});

	test("accepts keys of both peppers while one is being replaced, and reports which secrets need a new MAC", async () => {
		const old_key = await newKey();
		const both = parsePeppers(`${NEW_PEPPER},${TEST_PEPPER}`);
		const rotating = await fixture.process({ peppers: both });
		const new_key = await newKey({}, { peppers: both });
		for (let round = 0; round < 3; round += 1) {
			equal(getCode(await rotating.ask(old_key.raw_key)), "allowed");
			equal(getCode(await rotating.ask(new_key.raw_key)), "allowed");
		}
		deepEqual(
			rotating.rekeyed.map(({ grant }) => grant.kid),
			[old_key.kid],
			"told once, and not for the new one",
		);
		const renewed = await fixture.process({ peppers: parsePeppers(NEW_PEPPER) });
		equal(getCode(await renewed.ask(old_key.raw_key)), "key_invalid");
		const [told] = rotating.rekeyed;
		ok(told);
		const { grant, secret } = told;
		const identity = { kid: grant.kid, key_id: grant.key_id, tenant_id, environment: grant.environment };
		equal(await rekeySecret(fixture.context(first.node, { peppers: both }), { ...identity, secret }), true);
		equal(getCode(await renewed.ask(old_key.raw_key)), "allowed", "the node that refused it has heard of the change");
		equal(getCode(await rotating.ask(old_key.raw_key)), "allowed");
		for (const other of [rotating, renewed]) await other.node.stop();
	});

	test("refuses a revoked key by name from the moment the revocation has returned, on every node", async () => {
		const other = await fixture.process();
		const key = await newKey();
		for (const process of [first, other]) equal(getCode(await process.ask(key.raw_key)), "allowed");
		await revoke(key);
		for (const process of [first, other]) {
			const decision = await process.ask(key.raw_key);
			equal(getCode(decision), "key_revoked");
			match(decision.denial?.detail ?? "", /prod-bot/);
		}
		await other.node.stop();
	});

	test("refuses a paused key until it is resumed", async () => {
		const key = await newKey();
		await first.ask(key.raw_key);
		await pauseKey(fixture.context(first.node), key);
		equal(getCode(await first.ask(key.raw_key)), "key_paused");
		await resumeKey(fixture.context(first.node), key);
		equal(getCode(await first.ask(key.raw_key)), "allowed");
	});

	test("applies a suspended tenant and a changed plan to all keys by one invalidation each", async () => {
		const keys = [await newKey(), await newKey(), await newKey()];
		const codes = async () => {
			const found: string[] = [];
			for (const { raw_key } of keys) found.push(getCode(await first.ask(raw_key, { capability: "documents" })));
			return found;
		};
		deepEqual(await codes(), ["allowed", "allowed", "allowed"]);
		await updateTenant(fixture.context(first.node), { tenant_id, status: "suspended" });
		deepEqual(await codes(), ["tenant_suspended", "tenant_suspended", "tenant_suspended"]);
		await updateTenant(fixture.context(first.node), { tenant_id, status: "active" });
		await fixture.plan(first.node, `plan-${tenant_id}`, { capabilities: ["m2m_api"] });
		deepEqual(
			await codes(),
			Array.from({ length: 3 }, () => "capability_not_in_plan"),
		);
		await fixture.plan(first.node, `plan-${tenant_id}`);
		deepEqual(await codes(), ["allowed", "allowed", "allowed"]);
	});

	test("reports the key of an erased tenant as revoked, and answers the requests of the same batch", async () => {
		const erased = await fixture.tenant(first.node);
		const [dead, living] = [await fixture.key(first.node, erased), await newKey()];
		await eraseTenant({ ...fixture.context(first.node), forget_documents: async () => undefined }, { tenant_id: erased });
		const other = await fixture.process();
		const [one, two] = await Promise.all([other.ask(dead.raw_key), other.ask(living.raw_key)]);
		deepEqual([getCode(one), getCode(two)], ["key_revoked", "allowed"]);
		equal(getCode(await other.ask(dead.raw_key)), "key_revoked");
		await other.node.stop();
	});

	test("answers a site of another tenant like one that does not exist, and finds its own", async () => {
		const foreign = await fixture.tenant(first.node);
		await createSite(fixture.context(first.node), { tenant_id: foreign, id: "theirs", name: "Theirs" });
		await createSite(fixture.context(first.node), { tenant_id, id: "ours", name: "Ours", environment: "dev" });
		await createSite(fixture.context(first.node), { tenant_id, id: "any", name: "Any" });
		const key = await newKey();
		const at = (site_id: string) => first.ask(key.raw_key, { site_id });
		const [theirs, nowhere] = [await at("theirs"), await at("nowhere")];
		equal(getCode(theirs), "not_found");
		deepEqual(theirs.denial, nowhere.denial);
		equal(getCode(await at("ours")), "environment_mismatch");
		equal(getCode(await at("any")), "allowed");
		await createSite(fixture.context(first.node), { tenant_id, id: "nowhere", name: "Nowhere" });
		equal(getCode(await at("nowhere")), "allowed", "what was not there may come");
	});

	test("without a lease answers every key with 503", async () => {
		const other = await fixture.process();
		const [key, cold] = [await newKey(), await newKey()];
		equal(getCode(await other.ask(key.raw_key)), "allowed");
		other.node.lease.end();
		const decision = await other.ask(key.raw_key);
		equal(getCode(decision), "unavailable");
		equal(decision.grant, null);
		ok((decision.denial?.metadata?.retry_after_seconds ?? 0) > 0);
		equal(getCode(await other.ask(cold.raw_key)), "unavailable");
		await other.node.stop();
	});

	test("denies a key when the lease expires during its lookup", async () => {
		const held = pausable(fixture.database);
		const other = await fixture.process({ database: held.database });
		const key = await newKey();
		held.holdAnswers();
		const asked = other.ask(key.raw_key);
		await new Promise((resolve) => setTimeout(resolve, 30));
		other.node.lease.end();
		held.release();
		equal(getCode(await asked), "unavailable");
		await other.node.stop();
	});

	test("without its database answers uncached keys with 503, never 401", async () => {
		const held = pausable(fixture.database, async () => {
			if (cut) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
		});
		let cut = false;
		const other = await fixture.process({ database: held.database });
		const [warm, cold] = [await newKey(), await newKey()];
		await other.ask(warm.raw_key);
		cut = true;
		equal(getCode(await other.ask(cold.raw_key)), "unavailable");
		equal(getCode(await other.ask(makeRawKey({ brand: "kw", environment: "prod", kid: newKid(), secret: newSecret() }))), "unavailable");
		equal(getCode(await other.ask(warm.raw_key)), "allowed", "what is in memory holds as long as the lease");
		cut = false;
		equal(getCode(await other.ask(cold.raw_key)), "allowed");
		await other.node.stop();
	});

	test("a revocation that is acknowledged while a block of the quota is leased denies that request, and refunds what it spent", async () => {
		const held = pausable(fixture.database);
		const other = await fixture.process({ quota_database: held.database });
		const rate_limits = [{ name: "burst", requests: 5, window_seconds: 60, per: "tenant" as const }];
		const limited = await fixture.tenant(first.node, { quota_requests_per_month: 100, rate_limits });
		const [key, survivor] = [await fixture.key(first.node, limited), await fixture.key(first.node, limited)];
		held.holdAnswers();
		const asked = other.ask(key.raw_key);
		while (held.begun === 0) await new Promise((resolve) => setTimeout(resolve, 1));
		await revoke(key);
		held.release();
		equal(getCode(await asked), "key_revoked");
		equal(getCode(await other.ask(survivor.raw_key)), "allowed");
		const grant = other.grants.get(survivor.kid);
		ok(grant && !isUnknown(grant));
		equal(grant.windows[0]?.used(fixture.clock.monotonic()), 1, "only what was let in counts");
		equal(other.ledger.unspent(limited, formatMonth(fixture.clock.now())), 0, "what was leased for the revoked one, the other has spent");
		await other.node.stop();
	});

	test("counts wrong keys of an address, then refuses its wrong ones with 429 and its right ones never", async () => {
		const other = await fixture.process({ failures_per_minute: 5 });
		const address = parseAddress("192.0.2.7");
		const key = await newKey();
		for (let failure = 0; failure < 5; failure += 1) equal(getCode(await other.ask(withOtherSecret(key), { address })), "key_invalid");
		const refused = await other.ask(withOtherSecret(key), { address });
		equal(getCode(refused), "too_many_auth_failures");
		ok((refused.denial?.metadata?.retry_after_seconds ?? 0) > 0);
		equal(getCode(await other.ask("not a key", { address })), "too_many_auth_failures");
		equal(getCode(await other.ask(key.raw_key, { address })), "allowed");
		equal(getCode(await other.ask(withOtherSecret(key), { address: parseAddress("192.0.2.8") })), "key_invalid", "others are not meant");
		await other.node.stop();
	});

	test("does not count a revoked key with its right secret against its address", async () => {
		const other = await fixture.process({ failures_per_minute: 2 });
		const address = parseAddress("2001:db8::1");
		const key = await newKey();
		await revoke(key);
		for (let request = 0; request < 5; request += 1) equal(getCode(await other.ask(key.raw_key, { address })), "key_revoked");
		equal(getCode(await other.ask(withOtherSecret(key), { address })), "key_invalid");
		await other.node.stop();
	});

	test("denies a key after 600 denied requests in a minute, also a valid request, and only that key", async () => {
		const [key, neighbour] = [await newKey({ permissions: ["sites:read"] }), await newKey()];
		const refuse = () => first.ask(key.raw_key, { permissions: ["documents:write"] });
		for (let request = 0; request < 600; request += 1) equal(getCode(await refuse()), "permission_missing");
		equal(getCode(await refuse()), "too_many_refusals");
		equal(getCode(await first.ask(key.raw_key)), "too_many_refusals");
		equal(getCode(await first.ask(neighbour.raw_key)), "allowed");
		fixture.clock.advance(66_000);
		equal(getCode(await first.ask(key.raw_key)), "allowed");
	});

	test("spends nothing for a refused request", async () => {
		const rate_limits = [{ name: "burst", requests: 2, window_seconds: 60, per: "key" as const }];
		const limited = await fixture.tenant(first.node, { rate_limits, quota_requests_per_month: 10 });
		const key = await fixture.key(first.node, limited, { permissions: ["sites:read"] });
		for (let request = 0; request < 5; request += 1) {
			equal(getCode(await first.ask(key.raw_key, { permissions: ["documents:write"] })), "permission_missing");
			equal(getCode(await first.ask(key.raw_key, { tenant_id: "another" })), "not_found");
		}
		deepEqual(
			[getCode(await first.ask(key.raw_key)), getCode(await first.ask(key.raw_key)), getCode(await first.ask(key.raw_key))],
			["allowed", "allowed", "rate_limited"],
		);
	});

	test("counts each request with a matching secret once, by its outcome", async () => {
		const key = await newKey({ permissions: ["sites:read"] });
		for (let request = 0; request < 3; request += 1) await first.ask(key.raw_key);
		await first.ask(key.raw_key, { permissions: ["documents:write"] });
		await first.ask(withOtherSecret(key));
		const grant = first.grants.get(key.kid);
		ok(grant && !isUnknown(grant));
		const { counter } = grant;
		ok(counter);
		deepEqual([counter.requestsOf("allowed"), counter.requestsOf("permission_missing"), counter.requestsOf("key_invalid")], [3, 1, 0]);
	});
});
