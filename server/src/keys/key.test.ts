import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { getKeyStatus, getSecretEnd, getSecretStatus, type Key } from "./key.ts";
import { toKeyResponse } from "./response.ts";

const NOW = Date.UTC(2026, 0, 15, 12);
const LIVE = { revoked_at: null, expires_at: null, paused_at: null };
const time = fc.option(fc.date({ min: new Date(NOW - 1e9), max: new Date(NOW + 1e9), noInvalidDate: true }), { nil: null });

test("the status is the first that applies of revoked, expired, paused and active", () => {
	const past = new Date(NOW - 1);
	assert.equal(getKeyStatus({ revoked_at: past, expires_at: past, paused_at: past }, NOW), "revoked");
	assert.equal(getKeyStatus({ revoked_at: null, expires_at: past, paused_at: past }, NOW), "expired");
	assert.equal(getKeyStatus({ revoked_at: null, expires_at: null, paused_at: past }, NOW), "paused");
	assert.equal(getKeyStatus({ revoked_at: null, expires_at: null, paused_at: null }, NOW), "active");
});

test("a key expires exactly at its expiry date", () => {
	const expires_at = new Date(NOW);
	assert.equal(getKeyStatus({ revoked_at: null, expires_at, paused_at: null }, NOW - 1), "active");
	assert.equal(getKeyStatus({ revoked_at: null, expires_at, paused_at: null }, NOW), "expired");
});

test("an ended key never becomes active by time alone", () => {
	fc.assert(
		fc.property(time, time, time, fc.nat(1e9), (revoked_at, expires_at, paused_at, later) => {
			const before = getKeyStatus({ revoked_at, expires_at, paused_at }, NOW);
			const after = getKeyStatus({ revoked_at, expires_at, paused_at }, NOW + later);
			assert(before === after || after === "expired");
		}),
	);
});

test("a secret is issued until its first use, then current, retiring until its end, then retired", () => {
	const soon = new Date(NOW + 1);
	assert.equal(getSecretStatus({ retires_at: null, retired_at: null }, LIVE, null, NOW), "issued");
	assert.equal(getSecretStatus({ retires_at: null, retired_at: null }, LIVE, new Date(NOW), NOW), "current");
	assert.equal(getSecretStatus({ retires_at: soon, retired_at: null }, LIVE, new Date(NOW), NOW), "retiring");
	assert.equal(getSecretStatus({ retires_at: soon, retired_at: null }, LIVE, new Date(NOW), NOW + 1), "retired");
	assert.equal(getSecretStatus({ retires_at: soon, retired_at: new Date(NOW) }, LIVE, null, NOW), "retired");
});

test("the response for a key has exactly the fields of the contract", () => {
	const key: Key = {
		tenant_id: "t",
		id: "key_1",
		name: "prod-order-bot",
		environment: "prod",
		owner: { name: "Ada" },
		integration: null,
		labels: {},
		permissions: [],
		site_ids: null,
		allowed_ips: null,
		client_policy: null,
		budgets: [],
		rate_limits: [{ name: "slow", requests: 1, window_seconds: 60 }],
		rotate_every_days: 90,
		auto_rotate: null,
		rotation_due_at: new Date(NOW),
		canary: false,
		expiry_from: "person",
		expires_at: null,
		paused_at: null,
		created_at: new Date(NOW),
		created_by: { kind: "operator", name: "operator token" },
		revoked_at: null,
		revoked_by: null,
		revoke_reason: null,
		revoke_note: null,
	};
	const kept = { kept_in: "other", kept_in_note: null, kept_in_at: new Date(NOW) } as const;
	const secret = { kid: "k".repeat(12), imported: false, last4: "a1B2", created_at: new Date(NOW), retires_at: null, retired_at: null, ...kept };
	const parts = { secrets: [secret], handover: null };
	const answer = toKeyResponse(key, parts, { last_used_at: null, last_check_at: null, usage_24h: 0, secrets: new Map() }, NOW);
	const fields =
		"id tenant_id name environment owner integration labels permissions site_ids allowed_ips client_policy rate_limits budgets status created_at created_by expires_at rotate_every_days auto_rotate " +
		"rotation_due_at canary canary_used_at last_used_at last_check_at exposed_at exposure usage_24h revoked_at revoked_by revoke_reason revoke_note secrets handover rotation";
	assert.deepEqual(Object.keys(answer), fields.split(" "));
	assert.deepEqual(
		Object.keys(answer.secrets[0] ?? {}),
		"kid last4 imported status created_at first_used_at last_used_at retires_at kept_in".split(" "),
	);
});

test("a secret's status and end are consistent for every state of its key", () => {
	const [before, soon, later] = [new Date(NOW - 2_000), new Date(NOW + 1_000), new Date(NOW + 1e9)];
	const ends = [null, before, soon, later];
	for (const revoked_at of [null, before])
		for (const expires_at of ends)
			for (const paused_at of [null, before])
				for (const retires_at of ends)
					for (const retired_at of [null, before])
						for (const used_at of [null, before]) {
							const key = { revoked_at, expires_at, paused_at };
							const row = JSON.stringify({ ...key, retires_at, retired_at, used_at });
							const status = getSecretStatus({ retires_at, retired_at }, key, used_at, NOW);
							const end = getSecretEnd({ retires_at, retired_at }, key, NOW);
							const refused =
								revoked_at !== null || retired_at !== null || [expires_at, retires_at].some((time) => time !== null && time.getTime() <= NOW);
							assert.equal(status === "retired", refused, row);
							if (refused) assert(end !== null && end.getTime() <= NOW, `it ended: ${row}`);
							else assert.equal(end === null, status !== "retiring", row);
							if (status === "retiring") assert(end !== null && end.getTime() > NOW && (expires_at === null || end <= expires_at), row);
							if (status === "issued" || status === "current") assert.equal(status === "current", used_at !== null, row);
						}
});
