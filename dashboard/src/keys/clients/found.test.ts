import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { formatEvidence, formatShare, inOrder, isFoundBy, isShown } from "./found.ts";

const source = {
	id: "src_1",
	name: null as string | null,
	network: "203.0.113.0/24",
	agent: "order-bot",
	client: null as string | null,
	told_apart: true,
	last_kid: "new",
	requests: 1,
	refused: 0,
	last_seen_at: "2026-11-30T12:00:00Z",
};
const secret = { created_at: "", first_used_at: null, last_used_at: null, retires_at: null, kept_in: null, imported: false, last4: "a1B2" };
const key = {
	secrets: [
		{ ...secret, kid: "new", status: "current" as const },
		{ ...secret, kid: "old", status: "retiring" as const },
	],
};

test("a client is found by its name, instance, program or network, in any case", () => {
	const named = { ...source, name: "Order Server", client: "eu-1" };
	for (const text of ["order server", "EU-1", "order-bot", "203.0.113", " "]) ok(isFoundBy(named, text), text);
	ok(!isFoundBy(named, "warehouse"));
});

test("the parts of the list are those not distinguished, with an old key, and without a name", () => {
	ok(isShown({ ...source, told_apart: false }, "ambiguous", key));
	ok(isShown({ ...source, last_kid: "old" }, "old", key));
	ok(isShown({ ...source, last_kid: "of before" }, "old", key), "a secret that is no longer listed");
	ok(isShown(source, "unnamed", key));
	ok(!isShown({ ...source, name: "Order server" }, "ambiguous", key));
	ok(!isShown(source, "old", key));
});

test("clients sort by requests, refusals, last use or name, and ties keep one order", () => {
	const [a, b, c] = [
		{ ...source, id: "a", requests: 5, refused: 0, name: "Zoo", last_seen_at: "2026-11-30T10:00:00Z" },
		{ ...source, id: "b", requests: 5, refused: 2, name: "Ant", last_seen_at: "2026-11-30T11:00:00Z" },
		{ ...source, id: "c", requests: 9, refused: 1, name: "Mid", last_seen_at: "2026-11-30T09:00:00Z" },
	];
	const ids = (by: Parameters<typeof inOrder>[1]) => inOrder([b, c, a], by).map(({ id }) => id);
	deepEqual(ids("requests"), ["c", "a", "b"]);
	deepEqual(ids("refused"), ["b", "c", "a"]);
	deepEqual(ids("seen"), ["b", "a", "c"]);
	deepEqual(ids("name"), ["b", "c", "a"]);
});

test("a share is never nothing for a client that was seen, and evidence says why", () => {
	equal(formatShare(0.618), "61.8%");
	equal(formatShare(0.0001), "under 0.1%");
	equal(formatShare(0), "0.0%");
	equal(formatEvidence({ ...source, client: "eu-1" }), "Instance eu-1");
	equal(formatEvidence(source), "Own name");
	equal(formatEvidence({ ...source, told_apart: false, agent: "curl" }), "Library name only");
	equal(formatEvidence({ ...source, told_apart: false, network: "hidden" }), "Network not kept");
	equal(formatEvidence({ ...source, told_apart: false, network: "other" }), "More than are kept apart");
});
