import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, beforeEach, suite, test } from "node:test";
import { testLog } from "../../testing/database.ts";
import { pausable } from "../../testing/nodes.ts";
import { getCode, type MadeKey, newQuestion, type Process, type VerificationFixture, verificationFixture } from "../../testing/verification.ts";
import { parseAddress } from "../core/network.ts";
import { DAY_MS } from "../core/time.ts";
import { ExposureRecorder } from "../exposure/recorder.ts";
import { revokeKey } from "../keys/revocation/revoke.ts";
import { makeRawKey, newKid, newSecret, parseRawKey } from "../keys/secrets/format.ts";
import { updateKeySettings } from "../keys/update.ts";
import { updateTenant } from "../tenants/tenants.ts";
import { getSource, UNKNOWN_SOURCE } from "../usage/sources/source.ts";
import { NOT_KNOWN } from "./denial.ts";

const unknownKey = () => makeRawKey({ brand: "kw", environment: "prod", kid: newKid(), secret: newSecret() });

suite("canary keys", () => {
	let fixture: VerificationFixture;
	let first: Process;
	let second: Process;
	let tenant_id: string;
	before(async () => {
		fixture = await verificationFixture();
		[first, second] = [await fixture.process(), await fixture.process()];
	});
	beforeEach(async () => {
		tenant_id = await fixture.tenant(first.node, { limits: { api_keys: 1 } });
	});
	after(() => fixture.close());

	const makeCanary = (input: object = {}) => fixture.key(first.node, tenant_id, { ...input, canary: true });
	const revoke = (key: MadeKey) => revokeKey(fixture.context(first.node), { ...key, reason: "other" });
	const news = () => fixture.behind("select key_id, requests, details from keywright.alert_news where tenant_id = $1 order by id", [tenant_id]);
	const events = () =>
		fixture.behind("select data from keywright.outbox where tenant_id = $1 and type = 'key.canary_used' order by position", [tenant_id]);

	test("a canary key is answered like an unknown one by every node, again and again, and its uses are written with their source", async () => {
		const canary = await makeCanary();
		const source = getSource(parseAddress("203.0.113.9"), "curl/8.1", null);
		for (const process of [first, second, first]) deepEqual(await process.ask(canary.raw_key, { source }), { denial: NOT_KNOWN, grant: null });
		deepEqual(await first.ask(unknownKey(), { source }), { denial: NOT_KNOWN, grant: null });
		equal(first.grants.size + second.grants.size, 0);
		deepEqual([await first.exposures.flush(), await second.exposures.flush(), await first.exposures.flush()], [true, true, false]);
		const { key_id, kid } = canary;
		const details = { kid, source_id: source.id, source: "curl", network: "203.0.113.0/24" };
		deepEqual(
			(await news()).map(({ requests, ...row }) => ({ ...row, requests: Number(requests) })),
			[
				{ key_id, requests: 2, details },
				{ key_id, requests: 1, details },
			],
		);
		const [event, ...others] = await events();
		deepEqual([others.length, Object(event?.data).network, Object(event?.data).key_id], [0, "203.0.113.0/24", key_id]);
		deepEqual(await fixture.behind("select 1 from keywright.secret_activity where kid = $1", [kid]), [], "it was never used");
	});

	test("another secret of a canary's kid, and its own secret in another environment, are no use of it", async () => {
		const { raw_key, kid } = await makeCanary();
		const parsed = parseRawKey("kw", raw_key);
		ok(parsed);
		for (const other of [
			makeRawKey({ brand: "kw", environment: "prod", kid: parsed.kid, secret: newSecret() }),
			makeRawKey({ brand: "kw", environment: "dev", kid: parsed.kid, secret: parsed.secret }),
		])
			deepEqual(await first.ask(other), { denial: NOT_KNOWN, grant: null }, kid);
		equal(await first.exposures.flush(), false);
	});

	test("a canary key counts as a wrong key of its address, which is refused and looked up like any other", async () => {
		const { raw_key } = await makeCanary();
		const limited = await fixture.process({ failures_per_minute: 2 });
		const [one, other] = [parseAddress("198.51.100.1"), parseAddress("198.51.100.2")];
		const codes = async (key: string, address: typeof one) => {
			const found: string[] = [];
			for (let request = 0; request < 4; request += 1) found.push(getCode(await limited.ask(key, { address })));
			return found;
		};
		deepEqual(await codes(raw_key, one), await codes(unknownKey(), other));
		await limited.exposures.flush();
		equal(Number((await news())[0]?.requests), 4, "every presentation is a use, also one that is refused for its address");
	});

	test("a dry run denies a canary key as unknown and names it to its caller only; nothing is written", async () => {
		const { raw_key, key_id } = await makeCanary();
		const { canary, ...decision } = await first.verifier.examine(newQuestion(raw_key));
		deepEqual([decision, canary?.key_id], [{ denial: NOT_KNOWN, grant: null }, key_id]);
		equal(await first.exposures.flush(), false);
	});

	test("a canary key that was revoked or has expired is unknown still and raises nothing; one of a suspended tenant does", async () => {
		const [revoked, expired, suspended] = [
			await makeCanary(),
			await makeCanary({ expires_at: new Date(fixture.clock.now() + 1_000).toISOString() }),
			await makeCanary(),
		];
		await revoke(revoked);
		await updateTenant(fixture.context(first.node), { tenant_id, status: "suspended" });
		fixture.clock.advance(2_000);
		for (const { raw_key } of [revoked, expired, suspended]) deepEqual(await second.ask(raw_key), { denial: NOT_KNOWN, grant: null });
		await second.exposures.flush();
		deepEqual(
			(await news()).map(({ key_id }) => key_id),
			[suspended.key_id],
		);
	});

	test("uses wait while the database does not answer, and are one event until a day has passed without one", async () => {
		const { raw_key } = await makeCanary();
		const { canary } = await first.verifier.examine(newQuestion(raw_key));
		ok(canary);
		let cut_off = true;
		const { database } = pausable(fixture.database, async () => {
			if (cut_off) throw new Error("no database");
		});
		const recorder = new ExposureRecorder({ database, clock: fixture.clock, log: testLog });
		for (let attempt = 0; attempt < 3; attempt += 1) {
			recorder.addCanary(canary, UNKNOWN_SOURCE);
			await rejects(recorder.flush(), /no database/);
		}
		cut_off = false;
		await recorder.flush();
		await first.ask(raw_key);
		await first.exposures.flush();
		deepEqual(
			(await news()).map(({ requests }) => Number(requests)),
			[3, 1],
		);
		equal((await events()).length, 1);
		fixture.clock.advance(DAY_MS + 1_000);
		await first.ask(raw_key);
		await first.exposures.flush();
		equal((await events()).length, 2);
	});

	test("canary keys hold no place in the plan, have a maximum of their own, and are never replaced", async () => {
		const canary = await makeCanary();
		await fixture.key(first.node, tenant_id);
		await rejects(fixture.key(first.node, tenant_id), /allows 1 API keys, and 1 are live/);
		await makeCanary();
		const [row] = await fixture.behind("select permissions, expires_at, rotate_every_days, rotation_due_at from keywright.keys where id = $1", [
			canary.key_id,
		]);
		deepEqual(row, { permissions: [], expires_at: null, rotate_every_days: null, rotation_due_at: null });
		const invalid = {
			metadata: { errors: [{ pointer: "/rotate_every_days", detail: "must be null or left out for a canary key, whose secret is not replaced" }] },
		};
		await rejects(makeCanary({ rotate_every_days: 90 }), invalid);
		await rejects(updateKeySettings(fixture.context(first.node), { ...canary, rotate_every_days: 90 }), invalid);
		await fixture.behind(
			`insert into keywright.keys select (jsonb_populate_record(k, jsonb_build_object('id', 'key_filler_' || n))).*
			from keywright.keys as k cross join generate_series(1, 98) as n where k.id = $1`,
			[canary.key_id],
		);
		await rejects(makeCanary(), /can have 100 canary keys/);
	});
});
