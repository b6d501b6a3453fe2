import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { newQuestion, type VerificationFixture, verificationFixture } from "../../testing/verification.ts";
import { pauseKey } from "../keys/pause.ts";
import { verify } from "./verify.ts";

const FLOOD = 500;

describe("memory that a caller with a key can make the process use", () => {
	let fixture: VerificationFixture;
	before(async () => {
		fixture = await verificationFixture();
	});
	after(() => fixture.close());

	test("a key that is refused before its site was looked up is not counted by what it calls a site", async () => {
		const process = await fixture.process();
		const tenant_id = await fixture.tenant(process.node);
		const { raw_key, key_id } = await fixture.key(process.node, tenant_id);
		await pauseKey(fixture.context(process.node), { tenant_id, key_id });
		for (let asked = 0; asked < FLOOD; asked += 1) {
			const { denial } = await process.ask(raw_key, { site_id: `made-up-${asked}` });
			equal(denial?.code, "key_paused");
		}
		const batch = process.meter.drain();
		deepEqual(
			batch?.operations.map(({ site_id, requests }) => ({ site_id, requests })),
			[{ site_id: "", requests: FLOOD }],
		);
	});

	test("a site id that is longer than any is not looked up, nor kept", async () => {
		const process = await fixture.process();
		const tenant_id = await fixture.tenant(process.node);
		const { raw_key } = await fixture.key(process.node, tenant_id);
		equal((await process.ask(raw_key)).denial, null);
		const answer = process.verifier.decide(newQuestion(raw_key, { site_id: "s".repeat(65) }));
		ok(!(answer instanceof Promise), "it was looked up");
		equal(answer.denial?.code, "not_found");
	});

	test("what a service says that it is about to do cannot spoil the counts of others", async () => {
		const process = await fixture.process();
		const tenant_id = await fixture.tenant(process.node);
		const { raw_key } = await fixture.key(process.node, tenant_id);
		const context = { ...fixture.context(process.node), verifier: process.verifier, problem_type_base: "http://localhost/problems" };
		await verify(context, { raw_key, permissions: ["a\u001fb"], request: { method: "G\u0000ET\u{1f600}" } });
		for (const { operation } of process.meter.drain()?.operations ?? []) ok(/^[\x20-\x7e]+$/.test(operation), JSON.stringify(operation));
	});

	test("windows and tenants are released with the last grant that refers to them", async () => {
		const process = await fixture.process({ grants_max: 2 });
		for (let made = 0; made < 6; made += 1) {
			const tenant_id = await fixture.tenant(process.node, { rate_limits: [{ name: "burst", requests: 5, window_seconds: 60, per: "key" }] });
			const { raw_key } = await fixture.key(process.node, tenant_id);
			equal((await process.ask(raw_key)).denial, null);
		}
		equal(process.grants.size, 2);
		equal(process.windows.size, 6);
		fixture.clock.advance(120_000);
		process.grants.sweep();
		equal(process.windows.size, 2);
	});
});
