import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { Rotation, RotationSource } from "./queries.ts";
import {
	formatClient,
	formatEnding,
	formatHeadline,
	formatNotYet,
	formatOldEnd,
	formatStep,
	getMove,
	getMovers,
	getStragglers,
	needsAWord,
} from "./words.ts";

const SEEN = "2026-11-23T07:00:00Z";
const OLD = { last_seen_at: SEEN, requests: 3 };
const NEW = { first_seen_at: SEEN, last_seen_at: SEEN, requests: 1 };

function source(fields: Partial<RotationSource>): RotationSource {
	return {
		id: "src_1",
		name: null,
		network: "203.0.113.0/24",
		agent: "curl",
		client: null,
		old: OLD,
		new: null,
		told_apart: true,
		not_told_apart: null,
		tell_apart_by: null,
		silent_since: SEEN,
		silence_seconds: 600,
		confirmation: null,
		may_be_confirmed: false,
		moved: false,
		waits_until: null,
		reason: null,
		...fields,
	};
}

function rotation(fields: Partial<Rotation>): Rotation {
	return {
		id: "rot_1",
		key_id: "key_1",
		status: "proving",
		predecessor: { kid: "old", last4: "aaaa" },
		successor: { kid: "new", last4: "bbbb" },
		overlap_seconds: null,
		old_ends_at: null,
		hard_stop_at: null,
		started_at: SEEN,
		started_by: { kind: "operator", name: "operator token" },
		ended_at: null,
		ended_by: null,
		ended_how: null,
		force_reason: null,
		expires_at: null,
		expires_at_before: null,
		handover: null,
		steps: [],
		sources: [],
		operations: [],
		safe_to_complete: false,
		evidence_limit: "",
		reasons: [],
		...fields,
	};
}

const MOVED = source({ id: "src_2", name: "Order server", new: NEW, moved: true });
const BOTH = source({ id: "src_3", name: "Nightly report", new: NEW });
const STILL = source({ id: "src_4", name: "Backup script" });
const FRESH = source({ id: "src_5", name: "New server", old: null, new: NEW, moved: true });

test("the headline counts clients that used only the old key, then those that must stay silent", () => {
	equal(formatHeadline(rotation({ sources: [MOVED, BOTH, STILL, FRESH] })), "Not yet: 1 of 3 clients still uses the old key.");
	equal(formatHeadline(rotation({ sources: [STILL, source({ id: "src_6" })] })), "Not yet: 2 of 2 clients still use the old key.");
	equal(formatHeadline(rotation({ sources: [MOVED, BOTH] })), "Not yet: 1 of 2 clients must stay silent on the old key for longer.");
	equal(formatHeadline(rotation({ sources: [MOVED] })), "All have moved, it seems. Ten minutes of silence on the old key make sure.");
	equal(formatHeadline(rotation({ status: "moved", sources: [MOVED] })), "Everything has moved to the new key.");
	equal(formatHeadline(rotation({ status: "issued" })), "Nothing has used the old key lately. Waiting for the first request with the new one.");
	equal(formatHeadline(rotation({ status: "cancelled", ended_how: "revoked" })), "The key was revoked.");
});

test("clients that have not moved are named, those with only the old key first", () => {
	const seen = rotation({ sources: [BOTH, MOVED, STILL] });
	deepEqual(getStragglers(seen), ["Backup script", "Nightly report"]);
	deepEqual(getMovers(seen), ["Nightly report", "Order server"]);
	equal(formatNotYet(seen), "Still waiting for Backup script and 1 other client.");
	equal(formatNotYet(rotation({ sources: [STILL] })), "Still waiting for Backup script.");
	equal(formatNotYet(rotation({ status: "moved", safe_to_complete: true })), null);
});

test("each client shows its progress and what is missing", () => {
	deepEqual(getMove(MOVED, [], true), { state: "moved", word: "Moved", why: null });
	deepEqual(getMove(FRESH, [], true), { state: "none", word: "New key only", why: null });
	equal(getMove(STILL, [], true).why, "Give it the new key, or stop it.");
	equal(getMove(STILL, [], false).why, null, "there is no new key yet");
	const rarely = getMove(BOTH, [{ code: "too_few_sightings", detail: "", source_id: "src_3" }], true);
	equal(rarely.why, "Uses the new key, but was seen too rarely before to be sure that all of it has moved.");
});

