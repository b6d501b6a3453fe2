import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type KeysFixture, keysFixture } from "../../testing/keys.ts";
import { DAY_MS, HOUR_MS } from "../core/time.ts";
import { createKey } from "../keys/create.ts";
import { revokeKey } from "../keys/revocation/revoke.ts";
import { getIncident } from "./incident.ts";

suite("the incident of a key", () => {
	let fixture: KeysFixture;
	before(async () => {
		fixture = await keysFixture();
	});
	after(() => fixture.close());

	async function newKey(input: object = {}) {
		const tenant_id = await fixture.tenant();
		await fixture.site(tenant_id, "shop");
		const asked = { tenant_id, name: "order-bot", environment: "prod" as const, owner: "Dana", permissions: ["documents:read"], site_ids: ["shop"] };
		const { key, raw_key } = await createKey(fixture.context(), { ...asked, ...input });
		return { tenant_id, key_id: key.id, kid: key.secrets[0]?.kid ?? "", raw_key };
	}
	type Made = Awaited<ReturnType<typeof newKey>>;

	const ago = (ms: number) => new Date(fixture.clock.now() - ms);

	async function expose({ tenant_id, key_id, kid }: Made, kind: string, at: Date) {
		await fixture.behind(
			"insert into key_exposures (tenant_id, key_id, kid, kind, first_at, last_at, requests, network, source) values ($1, $2, $3, $4, $5, $5, 3, '203.0.113.0/24', 'Firefox')",
			[tenant_id, key_id, kid, kind, at],
		);
	}

	async function see({ tenant_id, key_id, kid }: Made, source_id: string, at: Date) {
		await fixture.behind(
			`insert into key_sources (tenant_id, key_id, source_id, network, agent, first_seen_at, last_seen_at, last_kid, requests, refused)
			values ($1, $2, $3, '198.51.100.0/24', $3, $4, $4, $5, 7, 0)`,
			[tenant_id, key_id, source_id, at, kid],
		);
	}

	async function use({ tenant_id, key_id }: Made, operation: string, days_ago: number, counts: Readonly<Record<string, number>>) {
		for (const [code, requests] of Object.entries(counts))
			await fixture.behind("insert into usage_by_source values ($1, $2, $3, $4, $5, 'src_x', '198.51.100.0/24', 'curl', null, $6, $7, $8)", [
				tenant_id,
				ago(days_ago * DAY_MS),
				key_id,
				operation === "" ? "" : "shop",
				operation,
				code,
				operation === "",
				requests,
			]);
	}

	const incidentOf = ({ tenant_id, key_id }: Pick<Made, "tenant_id" | "key_id">) => getIncident(fixture.context(), { tenant_id, key_id });

	test("says where the secret was seen, what it could and did touch since that day, and which clients are new", async () => {
		const key = await newKey();
		await expose(key, "url", ago(2 * DAY_MS));
		await expose(key, "browser", ago(DAY_MS));
		await see(key, "order-bot", ago(20 * DAY_MS));
		await see(key, "thief", ago(HOUR_MS));
		await use(key, "GET /orders", 3, { allowed: 100 });
		await use(key, "GET /orders", 2, { allowed: 5, missing_permission: 2 });
		await use(key, "GET /orders", 0, { allowed: 4 });
		await use(key, "POST /orders", 0, { missing_permission: 1 });
		const found = await incidentOf(key);
		equal(found.since, ago(2 * DAY_MS).toISOString());
		equal(found.key.exposed_at, found.since);
		deepEqual(
			found.exposures.map(({ kind, network }) => [kind, network]),
			[
				["url", "203.0.113.0/24"],
				["browser", "203.0.113.0/24"],
			],
		);
		deepEqual(found.could, { permissions: ["documents:read"], sites: [{ id: "shop", name: "Site shop" }], allowed_ips: null });
		deepEqual(
			found.did.operations.map(({ operation, site, allowed, refused }) => [operation, site?.name, allowed, refused]),
			[
				["GET /orders", "Site shop", 9, 2],
				["POST /orders", "Site shop", 0, 1],
			],
		);
		equal(found.did.whole, true);
		deepEqual(
			found.clients.map(({ program, is_new }) => [program, is_new]),
			[
				["thief", true],
				["order-bot", false],
			],
		);
	});

	test("has a timeline in order, from the first exposure over alerts and new clients to what people did", async () => {
		const key = await newKey();
		fixture.clock.advance(4 * HOUR_MS);
		await expose(key, "url", ago(3 * HOUR_MS));
		await fixture.behind(
			`insert into alerts (tenant_id, id, rule, subject, key_id, status, evidence, count, raised_at, last_at, acknowledged_at, acknowledged_by)
			values ($1, 'alt_1', 'key_exposed', $2, $2, 'acknowledged', '{"name":"order-bot","kind":"url"}', 3, $3, $3, $4, '{"kind":"member","name":"Olivia"}')`,
			[key.tenant_id, key.key_id, ago(3 * HOUR_MS - 1_000), ago(HOUR_MS)],
		);
		await see(key, "thief", ago(2 * HOUR_MS));
		await revokeKey(fixture.context(), { tenant_id: key.tenant_id, key_id: key.key_id, reason: "suspected_exposure" });
		const { timeline, key: after } = await incidentOf(key);
		deepEqual(
			timeline.map(({ kind, what, who }) => [kind, what, who]),
			[
				["change", "key.created", "The operator"],
				["exposed", "url", null],
				["alert", "raised", null],
				["new_client", "first_seen", null],
				["alert", "acknowledged", "Olivia"],
				["change", "key.revoked", "The operator"],
			],
		);
		deepEqual([after.status, after.exposed_at === null], ["revoked", false]);
		ok(!JSON.stringify(await incidentOf(key)).includes(key.raw_key.slice(-20)), "no part of the secret");
	});

	test("is not whole where days are not kept any more, or requests were not counted apart", async () => {
		const old = await newKey();
		await expose(old, "url", ago(60 * DAY_MS));
		const of_old = await incidentOf(old);
		equal(of_old.did.whole, false);
		equal(
			of_old.did.from,
			ago(34 * DAY_MS)
				.toISOString()
				.slice(0, 10),
		);
		const busy = await newKey();
		await expose(busy, "url", ago(HOUR_MS));
		await use(busy, "", 0, { allowed: 12 });
		deepEqual((await incidentOf(busy)).did.whole, false);
	});

	test("of a key that was never exposed has no day to count from; of another tenant's key there is none", async () => {
		const key = await newKey();
		await use(key, "GET /orders", 0, { allowed: 1 });
		const { since, did, exposures } = await incidentOf(key);
		deepEqual([since, did, exposures], [null, { from: null, whole: true, operations: [] }, []]);
		const other = await newKey();
		await rejects(incidentOf({ tenant_id: other.tenant_id, key_id: key.key_id }), { code: "not_found" });
	});
});
