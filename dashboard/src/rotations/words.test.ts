import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { Rotation, RotationSource } from "./queries.ts";
import { endingWords, headlineOf, moveOf, moversOf, needsAWord, notYetWords, oldEndWords, placeWords, stepWords, stragglersOf } from "./words.ts";

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
	equal(headlineOf(rotation({ sources: [MOVED, BOTH, STILL, FRESH] })), "Not yet: 1 of 3 places still uses the old key.");
	equal(headlineOf(rotation({ sources: [STILL, source({ id: "src_6" })] })), "Not yet: 2 of 2 places still use the old key.");
	equal(headlineOf(rotation({ sources: [MOVED, BOTH] })), "Not yet: 1 of 2 places must stay silent on the old key for longer.");
	equal(headlineOf(rotation({ sources: [MOVED] })), "All have moved, it seems. Ten minutes of silence on the old key make sure.");
	equal(headlineOf(rotation({ status: "moved", sources: [MOVED] })), "Everything has moved to the new key.");
	equal(headlineOf(rotation({ status: "issued" })), "Nothing has used the old key lately. Waiting for the first request with the new one.");
	equal(headlineOf(rotation({ status: "cancelled", ended_how: "revoked" })), "The key was revoked.");
});

test("clients that have not moved are named, those with only the old key first", () => {
	const seen = rotation({ sources: [BOTH, MOVED, STILL] });
	deepEqual(stragglersOf(seen), ["Backup script", "Nightly report"]);
	deepEqual(moversOf(seen), ["Nightly report", "Order server"]);
	equal(notYetWords(seen), "Still waiting for Backup script and 1 other place.");
	equal(notYetWords(rotation({ sources: [STILL] })), "Still waiting for Backup script.");
	equal(notYetWords(rotation({ status: "moved", safe_to_complete: true })), null);
});

test("each client shows its progress and what is missing", () => {
	deepEqual(moveOf(MOVED, [], true), { state: "moved", word: "Moved", why: null });
	deepEqual(moveOf(FRESH, [], true), { state: "none", word: "New key only", why: null });
	equal(moveOf(STILL, [], true).why, "Give it the new key, or stop it.");
	equal(moveOf(STILL, [], false).why, null, "there is no new key yet");
	const rarely = moveOf(BOTH, [{ code: "too_few_sightings", detail: "", source_id: "src_3" }], true);
	equal(rarely.why, "Uses the new key, but was seen too rarely before to be sure that all of it has moved.");
});

test("a client that cannot be distinguished says why, waits for a confirmation, and names who confirmed", () => {
	const library = { not_told_apart: { code: "library", detail: "" }, told_apart: false, may_be_confirmed: true } as const;
	const unsure = source({ id: "src_7", agent: "python-requests", new: NEW, ...library });
	deepEqual(moveOf(unsure, [], true), {
		state: "both",
		word: "Not distinguishable",
		why: "Several programs may look like this one, so its traffic proves nothing: only its HTTP library is known.",
	});
	equal(moveOf({ ...unsure, new: null }, [], true).state, "old");
	equal(headlineOf(rotation({ sources: [MOVED, unsure] })), "Not yet: 1 of 2 places needs a person's word that all of it has moved.");
	equal(headlineOf(rotation({ sources: [BOTH, unsure] })), "Not yet: 2 of 2 places must stay silent on the old key for longer.");
	equal(needsAWord(rotation({ sources: [MOVED, unsure] })), true);
	const confirmation = { at: SEEN, by: { kind: "member", id: "per_1", name: "Olivia" }, void: false } as const;
	const confirmed = { ...unsure, moved: true, confirmation };
	equal(moveOf(confirmed, [], true).word, "Confirmed");
	equal(headlineOf(rotation({ status: "moved", sources: [MOVED, confirmed] })), "Everything has moved, part of it by a person's word.");
	equal(needsAWord(rotation({ sources: [MOVED, confirmed] })), true);
	equal(needsAWord(rotation({ sources: [MOVED, BOTH] })), false);
});

test("a client without a name is shown by its program and network", () => {
	equal(placeWords(source({})), "curl at 203.0.113.0/24");
	equal(placeWords(source({ client: "orders-sync" })), "orders-sync at 203.0.113.0/24");
	equal(placeWords(source({ network: "unknown", agent: "none" })), "A program at an address that is not known");
	equal(placeWords(source({ network: "hidden", agent: "order-bot" })), "order-bot");
	equal(placeWords(source({ network: "other" })), "Many other places");
});

test("an end that is not recorded yet is shown as an end, and counts agree in number", () => {
	equal(endingWords({ ended_how: null, overlap_seconds: null }), "The old key ended after 30 days, the longest it is kept.");
	equal(endingWords({ ended_how: null, overlap_seconds: 60 }), "The old key ended when its time was over.");
	const operations = [{ operation: "GET /a", old_at: SEEN, new_at: null }];
	equal(stepWords("checked", rotation({ operations })).open, "0 of 1 kind of request that the old key made lately succeeded with the new one.");
	equal(stepWords("moved", rotation({ sources: [MOVED, STILL] })).open, "1 of 2 places have moved.");
});

test("every text about a rotation of an ended key says that neither key works", () => {
	const over = rotation({ status: "over", sources: [STILL] });
	match(headlineOf(over), /neither the old nor the new one works/);
	equal(notYetWords(over), "The key has ended: nothing shows what has moved.");
	for (const name of ["created", "revoked"] as const) {
		const { open, done } = stepWords(name, over);
		doesNotMatch(`${open} ${done}`, /works/, name);
	}
});

test("the short and the long text on the old key's end agree: by itself, by a person, or by its time", () => {
	const library = source({ id: "src_8", told_apart: false, not_told_apart: { code: "library", detail: "" }, may_be_confirmed: true });
	deepEqual(oldEndWords(rotation({ sources: [STILL, MOVED] })).short, "When all have moved");
	const by_hand = oldEndWords(rotation({ sources: [MOVED, library] }));
	equal(by_hand.short, "When a person ends it");
	match(by_hand.sentence, /a person ends the old key/);
	equal(oldEndWords(rotation({ sources: [library], overlap_seconds: 60 })).short, null);
});
