import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import fc from "fast-check";
import { getCode, type MadeKey, type Process, type VerificationFixture, verificationFixture } from "../../../testing/verification.ts";
import { reissueKey } from "../../keys/secrets/reissue.ts";
import { updateKeySettings } from "../../keys/update.ts";
import { isUnknown } from "../grants/unknown-names.ts";

const AT_ONCE = 400;

suite("named limits, and limits of a key's own", () => {
	let fixture: VerificationFixture;
	let process: Process;

	before(async () => {
		fixture = await verificationFixture();
		process = await fixture.process();
	});
	after(() => fixture.close());

	const limit = (name: string, requests: number, fields: object = {}) => ({ name, requests, window_seconds: 60, per: "tenant" as const, ...fields });
	const named = (name: string, requests: number) => limit(name, requests, { named_only: true });

	/** The count of each limit of the key, by name. */
	function used({ kid }: MadeKey): Record<string, number> {
		const grant = process.grants.get(kid);
		ok(grant && !isUnknown(grant));
		return Object.fromEntries(grant.policy.limits.map(({ name }, index) => [name, grant.windows[index]?.used(fixture.clock.monotonic()) ?? -1]));
	}

	async function getUnspent(tenant_id: string): Promise<number> {
		await process.ledger.returnAll();
		const [row] = await fixture.behind("select leased from keywright.quota_periods where tenant_id = $1", [tenant_id]);
		return Number(row?.leased);
	}

	async function askMany(raw_keys: readonly string[], question: object, times = AT_ONCE): Promise<Record<string, number>> {
		const decisions = await Promise.all(Array.from({ length: times }, (_, index) => process.ask(raw_keys[index % raw_keys.length] ?? "", question)));
		const counts: Record<string, number> = {};
		for (const decision of decisions) counts[getCode(decision)] = (counts[getCode(decision)] ?? 0) + 1;
		return counts;
	}

	test("400 at once against 100 of one of three named limits: exactly 100, and the others, the key's own and the quota have spent exactly 100", async () => {
		const tenant_id = await fixture.tenant(process.node, {
			rate_limits: [named("exports", 100), limit("burst", 1_000), named("mails", 1_000), named("pages", 1_000), named("unasked", 1)],
			quota_requests_per_month: 1_000,
		});
		const keys = [
			await fixture.key(process.node, tenant_id),
			await fixture.key(process.node, tenant_id, { rate_limits: [{ name: "own", requests: 900, window_seconds: 60 }] }),
		];
		const limits = new Map(["mails", "pages", "exports"].map((name) => [name, 1]));
		const [one, two] = keys;
		ok(one && two);
		const decisions = await Promise.all(
			Array.from({ length: AT_ONCE }, async (_, index) => {
				const key = index % 2 === 0 ? one : two;
				return { key, code: getCode(await process.ask(key.raw_key, { limits })) };
			}),
		);
		const allowed = decisions.filter(({ code }) => code === "allowed");
		deepEqual([allowed.length, decisions.filter(({ code }) => code === "rate_limited").length], [100, 300]);
		const shared = { burst: 100, exports: 100, mails: 100, pages: 100, unasked: 0 };
		deepEqual(used(one), shared);
		deepEqual(used(two), { ...shared, own: allowed.filter(({ key }) => key === two).length });
		equal(await getUnspent(tenant_id), 100);
	});

	test("a quota that ends first leaves every limit at what was let through", async () => {
		const tenant_id = await fixture.tenant(process.node, {
			rate_limits: [limit("burst", 1_000), named("exports", 1_000)],
			quota_requests_per_month: 150,
		});
		const key = await fixture.key(process.node, tenant_id);
		const counts = await askMany([key.raw_key], { cost: 3, limits: new Map([["exports", 7]]) });
		deepEqual(counts, { allowed: 50, quota_exceeded: 350 });
		deepEqual(used(key), { burst: 150, exports: 350 });
		equal(await getUnspent(tenant_id), 150);
	});

	test("whatever costs meet, the sums are exact and no limit is ever over", async () => {
		let round = 0;
		const asks = fc.array(
			fc.record({
				cost: fc.integer({ min: 1, max: 6 }),
				limits: fc.option(fc.dictionary(fc.constantFrom("exports", "mails", "burst"), fc.integer({ min: 1, max: 20 }), { noNullPrototype: true })),
			}),
			{ minLength: 20, maxLength: 120 },
		);
		await fc.assert(
			fc.asyncProperty(asks, async (sequence) => {
				round += 1;
				const bounds = { burst: 120, exports: 60, mails: 40 };
				const tenant_id = await fixture.tenant(process.node, {
					rate_limits: [named("mails", bounds.mails), limit("burst", bounds.burst), named("exports", bounds.exports)],
					quota_requests_per_month: 100,
				});
				const key = await fixture.key(process.node, tenant_id);
				const decisions = await Promise.all(
					sequence.map(({ cost, limits }) => process.ask(key.raw_key, { cost, limits: limits && new Map(Object.entries(limits)) })),
				);
				const expected = { burst: 0, exports: 0, mails: 0 };
				let quota = 0;
				for (const [index, decision] of decisions.entries()) {
					const asked = sequence[index];
					if (getCode(decision) !== "allowed" || !asked) continue;
					quota += asked.cost;
					expected.burst += asked.limits?.burst ?? asked.cost;
					expected.exports += asked.limits?.exports ?? 0;
					expected.mails += asked.limits?.mails ?? 0;
				}
				deepEqual(used(key), expected);
				ok(expected.burst <= bounds.burst && expected.exports <= bounds.exports && expected.mails <= bounds.mails && quota <= 100);
				equal(await getUnspent(tenant_id), quota);
			}),
			{ numRuns: 15 },
		);
		equal(round, 15);
	});

	test("a key's own limit counts on through other secrets and other settings, and a changed number holds from the next request on", async () => {
		const tenant_id = await fixture.tenant(process.node);
		const key = await fixture.key(process.node, tenant_id, { rate_limits: [{ name: "slow", requests: 5, window_seconds: 60 }] });
		const ids = { tenant_id, key_id: key.key_id };
		const update = (input: object) => updateKeySettings(fixture.context(process.node), { ...ids, ...input });
		const ask = async (raw_key: string) => getCode(await process.ask(raw_key));
		deepEqual(await askMany([key.raw_key], {}, 3), { allowed: 3 });

		// Resets the first use, because a used secret can be replaced only by a rotation.
		await fixture.behind("delete from keywright.secret_activity where kid = $1", [key.kid]);
		const { raw_key } = await reissueKey(fixture.context(process.node), ids);
		equal(await ask(raw_key), "allowed", "four");
		await update({ labels: { team: "b" } });
		equal(await ask(raw_key), "allowed", "five");
		equal(await ask(raw_key), "rate_limited");
		await update({ rate_limits: [{ name: "slow", requests: 7, window_seconds: 60 }] });
		deepEqual(await askMany([raw_key], {}, 4), { allowed: 2, rate_limited: 2 });
		await update({ rate_limits: [{ name: "slow", requests: 6, window_seconds: 60 }] });
		equal(await ask(raw_key), "rate_limited");
		await update({ rate_limits: [] });
		equal(await ask(raw_key), "allowed");
		await update({ rate_limits: [{ name: "slow", requests: 7, window_seconds: 3_600 }] });
		equal(await ask(raw_key), "rate_limited", "taking it away and setting it again, at another length, is no way around it");
	});

	test("the same name at the plan later shares no window with the key's own", async () => {
		const tenant_id = await fixture.tenant(process.node);
		const key = await fixture.key(process.node, tenant_id, { rate_limits: [{ name: "slow", requests: 3, window_seconds: 60 }] });
		deepEqual(await askMany([key.raw_key], {}, 2), { allowed: 2 });
		await fixture.plan(process.node, `plan-${tenant_id}`, { rate_limits: [limit("slow", 10, { per: "key" })] });
		deepEqual(await askMany([key.raw_key], {}, 2), { allowed: 1, rate_limited: 1 });
		const grant = process.grants.get(key.kid);
		ok(grant && !isUnknown(grant));
		deepEqual(
			grant.windows.map((window) => window.used(fixture.clock.monotonic())),
			[1, 3],
		);
	});

	test("another tenant's and another key's limits of the same names are their own", async () => {
		const plan = { rate_limits: [named("exports", 1), limit("each", 1, { per: "key", named_only: true })] };
		const tenants = [await fixture.tenant(process.node, plan), await fixture.tenant(process.node, plan)];
		const own = { rate_limits: [{ name: "slow", requests: 1, window_seconds: 60 }] };
		for (const tenant_id of tenants) {
			const key = await fixture.key(process.node, tenant_id, own);
			equal(
				getCode(
					await process.ask(key.raw_key, {
						limits: new Map([
							["exports", 1],
							["each", 1],
						]),
					}),
				),
				"allowed",
			);
		}
		const second = await fixture.key(process.node, tenants[0] ?? "", own);
		equal(getCode(await process.ask(second.raw_key, { limits: new Map([["exports", 1]]) })), "rate_limited", "one of the tenant's");
		equal(getCode(await process.ask(second.raw_key, { limits: new Map([["each", 1]]) })), "allowed");
	});
});
