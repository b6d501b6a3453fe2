import { equal } from "node:assert/strict";
import { test } from "node:test";
import { formatActor, formatNetwork, formatProgram, formatSecretStatus, getMilestone, getReason, stateMeans, wasUsedLately } from "./text.ts";

const secret = {
	kid: "k1",
	last4: "a1B2",
	imported: false,
	status: "current" as const,
	created_at: "2026-03-01T00:00:00Z",
	first_used_at: null,
	last_used_at: null,
	retires_at: null,
	kept_in: null,
};
const old = { ...secret, kid: "k0", last4: "zZ99", status: "retiring" as const };
const now_ms = Date.parse("2026-03-02T12:00:00Z");

test("every state has an explanation", () => {
	const means = new Set((["active", "paused", "expired", "revoked"] as const).map((status) => stateMeans({ status, secrets: [secret] })));
	equal(means.size, 4);
	equal(stateMeans({ status: "active", secrets: [] }), "It has not been revealed yet, so nothing can use it.");
});

test("secrets are called old and new only when there are two", () => {
	equal(formatSecretStatus([secret], "k1"), "…a1B2");
	equal(formatSecretStatus([secret, old], "k1"), "new key …a1B2");
	equal(formatSecretStatus([secret, old], "k0"), "old key …zZ99");
	equal(formatSecretStatus([secret], "k7"), "a key of before");
});

test("a timeline ends with its key, and what was replaced stays replaced", () => {
	const live = { revoked_at: null, expires_at: null };
	equal(getMilestone(secret, { ...live, status: "active" }).title, "In use");
	equal(getMilestone({ ...secret, status: "issued" }, { ...live, status: "paused" }).title, "Issued");
	equal(getMilestone(old, { ...live, status: "active" }).title, "Old key");
});

test("the text of an ended secret is true in every state of its key, and never claims that another one works", () => {
	const key_end = "2026-03-02T00:00:00Z";
	const ended = { ...secret, status: "retired" as const };
	for (const status of ["active", "paused", "expired", "revoked"] as const) {
		const key = { status, revoked_at: status === "revoked" ? key_end : null, expires_at: status === "expired" ? key_end : null };
		const gone = status === "revoked" || status === "expired";
		for (const retires_at of ["2026-03-01T12:00:00Z", key_end]) {
			const { title, state, means } = getMilestone({ ...ended, retires_at }, key);
			equal(title, "Ended");
			equal(state, "ended");
			equal(means, gone && retires_at === key_end ? "Refused, as the key is." : "Refused for good.");
		}
	}
});

test("actors are named; operators and programs by their kind", () => {
	equal(formatActor({ kind: "member", id: "mem_1", name: "Dana" }), "Dana");
	equal(formatActor({ kind: "operator", name: "operator" }), "the operator");
	equal(getReason("suspected_exposure"), "It may have leaked");
});

test("revoking a key that was used in the last day asks for its name", () => {
	equal(wasUsedLately({ usage_24h: 1, last_used_at: null }, now_ms), true);
	equal(wasUsedLately({ usage_24h: 0, last_used_at: "2026-03-01T12:00:01Z" }, now_ms), true);
	equal(wasUsedLately({ usage_24h: 0, last_used_at: "2026-03-01T12:00:00Z" }, now_ms), false);
	equal(wasUsedLately({ usage_24h: 0, last_used_at: null }, now_ms), false);
});

test("a source without names is described in words", () => {
	equal(formatProgram("curl"), "curl");
	equal(formatProgram("none"), "a program that does not say what it is");
	equal(formatNetwork("203.0.113.0/24"), "203.0.113.0/24");
	equal(formatNetwork("unknown"), "a network that is not known");
	equal(formatNetwork("hidden"), "a network that is not kept");
	equal(formatNetwork("other"), "many other clients");
});
