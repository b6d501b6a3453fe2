import { deepEqual, equal } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type KeysFixture, keysFixture } from "../../../testing/keys.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { createKey } from "../create.ts";
import { revokeKey } from "../revocation/revoke.ts";
import { warnOfExpiry } from "./warn.ts";

const DAY_MS = 86_400_000;

suite("warnings of keys that end soon", () => {
	let fixture: KeysFixture;
	before(async () => {
		fixture = await keysFixture();
	});
	after(() => fixture.close());

	const system = () => fixture.context({ actor: { kind: "system", name: "expiry warnings" }, scope: ALL_TENANTS });
	const events = (tenant_id: string) =>
		fixture.behind(
			"select data->>'key_id' as key_id, (data->>'working_days_left')::int as days from outbox where tenant_id = $1 and type = 'key.expiring' order by id",
			[tenant_id],
		);

	async function keyEndingIn(tenant_id: string, days: number): Promise<string> {
		const expires_at = new Date(fixture.clock.now() + days * DAY_MS).toISOString();
		const { key } = await createKey(fixture.context(), { tenant_id, name: `ends in ${days}`, environment: "dev", owner: "Dana", expires_at });
		return key.id;
	}

	test("each warning is sent once 30, 7 and 1 working days before expiry, also from several nodes; none for a key without expiry", async () => {
		const tenant_id = await fixture.tenant();
		await createKey(fixture.context(), { tenant_id, name: "without end", environment: "dev", owner: "Dana" });
		const key_id = await keyEndingIn(tenant_id, 60);
		const warned: number[][] = [];
		for (let day = 0; day < 61; day += 1) {
			await Promise.all([warnOfExpiry(system()), warnOfExpiry(system())]);
			const found = await events(tenant_id);
			if (found.length > warned.length) warned.push([day, found.length]);
			fixture.clock.advance(DAY_MS);
		}
		const found = await events(tenant_id);
		deepEqual(new Set(found.map((event) => event.key_id)), new Set([key_id]));
		deepEqual(
			found.map((event) => event.days).sort((a, b) => Number(b) - Number(a)),
			[30, 7, 1],
		);
		equal(warned.length, 3);
		equal((await fixture.behind("select 1 from audit_entries where chain = $1 and action = 'key.expiry_warned'", [tenant_id])).length, 3);
	});

	test("after downtime only the most urgent warning is sent; none for a revoked key or for days before the date was set", async () => {
		const tenant_id = await fixture.tenant();
		const late = await keyEndingIn(tenant_id, 60);
		const dead = await keyEndingIn(tenant_id, 60);
		await revokeKey(fixture.context(), { tenant_id, key_id: dead, reason: "other" });
		fixture.clock.advance(55 * DAY_MS);
		await keyEndingIn(tenant_id, 5);
		await warnOfExpiry(system());
		deepEqual(await events(tenant_id), [{ key_id: late, days: 7 }]);
		await warnOfExpiry(system());
		equal((await events(tenant_id)).length, 1);
	});

	test("warnings cover more keys than one page", async () => {
		const tenant_id = await fixture.tenant();
		await keyEndingIn(tenant_id, 60);
		await fixture.behind(
			`insert into keys (tenant_id, id, name, environment, owner, permissions, created_by, created_at, expiry_set_at, expires_at)
			select tenant_id, id || '_' || i, name, environment, owner, permissions, created_by, created_at, expiry_set_at, expires_at
			from keys, generate_series(1, 1100) as i where tenant_id = $1`,
			[tenant_id],
		);
		fixture.clock.advance(20 * DAY_MS);
		await warnOfExpiry(system());
		equal((await events(tenant_id)).length, 1101);
	});
});
