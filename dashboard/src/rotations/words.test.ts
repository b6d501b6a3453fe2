import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canEnd, formatEndLabel, getMeter, getProgress, getRemaining } from "./progress.ts";
import type { Rotation, RotationSource } from "./queries.ts";
import { formatClient, formatEnding, formatOldEnd, formatStep, getHeadline, getMove, getMovers, getStragglers, needsAWord } from "./words.ts";

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

const texts = (of: Rotation) => [getHeadline(of).title, getHeadline(of).detail];

test("the headline has the count of moved clients, and the detail says what the others wait for", () => {
	deepEqual(texts(rotation({ sources: [MOVED, BOTH, STILL, FRESH] })), [
		"1 of 3 clients has moved",
		"Backup script still uses the old key; 1 client uses the new key but must stay silent on the old one for longer.",
	]);
	deepEqual(texts(rotation({ sources: [STILL, source({ id: "src_6" })] })), ["0 of 2 clients have moved", "2 clients still use the old key."]);
	deepEqual(texts(rotation({ sources: [MOVED] })), ["The only client has moved", "The old key must stay silent for ten minutes before it can end."]);
	deepEqual(texts(rotation({ status: "moved", sources: [MOVED] })), ["The only client has moved", "The old key can end now."]);
	deepEqual(texts(rotation({ status: "issued" })), ["Nothing has used the old key lately", "Nothing has used the new key yet."]);
	equal(getHeadline(rotation({ status: "cancelled", ended_how: "revoked" })).title, "The key was revoked, and both ended with it.");
});

test("a client that moved by silence, without a use of the new key, is not counted as one that still uses the old key", () => {
	const silent = source({ id: "src_9", moved: true });
	deepEqual(texts(rotation({ sources: [silent, BOTH] })), [
		"1 of 2 clients has moved",
		"1 client uses the new key but must stay silent on the old one for longer.",
	]);
});

test("clients that have not moved are named, those with only the old key first", () => {
	const seen = rotation({ sources: [BOTH, MOVED, STILL] });
	deepEqual(getStragglers(seen), ["Backup script", "Nightly report"]);
	deepEqual(getMovers(seen), ["Nightly report", "Order server"]);
});

test("each client shows its position and what is missing", () => {
	deepEqual(getMove(MOVED, [], true), { position: "moved", word: "Moved", why: null });
	deepEqual(getMove(FRESH, [], true), { position: "new", word: "New key only", why: null });
	deepEqual(getMove(STILL, [], true), { position: "old", word: "Old key", why: null });
	const rarely = getMove({ ...BOTH, may_be_confirmed: true }, [{ code: "too_few_sightings", detail: "", source_id: "src_3" }], true);
	equal(rarely.position, "ask");
	equal(rarely.why, "Uses the new key, but was seen too rarely before to be sure that all of it has moved.");
});

test("a client that cannot be distinguished says why, waits for a confirmation, and names who confirmed", () => {
	const library = { not_told_apart: { code: "library", detail: "" }, told_apart: false, may_be_confirmed: true } as const;
	const unsure = source({ id: "src_7", agent: "python-requests", new: NEW, ...library });
	deepEqual(getMove(unsure, [], true), {
		position: "ask",
		word: "Not distinguishable",
		why: "Several programs may look like this one, so its traffic proves nothing: only its HTTP library is known.",
	});
	equal(getMove({ ...unsure, new: null }, [], true).position, "old");
	equal(getMove({ ...unsure, new: null }, [], false).why, null, "there is no new key yet");
	deepEqual(texts(rotation({ sources: [MOVED, unsure] })), ["1 of 2 clients has moved", "1 client needs a person's confirmation."]);
	equal(needsAWord(rotation({ sources: [MOVED, unsure] })), true);
	const confirmation = { at: SEEN, by: { kind: "member", id: "per_1", name: "Olivia" }, void: false } as const;
	const confirmed = { ...unsure, moved: true, confirmation };
	equal(getMove(confirmed, [], true).word, "Confirmed");
	equal(getHeadline(rotation({ status: "moved", sources: [MOVED, confirmed] })).detail, "The old key can end now; a person confirmed 1 client.");
	equal(needsAWord(rotation({ sources: [MOVED, confirmed] })), true);
	equal(needsAWord(rotation({ sources: [MOVED, BOTH] })), false);
});

