import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { factsOf, type Refusing, startRefusing } from "../../testing/refusals.ts";
import { type MadeKey, newQuestion, type Process, type VerificationFixture, verificationFixture } from "../../testing/verification.ts";
import { ApiError } from "../core/error.ts";
import { parseAddress } from "../core/network.ts";
import { newRequestId } from "../core/request-id.ts";
import { pauseKey } from "../keys/pause.ts";
import { revokeKey } from "../keys/revocation/revoke.ts";
import { rotateKey } from "../keys/rotations/rotate.ts";
import { asKid, makeRawKey } from "../keys/secrets/format.ts";
import { createSite } from "../tenants/sites/sites.ts";
import { listFailures, listUnknownFailures } from "./list.ts";
import type { CheckName } from "./refusal.ts";

const isNotFound = (error: unknown) => error instanceof ApiError && error.code === "not_found";
const WRONG_SECRET = "0".repeat(32);

suite("explanations of refused requests", () => {
	let fixture: VerificationFixture;
	let process: Process;
	let refusing: Refusing;
	let tenant_id: string;

	before(async () => {
		fixture = await verificationFixture();
		process = await fixture.process();
		refusing = startRefusing(fixture, process);
		tenant_id = await fixture.tenant(process.node, {
			capabilities: ["m2m_api"],
			rate_limits: [{ name: "burst", requests: 2, window_seconds: 60, per: "key" }],
		});
		await createSite(fixture.context(process.node), { tenant_id, id: "shop", name: "Shop", environment: "staging" });
		await createSite(fixture.context(process.node), { tenant_id, id: "bot", name: "Bot" });
	});
	after(() => fixture.close());

	const newKey = (input: Parameters<VerificationFixture["key"]>[2] = {}) => fixture.key(process.node, tenant_id, input);
	const list = (query: Omit<Parameters<typeof listFailures>[1], "tenant_id"> = {}) =>
		listFailures(fixture.context(process.node), { tenant_id, ...query });

	/** Explains the refusal to the tenant's members and, alike, to the key itself. */
	async function explained(key: MadeKey, request_id: string, check: CheckName) {
		await refusing.flush();
		const explanation = await refusing.explain(tenant_id, request_id);
		equal(explanation.check, check, explanation.summary);
		equal(explanation.request_id, request_id);
		equal(explanation.exact, true);
		equal(explanation.allowed, false);
		// Those without a right secret name no key, so the tenant counts them together.
		const own = await refusing.explainOwn(key, request_id);
		deepEqual({ ...own, alike: null }, { ...explanation, alike: null });
		if (explanation.proven) deepEqual(own.alike, explanation.alike);
		return factsOf(explanation);
	}

	test("a key that was cut off, one with a line end and one in quotes are recognised, and marked as not proven", async () => {
		const key = await newKey();
		const cut = await explained(key, await refusing.refuse(key.raw_key.slice(0, -1)), "key_shape");
		deepEqual([cut.mistake, cut.characters, cut.characters_expected, cut.proven], ["truncated", key.raw_key.length - 1, key.raw_key.length, false]);
		const line_end = await explained(key, await refusing.refuse(`${key.raw_key}\n`), "key_shape");
		equal(line_end.mistake, "trailing_newline");
		equal((await explained(key, await refusing.refuse(`"${key.raw_key}"`), "key_shape")).mistake, "quoted");
	});

	test("a key that was sent as one of another environment is recognised", async () => {
		const key = await newKey();
		const facts = await explained(key, await refusing.refuse(key.raw_key.replace("kw_prod_", "kw_dev_")), "key_shape");
		deepEqual([facts.presented_environment, facts.key_environment], ["dev", "prod"]);
	});

	test("a key at a site of another environment is explained by both environments", async () => {
		const key = await newKey();
		const facts = await explained(key, await refusing.refuse(key.raw_key, { tenant_id, site_id: "shop" }), "environment_matches");
		deepEqual([facts.key_environment, facts.site_environment, facts.site_id, facts.proven], ["prod", "staging", "shop", true]);
	});

	test("a revoked key is explained with the time and the reason, a paused one with the time", async () => {
		const key = await newKey();
		await pauseKey(fixture.context(process.node), { tenant_id, key_id: key.key_id });
		const paused = await explained(key, await refusing.refuse(key.raw_key), "not_paused");
		ok(paused.paused_at);
		await revokeKey(fixture.context(process.node), { tenant_id, key_id: key.key_id, reason: "suspected_exposure" });
		const facts = await explained(key, await refusing.refuse(key.raw_key), "not_revoked");
		equal(facts.revoke_reason, "suspected_exposure");
		equal(Date.parse(String(facts.revoked_at)), fixture.clock.now());
	});

	test("a replaced secret is explained with the time, also to the key itself", async () => {
		const key = await newKey();
		equal((await process.ask(key.raw_key)).denial, null);
		await rotateKey(fixture.context(process.node), { tenant_id, key_id: key.key_id, overlap_seconds: 600 });
		fixture.clock.advance(600_000);
		const replaced_at = new Date(fixture.clock.now()).toISOString();
		const facts = await explained(key, await refusing.refuse(key.raw_key), "not_replaced");
		equal(facts.replaced_at, replaced_at);
	});

	test("an expired key is explained with the time of its expiry", async () => {
		const expires_at = new Date(fixture.clock.now() + 3_600_000).toISOString();
		const key = await newKey({ expires_at });
		equal((await process.ask(key.raw_key)).denial, null);
		fixture.clock.advance(3_600_000);
		equal((await explained(key, await refusing.refuse(key.raw_key), "not_expired")).expired_at, expires_at);
	});

	test("another tenant and another site are recognised, and what the caller sent is not stored", async () => {
		const key = await newKey({ site_ids: ["bot"] });
		const elsewhere = await explained(key, await refusing.refuse(key.raw_key, { tenant_id: "secret-of-the-caller" }), "tenant_matches");
		equal(elsewhere.key_tenant_id, tenant_id);
		const site = await explained(key, await refusing.refuse(key.raw_key, { tenant_id, site_id: "secret-of-the-caller" }), "site_visible");
		deepEqual(site.key_site_ids, ["bot"]);
		deepEqual(await fixture.behind("select * from keywright.auth_failures where auth_failures::text like '%secret-of-the-caller%'"), []);
	});

	test("a missing permission and a missing capability say who can grant them", async () => {
		const key = await newKey({ permissions: [] });
		const permission = await explained(key, await refusing.refuse(key.raw_key, { permissions: ["sites:read"] }), "permission_held");
		deepEqual([permission.permission, permission.granted_by], ["sites:read", "owner or admin"]);
		const capability = await explained(key, await refusing.refuse(key.raw_key, { capability: "documents" }), "capability_included");
		deepEqual([capability.capability, capability.granted_by], ["documents", "operator"]);
	});

	test("an exhausted limit is explained by its name and when it refills, and an address by those that are allowed", async () => {
		const key = await newKey();
		for (const _ of [1, 2]) equal((await process.ask(key.raw_key)).denial, null);
		const facts = await explained(key, await refusing.refuse(key.raw_key), "rate_limit");
		deepEqual([facts.limit, facts.requests, facts.window_seconds], ["burst", 2, 60]);
		ok(Date.parse(String(facts.refills_at)) > fixture.clock.now());
		const bound = await newKey({ allowed_ips: ["192.0.2.0/24"] });
		const address = await explained(bound, await refusing.refuse(bound.raw_key, { address: parseAddress("198.51.100.7") }), "address_allowed");
		deepEqual([address.allowed_ips, address.network], [["192.0.2.0/24"], "198.51.100.0/24"]);
	});

	test("the last request that succeeded is named with its time, also when a refused one came later", async () => {
		const key = await newKey();
		const before = await refusing.refuse(key.raw_key, { tenant_id: "elsewhere" });
		await refusing.flush();
		equal((await refusing.explain(tenant_id, before)).last_success, null);
		equal((await process.verifier.decide(newQuestion(key.raw_key, { operation: "GET /orders" }))).denial, null);
		const at = new Date(fixture.clock.now()).toISOString();
		fixture.clock.advance(5_000);
		const later = await refusing.refuse(key.raw_key, { tenant_id: "elsewhere" });
		await refusing.flush();
		deepEqual((await refusing.explain(tenant_id, later)).last_success, { at, operation: "GET /orders" });
	});

	test("a wrong secret is not proven: it is listed, explained and counted, and raises no alert", async () => {
		await fixture.behind("delete from keywright.alert_news");
		const key = await newKey();
		const forged = makeRawKey({ brand: "kw", environment: "prod", kid: asKid(key.kid), secret: WRONG_SECRET });
		const facts = await explained(key, await refusing.refuse(forged), "key_known");
		equal(facts.proven, false);
		const { data, counts } = await list({ key_id: key.key_id });
		deepEqual(
			[data.map(({ code, status, proven }) => [code, status, proven]), counts],
			[[["key_invalid", 401, false]], [{ code: "key_invalid", requests: 1 }]],
		);
		deepEqual(await fixture.behind("select * from keywright.alert_news where rule in ('failures_jump', 'dead_key_presented')"), []);
	});

	test("an unknown kid belongs to no tenant: the operator sees it by address and kid", async () => {
		const raw_key = makeRawKey({ brand: "kw", environment: "prod", kid: asKid("unknownKid00"), secret: WRONG_SECRET });
		const request_id = await refusing.refuse(raw_key, { address: parseAddress("203.0.113.9") });
		await refusing.flush();
		await rejects(refusing.explain(tenant_id, request_id), isNotFound);
		const explanation = await refusing.explainAny(request_id);
		deepEqual([explanation.check, explanation.tenant_id, explanation.address], ["key_known", null, "203.0.113.9"]);
		const { data, addresses, kids } = await listUnknownFailures(fixture.context(process.node), { kid: "unknownKid00" });
		deepEqual(
			data.map(({ request_id: id, requests }) => [id, requests]),
			[[request_id, 1]],
		);
		ok(addresses.some(({ address }) => address === "203.0.113.9") && kids.some(({ kid }) => kid === "unknownKid00"));
	});

	test("another tenant, another key, an allowed request and a made-up id are not found", async () => {
		const [key, other] = [await newKey(), await newKey()];
		const foreign = await fixture.tenant(process.node);
		const request_id = await refusing.refuse(key.raw_key, { tenant_id: "elsewhere" });
		fixture.clock.advance(120_000);
		const allowed = await refusing.refuse(other.raw_key);
		await refusing.flush();
		equal((await refusing.explain(tenant_id, request_id)).check, "tenant_matches");
		await rejects(refusing.explain(foreign, request_id), isNotFound);
		await rejects(refusing.explainOwn(other, request_id), isNotFound);
		await rejects(refusing.explain(tenant_id, allowed), isNotFound);
		await rejects(refusing.explain(tenant_id, newRequestId(fixture.clock.now())), isNotFound);
		await rejects(refusing.explain(tenant_id, "no request id"), isNotFound);
		equal((await refusing.explainAny(request_id)).tenant_id, tenant_id);
	});

	test("a time that does not exist, and a period that ends before it begins, are refused", async () => {
		for (const period of [
			{ from: "2016-12-31T23:59:60Z" },
			{ to: "2016-12-31T23:59:60Z" },
			{ from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" },
		]) {
			await rejects(list(period), { code: "invalid_request" });
			await rejects(listUnknownFailures(fixture.context(process.node), period), { code: "invalid_request" });
		}
	});
});
