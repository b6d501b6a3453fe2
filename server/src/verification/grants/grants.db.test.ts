import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { append, pausable } from "../../../testing/nodes.ts";
import { getCode, type MadeKey, type Process, type VerificationFixture, verificationFixture } from "../../../testing/verification.ts";
import { ApiError } from "../../core/error.ts";
import { pauseKey, resumeKey } from "../../keys/pause.ts";
import { revokeKey } from "../../keys/revocation/revoke.ts";
import { newKid } from "../../keys/secrets/format.ts";
import { createSite, deleteSite } from "../../tenants/sites/sites.ts";
import { updateTenant } from "../../tenants/tenants.ts";
import { type Grant, isStale, NO_SITE } from "./grant.ts";
import { isUnknown, UNKNOWN } from "./unknown-names.ts";

const A_WHILE_MS = 40;
/** The interval at which the negative cache reads the clock. */
const CLOCK_RESOLUTION_MS = 1_100;

suite("grants in memory", () => {
	let fixture: VerificationFixture;
	/** Makes the changes; its own cache is irrelevant. */
	let changer: Process;

	before(async () => {
		fixture = await verificationFixture();
		changer = await fixture.process();
	});
	after(() => fixture.close());

	/** A process whose reads a test can block, while its node receives changes as usual. */
	async function reader(options: { grants_max?: number } = {}) {
		const held = pausable(fixture.database);
		const process = await fixture.process({ ...options, grants_database: held.database });
		return { ...process, held };
	}

	async function filled({ grants }: Process, kid: string): Promise<Grant> {
		const grant = grants.get(kid) ?? (await grants.fill(kid, "normal"));
		if (isUnknown(grant)) throw new Error("unknown");
		return grant;
	}

	const revoke = (key: MadeKey) => revokeKey(fixture.context(changer.node), { ...key, reason: "other" });

	test("however many ask for however many at once, they are read with few queries, each once", async () => {
		const tenant_id = await fixture.tenant(changer.node);
		const keys = await Promise.all(Array.from({ length: 10 }, () => fixture.key(changer.node, tenant_id)));
		const { grants, held } = await reader();
		const asked = Array.from({ length: 300 }, (_, index) => grants.fill(keys[index % 10]?.kid ?? "", "normal"));
		const found = await Promise.all(asked);
		equal(held.begun, 1);
		equal(new Set(found).size, 10);
		equal(grants.size, 10);
	});

	test("a reading that a change has overtaken is not kept: it is read again", async () => {
		const tenant_id = await fixture.tenant(changer.node);
		const key = await fixture.key(changer.node, tenant_id);
		const { grants, held, node } = await reader();
		held.holdAnswers();
		const filling = grants.fill(key.kid, "normal");
		await sleep(A_WHILE_MS);
		await revoke(key);
		equal(node.touchedSince("key", key.key_id, 0), true, "the node has confirmed the revocation");
		held.release();
		const grant = await filling;
		ok(!isUnknown(grant));
		equal(grant.revoked, true);
		equal(held.begun, 2);
	});

	for (const [what, change, seen] of [
		[
			"the tenant",
			(tenant_id: string) => updateTenant(fixture.context(changer.node), { tenant_id, status: "suspended" }),
			(grant: Grant) => grant.tenant.suspended,
		],
		[
			"the plan",
			(tenant_id: string) => fixture.plan(changer.node, `plan-${tenant_id}`, { capabilities: ["m2m_api"] }),
			(grant: Grant) => !grant.tenant.plan.capabilities.has("documents"),
		],
	] as const) {
		test(`the same when ${what} was changed meanwhile`, async () => {
			const tenant_id = await fixture.tenant(changer.node);
			const key = await fixture.key(changer.node, tenant_id);
			const { grants, held } = await reader();
			held.holdAnswers();
			const filling = grants.fill(key.kid, "normal");
			await sleep(A_WHILE_MS);
			await change(tenant_id);
			held.release();
			const grant = await filling;
			ok(!isUnknown(grant));
			equal(seen(grant), true);
			equal(held.begun, 2);
		});
	}

	test("a key that is changed faster than it can be read is unavailable, not let in", async () => {
		const tenant_id = await fixture.tenant(changer.node);
		const key = await fixture.key(changer.node, tenant_id);
		let readings = 0;
		const held = pausable(fixture.database, async () => {
			readings += 1;
			// `pausable` pauses twice for each transaction; this is the pause after it.
			if (readings % 2 === 0) await changer.node.awaitBarrier(await append(fixture.database, changer.node, [{ kind: "key", id: key.key_id }]));
		});
		const { grants } = await fixture.process({ grants_database: held.database });
		await rejects(grants.fill(key.kid, "normal"), (error: unknown) => error instanceof ApiError && error.code === "unavailable");
		equal(grants.get(key.kid), undefined);
		ok(held.begun <= 8);
	});

	test("a change of one key leaves all others in memory", async () => {
		const tenant_id = await fixture.tenant(changer.node);
		const [key, other] = [await fixture.key(changer.node, tenant_id), await fixture.key(changer.node, tenant_id)];
		const process = await reader();
		const [grant, neighbour] = [await filled(process, key.kid), await filled(process, other.kid)];
		await pauseKey(fixture.context(changer.node), key);
		deepEqual([isStale(grant), isStale(neighbour)], [true, false]);
		equal(process.grants.get(key.kid), undefined);
		equal(process.grants.get(other.kid), neighbour);
		const paused = await filled(process, key.kid);
		await resumeKey(fixture.context(changer.node), key);
		deepEqual([paused.paused, (await filled(process, key.kid)).paused], [true, false]);
	});

	test("keys of one tenant share its object and its plan's: one entry makes all of them stale", async () => {
		const tenant_id = await fixture.tenant(changer.node);
		const keys = await Promise.all(Array.from({ length: 5 }, () => fixture.key(changer.node, tenant_id)));
		const process = await reader();
		const grants = await Promise.all(keys.map(({ kid }) => filled(process, kid)));
		for (const grant of grants) {
			equal(grant.tenant, grants[0]?.tenant);
			equal(grant.tenant.plan, grants[0]?.tenant.plan);
		}
		await updateTenant(fixture.context(changer.node), { tenant_id, name: "Renamed" });
		deepEqual(new Set(grants.map(isStale)), new Set([true]));
		const renewed = await Promise.all(keys.map(({ kid }) => filled(process, kid)));
		equal(new Set(renewed.map((grant) => grant.tenant)).size, 1);
		equal(renewed[0]?.tenant.name, "Renamed");
	});

	test("tenants of one plan share its object, and others are not touched by its change", async () => {
		const [first, second] = [await fixture.tenant(changer.node), await fixture.tenant(changer.node)];
		await updateTenant(fixture.context(changer.node), { tenant_id: second, plan_id: `plan-${first}` });
		const third = await fixture.tenant(changer.node);
		const process = await reader();
		const [a, b, c] = await Promise.all(
			[first, second, third].map(async (tenant_id) => filled(process, (await fixture.key(changer.node, tenant_id)).kid)),
		);
		ok(a && b && c);
		equal(a.tenant.plan, b.tenant.plan);
		notEqual(a.tenant, b.tenant);
		await fixture.plan(changer.node, `plan-${first}`, { name: "Another name" });
		deepEqual([isStale(a), isStale(b), isStale(c)], [true, true, false]);
	});

	test("an evicted grant is stale for requests that still refer to it: changes no longer reach it", async () => {
		const tenant_id = await fixture.tenant(changer.node);
		const keys = await Promise.all(Array.from({ length: 4 }, () => fixture.key(changer.node, tenant_id)));
		const process = await reader({ grants_max: 2 });
		const grants: Grant[] = [];
		for (const { kid } of keys) grants.push(await filled(process, kid));
		equal(process.grants.size, 2);
		equal(grants.filter(isStale).length, 2);
		await Promise.all(keys.map(revoke));
		for (const { kid } of keys) equal((await filled(process, kid)).revoked, true);
	});

	test("what only an evicted grant referred to is removed: its windows, also the one of its refused requests, and its tenant", async () => {
		const rate_limits = [{ name: "burst", requests: 5, window_seconds: 60, per: "key" as const }];
		const [first, second] = [await fixture.tenant(changer.node, { rate_limits }), await fixture.tenant(changer.node, { rate_limits })];
		const [key, other] = [await fixture.key(changer.node, first, { permissions: [] }), await fixture.key(changer.node, second)];
		const process = await reader({ grants_max: 1 });
		equal(getCode(await process.ask(key.raw_key)), "allowed");
		equal(getCode(await process.ask(key.raw_key, { permissions: ["sites:read"] })), "permission_missing");
		equal(process.windows.size, 2);
		equal(getCode(await process.ask(other.raw_key)), "allowed");
		fixture.clock.advance(120_000);
		process.windows.sweep();
		equal(process.windows.size, 1, "the window of the grant in memory");
		deepEqual([...process.grants.references.states.tenants.keys()], [second]);
	});

	test("a grant that was filled twice is one: the earlier object is stale", async () => {
		const tenant_id = await fixture.tenant(changer.node);
		const key = await fixture.key(changer.node, tenant_id);
		const { grants } = await reader();
		const [normal, slow] = await Promise.all([grants.fill(key.kid, "normal"), grants.fill(key.kid, "slow")]);
		ok(!isUnknown(normal) && !isUnknown(slow));
		equal([normal, slow].filter((grant) => !isStale(grant)).length, 1);
		equal(grants.size, 1);
	});

	test("an unknown kid is cached for half a minute, without the database", async () => {
		const { grants, held } = await reader();
		const kid = newKid();
		equal(await grants.fill(kid, "normal"), UNKNOWN);
		const begun = held.begun;
		equal(grants.get(kid), UNKNOWN);
		fixture.clock.advance(29_000);
		equal(grants.get(kid), UNKNOWN);
		equal(held.begun, begun);
		fixture.clock.advance(2_000);
		await sleep(CLOCK_RESOLUTION_MS);
		equal(grants.get(kid), undefined);
	});

	test("a flood of unknown kids in the slow lane does not hold up the normal one", async () => {
		const tenant_id = await fixture.tenant(changer.node);
		const key = await fixture.key(changer.node, tenant_id);
		const { grants, held } = await reader();
		held.holdAnswers();
		const flood = Promise.allSettled(Array.from({ length: 200 }, () => grants.fill(newKid(), "slow")));
		await sleep(A_WHILE_MS);
		equal(held.begun, 1, "the slow lane reads once at a time");
		held.letThrough();
		const grant = await grants.fill(key.kid, "normal");
		ok(!isUnknown(grant));
		equal(grant.key_id, key.key_id);
		held.release();
		await flood;
	});

	test("a node that rejoins clears its cache, and grants in use become stale", async () => {
		const tenant_id = await fixture.tenant(changer.node);
		const key = await fixture.key(changer.node, tenant_id);
		const process = await reader();
		const grant = await filled(process, key.kid);
		await process.grants.fillSite(tenant_id, "nowhere");
		await fixture.behind("update keywright.nodes set fenced_at = now() where id = $1", [process.node.id]);
		const { id } = process.node;
		await append(fixture.database, changer.node, [{ kind: "key", id: "another" }]);
		while (process.node.id === id) await sleep(5);
		while (!process.node.lease.holds()) {
			await append(fixture.database, changer.node, [{ kind: "key", id: "another" }]);
			await sleep(20);
		}
		equal(isStale(grant), true);
		deepEqual([process.grants.size, process.grants.get(key.kid), process.grants.site(tenant_id, "nowhere")], [0, undefined, undefined]);
	});

	test("a site is remembered, also that it is not there, until a change of it", async () => {
		const tenant_id = await fixture.tenant(changer.node);
		const { grants, held } = await reader();
		equal(grants.site(tenant_id, "shop"), undefined);
		equal(await grants.fillSite(tenant_id, "shop"), NO_SITE);
		equal(grants.site(tenant_id, "shop"), NO_SITE);
		await createSite(fixture.context(changer.node), { tenant_id, id: "shop", name: "Shop", environment: "prod" });
		equal(grants.site(tenant_id, "shop"), undefined);
		deepEqual(await grants.fillSite(tenant_id, "shop"), { environment: "prod" });
		deepEqual(grants.site(tenant_id, "shop"), { environment: "prod" });
		equal(grants.site("another-tenant", "shop"), undefined);
		await deleteSite(fixture.context(changer.node), { tenant_id, site_id: "shop" });
		equal(grants.site(tenant_id, "shop"), undefined);
		ok(held.begun >= 2);
	});

	test("a reading of a site that a change has overtaken is not kept", async () => {
		const tenant_id = await fixture.tenant(changer.node);
		const { grants, held } = await reader();
		held.holdAnswers();
		const filling = grants.fillSite(tenant_id, "shop");
		await sleep(A_WHILE_MS);
		await createSite(fixture.context(changer.node), { tenant_id, id: "shop", name: "Shop" });
		held.release();
		deepEqual(await filling, { environment: null });
		equal(held.begun, 2);
	});
});