const anySource = fc
	.record({ old: fc.boolean(), new: fc.boolean(), moved: fc.boolean(), may_be_confirmed: fc.boolean(), library: fc.boolean() })
	.map((at) => ({
		...{ old: at.old ? OLD : null, new: at.new ? NEW : null, moved: at.moved, may_be_confirmed: at.may_be_confirmed },
		not_told_apart: at.library ? ({ code: "library", detail: "" } as const) : null,
	}));
const anyRotation = fc
	.record({ sources: fc.array(anySource, { maxLength: 16 }), status: fc.constantFrom("issued" as const, "proving" as const, "moved" as const) })
	.map(({ sources, status }) => rotation({ status, sources: sources.map((fields, index) => source({ id: `src_${index}`, ...fields })) }));
const numbersIn = (text: string | null) => [...(text ?? "").matchAll(/(\d+)(?= clients?)/g)].map(([number]) => Number(number));

test("in every state the headline, the detail, the steps, the meter, the button and the dialog show counts that agree", () => {
	fc.assert(
		fc.property(anyRotation, (of) => {
			const progress = getProgress(of);
			const { title, detail } = getHeadline(of);
			const users = of.sources.filter((used) => used.old !== null);
			const moved = users.filter((used) => used.moved).length;
			equal(progress.clients, users.length);
			equal(progress.moved, moved);
			equal(getRemaining(progress), getStragglers(of).length);
			equal(
				getMeter(progress).reduce((sum, { weight }) => sum + weight, 0),
				users.length,
			);
			const positions = of.sources.map((used) => getMove(used, [], true).position);
			for (const position of ["ask", "old", "moving", "moved"] as const)
				equal(positions.filter((found) => found === position).length, progress[position], position);
			if (users.length === 0) return;
			if (users.length > 1)
				match(title, moved === users.length ? new RegExp(`^All ${moved} clients`) : new RegExp(`^${moved} of ${users.length} clients`));
			const step = formatStep("moved", of);
			ok(step.open.startsWith(`${title}.`) && step.done === `${title}.`);
			if (moved < users.length) {
				const named = progress.old === 1 ? 1 : 0;
				equal(named + numbersIn(detail).reduce((sum, number) => sum + number, 0), users.length - moved, detail ?? "");
				if (of.status !== "moved") match(formatEndLabel(of), new RegExp(`: ${users.length - moved} clients? remains?$`));
			}
		}),
	);
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
	equal(formatStep("moved", rotation({ sources: [MOVED, STILL] })).open, "1 of 2 clients has moved. 1 client still uses the old key.");
});

test("every text about a rotation of an ended key says that neither key works", () => {
	const over = rotation({ status: "over", sources: [STILL] });
	match(getHeadline(over).detail ?? "", /^Neither the old nor the new one works/);
	equal(canEnd(over), false);
	for (const name of ["created", "revoked"] as const) {
		const { open, done } = formatStep(name, over);
		doesNotMatch(`${open} ${done}`, /works/, name);
	}
});

test("the short and the long text on the old key's end agree: by itself, by a person, or by its time", () => {
	const library = source({ id: "src_8", told_apart: false, not_told_apart: { code: "library", detail: "" }, may_be_confirmed: true });
	deepEqual(formatOldEnd(rotation({ sources: [STILL, MOVED] })).short, "once all have moved");
	const by_hand = formatOldEnd(rotation({ sources: [MOVED, library] }));
	equal(by_hand.short, "when ended by hand");
	match(by_hand.sentence, /a person ends the old key/);
	equal(formatOldEnd(rotation({ sources: [library], overlap_seconds: 60 })).short, null);
});

test("a rotation that waits says that it was begun by schedule, and for whom the link is", () => {
	const started_by = { kind: "system", name: "rotation schedule" };
	const handover = { email: "olivia@shop.example" } as Rotation["handover"];
	match(
		getHeadline(rotation({ status: "waiting", started_by, handover })).detail ?? "",
		/ Begun by schedule, with a link for olivia@shop\.example\.$/,
	);
	doesNotMatch(getHeadline(rotation({ status: "waiting", handover })).detail ?? "", /schedule/);
});
