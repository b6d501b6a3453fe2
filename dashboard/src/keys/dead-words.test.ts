import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { formatDeadHint, formatInAll, formatToday, getDeadSecrets, isStillPresented } from "./dead-words.ts";

const KEY_END = "2026-03-09T00:00:00Z";
const old = { kid: "k0", last4: "zZ99", status: "retired" as const, created_at: "2026-03-01T00:00:00Z", retires_at: "2026-03-05T00:00:00Z" };
const current = { kid: "k1", last4: "a1B2", status: "current" as const, created_at: "2026-03-02T00:00:00Z", retires_at: null };

function use(kid: string, source_id = "src_1") {
	const seen = { first_seen_at: "2026-03-03T00:00:00Z", last_seen_at: "2026-03-04T00:00:00Z" };
	return { kid, source_id, name: null, network: "203.0.113.0/24", agent: "curl", client: null, ...seen, requests: 2, requests_today: 1 };
}

function getKinds(
	status: "active" | "paused" | "expired" | "revoked",
	secrets: Parameters<typeof getDeadSecrets>[1]["secrets"] = [current, old],
	kids = ["k1", "k0"],
) {
	return getDeadSecrets(
		kids.map((kid) => use(kid)),
		{ status, expires_at: status === "expired" ? KEY_END : null, secrets },
	).map(({ kid, kind }) => `${kid} ${kind}`);
}

test("each ended secret is listed with how it ended; one that works again is not listed", () => {
	deepEqual(getKinds("active"), ["k0 replaced"]);
	deepEqual(getKinds("paused"), ["k0 replaced"]);
	deepEqual(getKinds("expired", [{ ...current, status: "retired", retires_at: KEY_END }, old]), ["k1 expired", "k0 replaced"]);
	deepEqual(getKinds("revoked"), ["k1 revoked", "k0 revoked"]);
	deepEqual(
		getKinds("active", [
			{ ...current, status: "retired" as never },
			{ ...old, status: "current" as never },
		]),
		["k1 withdrawn"],
	);
	deepEqual(getKinds("active", [current], ["k9"]), ["k9 replaced"]);
});

test("uses are grouped by secret, the latest first", () => {
	const found = getDeadSecrets([use("k0", "src_1"), use("k7", "src_1"), use("k0", "src_2")], {
		status: "active",
		expires_at: null,
		secrets: [current, old],
	});
	deepEqual(
		found.map(({ kid, last4, uses }) => [kid, last4, uses.map((one) => one.source_id)]),
		[
			["k0", "zZ99", ["src_1", "src_2"]],
			["k7", "", ["src_1"]],
		],
	);
});

test("the advice names the key that works", () => {
	match(formatDeadHint("replaced", "…a1B2"), /Give them the new key …a1B2, or stop them/);
	match(formatDeadHint("replaced", null), /Give them the key that works/);
	match(formatDeadHint("expired", "…a1B2"), /a later end/);
	match(formatDeadHint("revoked", "…a1B2"), /the key has leaked/);
});

test("counts of zero and one are words", () => {
	deepEqual([0, 1, 1_400].map(formatToday), ["Not today", "Once today", "1,400 times today"]);
	equal(formatInAll({ requests: 230, requests_today: 14 }), "230 times in all");
	equal(formatInAll({ requests: 1, requests_today: 0 }), "Once in all");
	equal(formatInAll({ requests: 14, requests_today: 14 }), null, "said once is enough");
});

test("an ended key counts as still presented while it is; a live key never does, even if old secrets are presented", () => {
	const hours = [{ ended: 0 }, { ended: 2 }];
	deepEqual(
		(["revoked", "expired", "active", "paused"] as const).map((status) => isStillPresented({ status }, hours)),
		[true, true, false, false],
	);
	equal(isStillPresented({ status: "revoked" }, [{ ended: 0 }]), false);
	equal(isStillPresented({ status: "revoked" }, []), false);
});
