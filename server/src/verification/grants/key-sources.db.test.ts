import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { getCode, type MadeKey, type Process, type VerificationFixture, verificationFixture } from "../../../testing/verification.ts";
import { parseAddress } from "../../core/network.ts";
import { getSource, OTHER_SOURCES, type Source } from "../../usage/sources/source.ts";
import { SOURCES_PER_KEY_MAX } from "../../usage/store.ts";
import type { Grant } from "./grant.ts";
import { isUnknown } from "./unknown-names.ts";

const from = (network: number): Source => getSource(parseAddress(`198.51.${network}.1`), "curl/8", null);

suite("counting keys by source", () => {
	let fixture: VerificationFixture;
	let process: Process;
	let tenant_id: string;
	before(async () => {
		fixture = await verificationFixture();
		process = await fixture.process();
		tenant_id = await fixture.tenant(process.node);
	});
	after(() => fixture.close());

	function getGrant(key: MadeKey): Grant {
		const grant = process.grants.get(key.kid);
		ok(grant && !isUnknown(grant));
		return grant;
	}

	/** Requests by source, as the next flush would store them. */
	function drained(): Map<string, number> {
		const told = new Map<string, number>();
		for (const fact of process.meter.drain(1_000_000)?.keys ?? []) told.set(fact.source.id, (told.get(fact.source.id) ?? 0) + fact.requests);
		return told;
	}

	test("each request is counted for the source it came from, refused ones too, however sources take turns", async () => {
		const key = await fixture.key(process.node, tenant_id);
		const [one, two] = [from(1), from(2)];
		for (const source of [one, two, one, one, two]) equal(getCode(await process.ask(key.raw_key, { source })), "allowed");
		equal(getCode(await process.ask(key.raw_key, { source: two, permissions: ["sites:admin"] })), "permission_missing");
		deepEqual(
			drained(),
			new Map([
				[one.id, 3],
				[two.id, 3],
			]),
		);
	});

	test("an equal source that is another object is the same source", async () => {
		const key = await fixture.key(process.node, tenant_id);
		for (const source of [from(3), from(3), from(4), from(3)]) await process.ask(key.raw_key, { source });
		deepEqual(
			drained(),
			new Map([
				[from(3).id, 3],
				[from(4).id, 1],
			]),
		);
		equal(getGrant(key).counters?.length, 2);
	});

	test("a key that is used from everywhere has a bounded number of counters, and loses no count", async () => {
		const key = await fixture.key(process.node, tenant_id);
		for (let round = 0; round < 2; round += 1)
			for (let network = 0; network < 200; network += 1) await process.ask(key.raw_key, { source: from(network) });
		equal(getGrant(key).counters?.length, SOURCES_PER_KEY_MAX);
		const told = drained();
		equal(told.size, SOURCES_PER_KEY_MAX + 1);
		equal(told.get(OTHER_SOURCES.id), 2 * (200 - SOURCES_PER_KEY_MAX));
		equal(
			[...told.values()].reduce((sum, requests) => sum + requests, 0),
			400,
		);
	});

	test("once its secret has matched, the same text finds the grant by its digest, and never again after a change", async () => {
		const key = await fixture.key(process.node, tenant_id);
		await process.ask(key.raw_key);
		const grant = getGrant(key);
		ok(grant.digest);
		equal(process.grants.matched(grant.digest), grant);
		await process.ask(`${key.raw_key.slice(0, -10)}0000000000`);
		equal(process.grants.matched(grant.digest), grant);
		await fixture.behind("update keywright.keys set paused_at = now() where id = $1", [key.key_id]);
		grant.stale = true;
		equal(process.grants.matched(grant.digest), undefined);
		equal(getCode(await process.ask(key.raw_key)), "key_paused");
		const later = process.grants.matched(grant.digest);
		ok(later);
		notEqual(later, grant);
	});
});
