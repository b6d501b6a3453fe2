import { equal } from "node:assert/strict";
import { test } from "node:test";
import { getAttention } from "./attention-words.ts";

const NOW_MS = Date.parse("2026-11-30T12:00:00Z");
const inDays = (days: number) => new Date(NOW_MS + days * 86_400_000).toISOString();
const key = {
	status: "active" as const,
	secrets: [{ status: "current" }],
	handover: null,
	expires_at: null as string | null,
	rotation_due_at: null as string | null,
	created_at: inDays(-90),
	last_used_at: inDays(-1) as string | null,
};
const word = (fields: Partial<typeof key>) => getAttention({ ...key, ...fields }, [], NOW_MS).word;

test("the list names the worst that needs a person, and a used key is active", () => {
	equal(word({}), "Active");
	equal(word({ expires_at: inDays(4.2), rotation_due_at: inDays(-2) }), "Ends in 4 days");
	equal(word({ expires_at: inDays(20.2) }), "Ends in 20 days");
	equal(word({ secrets: [{ status: "retiring" }, { status: "current" }], expires_at: inDays(4) }), "Being replaced");
	equal(word({ rotation_due_at: inDays(-2) }), "Replacement overdue");
	equal(word({ rotation_due_at: inDays(3.2) }), "Replace in 3 days");
	equal(word({ last_used_at: inDays(-63) }), "Not used for 63 days");
	equal(word({ last_used_at: null }), "Never used");
	equal(word({ last_used_at: null, created_at: inDays(-3) }), "Active");
	equal(getAttention({ ...key, exposed_at: inDays(-1), expires_at: inDays(4) }, [], NOW_MS).word, "Exposed");
	equal(getAttention({ ...key, exposed_at: inDays(-1), status: "revoked" }, [], NOW_MS).word, "Revoked");
});

test("a canary key is named as one, and nothing is expected of it but that it stays unused", () => {
	const canary = { ...key, canary: true, last_used_at: null, canary_used_at: null as string | null };
	equal(getAttention(canary, [], NOW_MS).word, "Canary");
	equal(getAttention({ ...canary, canary_used_at: inDays(-0.5) }, [], NOW_MS).word, "Canary was used");
	equal(getAttention({ ...canary, canary_used_at: inDays(-2) }, [], NOW_MS).word, "Canary");
});