test("a client that cannot be distinguished says why, waits for a confirmation, and names who confirmed", () => {
	const library = { not_told_apart: { code: "library", detail: "" }, told_apart: false, may_be_confirmed: true } as const;
	const unsure = source({ id: "src_7", agent: "python-requests", new: NEW, ...library });
	deepEqual(getMove(unsure, [], true), {
		state: "both",
		word: "Not distinguishable",
		why: "Several programs may look like this one, so its traffic proves nothing: only its HTTP library is known.",
	});
	equal(getMove({ ...unsure, new: null }, [], true).state, "old");
	equal(formatHeadline(rotation({ sources: [MOVED, unsure] })), "Not yet: 1 of 2 clients needs a person's confirmation that all of it has moved.");
	equal(formatHeadline(rotation({ sources: [BOTH, unsure] })), "Not yet: 2 of 2 clients must stay silent on the old key for longer.");
	equal(needsAWord(rotation({ sources: [MOVED, unsure] })), true);
	const confirmation = { at: SEEN, by: { kind: "member", id: "per_1", name: "Olivia" }, void: false } as const;
	const confirmed = { ...unsure, moved: true, confirmation };
	equal(getMove(confirmed, [], true).word, "Confirmed");
	equal(formatHeadline(rotation({ status: "moved", sources: [MOVED, confirmed] })), "Everything has moved, part of it by a person's confirmation.");
	equal(needsAWord(rotation({ sources: [MOVED, confirmed] })), true);
	equal(needsAWord(rotation({ sources: [MOVED, BOTH] })), false);
});

test("a client without a name is shown by its program and network", () => {
	equal(formatClient(source({})), "curl at 203.0.113.0/24");
	equal(formatClient(source({ client: "orders-sync" })), "orders-sync at 203.0.113.0/24");
	equal(formatClient(source({ network: "unknown", agent: "none" })), "A program at an address that is not known");
	equal(formatClient(source({ network: "hidden", agent: "order-bot" })), "order-bot");
	equal(formatClient(source({ network: "other" })), "Many other clients");
});

test("an end that is not recorded yet is shown as an end, and counts agree in number", () => {
	equal(formatEnding({ ended_how: null, overlap_seconds: null }), "The old key ended after 30 days, the longest it is kept.");
	equal(formatEnding({ ended_how: null, overlap_seconds: 60 }), "The old key ended when its time was over.");
	const operations = [{ operation: "GET /a", old_at: SEEN, new_at: null }];
	equal(formatStep("checked", rotation({ operations })).open, "0 of 1 kind of request that the old key made lately succeeded with the new one.");
	equal(formatStep("moved", rotation({ sources: [MOVED, STILL] })).open, "1 of 2 clients have moved.");
});

test("every text about a rotation of an ended key says that neither key works", () => {
	const over = rotation({ status: "over", sources: [STILL] });
	match(formatHeadline(over), /neither the old nor the new one works/);
	equal(formatNotYet(over), "The key has ended: nothing shows what has moved.");
	for (const name of ["created", "revoked"] as const) {
		const { open, done } = formatStep(name, over);
		doesNotMatch(`${open} ${done}`, /works/, name);
	}
});

test("the short and the long text on the old key's end agree: by itself, by a person, or by its time", () => {
	const library = source({ id: "src_8", told_apart: false, not_told_apart: { code: "library", detail: "" }, may_be_confirmed: true });
	deepEqual(formatOldEnd(rotation({ sources: [STILL, MOVED] })).short, "When all have moved");
	const by_hand = formatOldEnd(rotation({ sources: [MOVED, library] }));
	equal(by_hand.short, "When a person ends it");
	match(by_hand.sentence, /a person ends the old key/);
	equal(formatOldEnd(rotation({ sources: [library], overlap_seconds: 60 })).short, null);
});
