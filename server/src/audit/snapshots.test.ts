import { deepEqual, equal, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { randomBase62 } from "../core/id.ts";
import { digestDetails, toAuditDetails } from "./entry.ts";
import { NOUNS, toSnapshot } from "./nouns.ts";
import { AUDITED_ACTIONS, toSnapshots } from "./snapshots.ts";

const SOURCES = join(import.meta.dirname, "..");
const ACTION =
	/^(?:key|keys|secret|handover|rotation|source|site|document|member|invitation|portal_session|tenant|plan|capability|permission|api_profile|forward_auth_rules|legacy_format|service|alert|alert_rule|webhook|operator|password|password_reset|person|pepper|revocation)\.[a-z_]+$/;

/** Every text of the sources that names an action of an entry. */
function actionsInSources(): Set<string> {
	const found = new Set<string>();
	for (const file of readdirSync(SOURCES, { recursive: true, encoding: "utf8" })) {
		if (!file.endsWith(".ts") || file.endsWith(".test.ts") || file.startsWith("audit/")) continue;
		const text = readFileSync(join(SOURCES, file), "utf8");
		if (!text.includes("audit")) continue;
		for (const line of text.split("\n").filter((of) => /\baction\b|because =/.test(of)))
			for (const [, action = ""] of line.matchAll(/"([a-z_.]+)"/g)) if (ACTION.test(action)) found.add(action);
	}
	return found;
}

/** Details with a secret in every field that a noun may show, in every field that none may, and deep inside of both. */
function poisoned(secret: string): Record<string, unknown> {
	const deep = { name: secret, raw_key: secret, list: [secret, { [secret]: secret }] };
	const state = Object.fromEntries(
		["name", "owner", "labels", "permissions", "note", "reason", "limits", "rules", "raw_key", "mac", "secret", "password_hash", "token_digest"].map(
			(field) => [field, field === "name" || field === "note" ? secret : deep],
		),
	);
	return { ...state, before: state, after: state, ...Object.fromEntries(NOUNS.map((noun) => [noun, state])), format: state, profile: state };
}

test("no action shows a secret before or after, whatever its details hold", () => {
	const secret = `kw_prod_${randomBase62(50)}`;
	for (const action of [...AUDITED_ACTIONS, "unheard.of"]) {
		const shown = JSON.stringify(toSnapshots(action, poisoned(secret)));
		for (const piece of [secret.slice(8, 40), secret.slice(-32)]) ok(!shown.includes(piece), `${action} shows it: ${shown}`);
	}
});

test("a field that no list names is not shown", () => {
	const hidden = { raw_key: "hidden", mac: "hidden", token_digest: "hidden", secret: "hidden", password_hash: "hidden", salt: "hidden" };
	for (const noun of NOUNS) equal(toSnapshot(noun, hidden), null, noun);
	equal(toSnapshots("unheard.of", { name: "Shop", before: { name: "Old" }, after: { name: "New" } }).after, null);
});

test("every action that the sources write is known, and no other", () => {
	const written = actionsInSources();
	deepEqual([...written].filter((action) => !AUDITED_ACTIONS.includes(action)).sort(), []);
	deepEqual(AUDITED_ACTIONS.filter((action) => !written.has(action)).sort(), []);
});

test("a change shows the state before and after it, and the name of what it changed", () => {
	const before = { id: "main", name: "Shop", environment: null, created_at: "2026-01-01T00:00:00.000Z" };
	deepEqual(toSnapshots("site.updated", { before, site: { ...before, environment: "prod" } }), {
		before: { name: "Shop", environment: null },
		after: { name: "Shop", environment: "prod" },
		target_name: "Shop",
	});
	deepEqual(toSnapshots("site.deleted", { site: before, unbound_key_ids: [] }), {
		before: { name: "Shop", environment: null },
		after: null,
		target_name: "Shop",
	});
	deepEqual(toSnapshots("key.revoked", { name: "prod-order-bot", environment: "prod", reason: "other", note: null, status_before: "paused" }), {
		before: { status: "paused" },
		after: { status: "revoked", reason: "other", note: null },
		target_name: "prod-order-bot",
	});
	deepEqual(toSnapshots("member.role_changed", { name: "Dana", email: "dana@example.com", before: "viewer", role: "admin", ended: [] }), {
		before: { role: "viewer" },
		after: { role: "admin" },
		target_name: "Dana",
	});
});

test("details have the same digest when they come back from the database", () => {
	const details = toAuditDetails(
		{ actor: { kind: "system", name: "test" }, ip: null },
		{
			action: "key.updated",
			target: { kind: "key", id: "key_1" },
			details: { name: "a", before: { expires_at: null, labels: { a: undefined } }, after: { expires_at: new Date(0), labels: {} } },
		},
	);
	deepEqual(details.after, { expires_at: "1970-01-01T00:00:00.000Z", labels: {} });
	deepEqual(digestDetails(JSON.parse(JSON.stringify(details))), digestDetails(details));
});
