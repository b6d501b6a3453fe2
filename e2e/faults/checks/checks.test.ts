/** The checks of the faults report every forged violation, and nothing in consistent data. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { suite, test } from "node:test";
import { Findings } from "../scenario.ts";
import { checkLedger, checkProbes } from "./after-kill.ts";
import { type ChangedKey, checkChanges, getRates } from "./changes.ts";
import type { Acknowledged, Probe } from "./journal.ts";
import { type Action, Key, Ledger, Secret, type Sent } from "./ledger.ts";
import { checkRows } from "./rows.ts";
import type { Entry, EventRow, KeyRow, RotationRow, SecretRow, Stored } from "./stored.ts";

const LEASE_SECONDS = 5;
const REVOKE = { name: "revoke", code: "key_revoked" };

function probe(sent_at: number, status: number, code = "", node = 0): Probe {
	return { node, sent_at, read_at: sent_at + 2, status, code };
}

function played(probes: readonly Probe[], acknowledged: Acknowledged | null = { sent_at: 100, read_at: 120 }): ChangedKey {
	return { kind: REVOKE, probes, acknowledged };
}

suite("the check of changes under load", () => {
	const before = [probe(90, 200), probe(119.9, 200, "", 1), probe(120, 200, "", 2)];
	const after = [probe(120.1, 401, "key_revoked"), probe(121, 401, "key_revoked", 1), probe(121, 503, "unavailable", 2)];

	test("reports nothing if all requests after the acknowledgement were refused", () => {
		const { broken, violations, tested, took_ms } = checkChanges([played([...before, ...after])], LEASE_SECONDS);
		deepEqual({ broken, violations, tested, took_ms }, { broken: [], violations: 0, tested: 3, took_ms: [20] });
	});

	test("reports each accepted request after the acknowledgement, on any node and however late", () => {
		const forged = [probe(120.001, 200, "", 1), probe(9_000, 204, "", 2)];
		const { broken, violations } = checkChanges([played([...before, ...after, ...forged]), played(after)], LEASE_SECONDS);
		equal(violations, 2);
		match(broken.join("\n"), /node 1 let a request in that was sent 0.001 ms after[\s\S]*node 2 /);
	});

	const forgeries: Record<string, [ChangedKey, RegExp]> = {
		"a refusal for another reason": [played([...before, probe(121, 401, "key_unknown")]), /refused with 401 key_unknown instead/],
		"a change that was never acknowledged": [played(before, null), /was not acknowledged/],
		"an acknowledgement that was waited for too long": [played(after, { sent_at: 0, read_at: 6_501 }), /acknowledged after 6501 ms, more than 6500/],
	};
	for (const [name, [one, found]] of Object.entries(forgeries))
		test(`finds ${name}`, () => match(checkChanges([one], LEASE_SECONDS).broken.join("\n"), found));

	test("computes the request rate of each node", () => {
		deepEqual(getRates([played([...before, probe(1, 200)]), played([probe(1, 200)])], 3, 0.5), [6, 2, 2]);
	});
});

const AT = new Date("2026-11-01T12:00:00Z");
const LATER = new Date("2026-11-01T12:00:01Z");
const HARD_STOP = new Date("2026-12-01T12:00:00Z");
const KEY: KeyRow = { id: "key_1", tenant_id: "t", name: "client-1", paused: false, revoked_at: null };

type Writable<T> = { -readonly [field in keyof T]: T[field] };
interface Forged {
	keys: KeyRow[];
	secrets: SecretRow[];
	rotations: RotationRow[];
	entries: Entry[];
	events: EventRow[];
	chains: string[];
	numbers: Writable<Stored["numbers"]>;
}

function secret(kid: string, over = false): SecretRow {
	return { kid, key_id: KEY.id, retires_at: null, retired_at: over ? LATER : null, over };
}

function rotation(fields: Partial<RotationRow>): RotationRow {
	const kids = { predecessor_kid: "a", successor_kid: "b" };
	const open = { state: "open", overlap_seconds: null, hard_stop_at: HARD_STOP, ended_at: null, ended_how: null, force_reason: null };
	return { id: "rot_1", key_id: KEY.id, ...kids, ...open, started_at: AT, ...fields };
}

function entry(name: string, action: Action | null, fields: Partial<Entry> = {}): Entry {
	const facts = { rotation_id: null, ended_rotation_id: null, overlap_seconds: null, how: null };
	return { name, key_id: KEY.id, request_id: `req-${name}`, ...facts, action, ...fields };
}

const CREATED = entry("key.created", "create");
const STARTED = entry("rotation.started", "rotate", { rotation_id: "rot_1" });
const COMPLETED = entry("rotation.completed", "complete", { rotation_id: "rot_1", how: "forced" });
const CANCELLED = entry("rotation.cancelled", "cancel", { rotation_id: "rot_1", how: "cancelled" });
const REVOKED = entry("key.revoked", "revoke", { ended_rotation_id: "rot_1" });

function stored(rows: Partial<Forged>, entries: Entry[]): Forged {
	const events = entries.map(({ name, key_id, rotation_id }) => ({ name, key_id, rotation_id }));
	const numbers = { current: 9, distinct: entries.length, first: 10 - entries.length };
	return { keys: [KEY], secrets: [secret("a")], rotations: [], entries, events, chains: ["t"], numbers, ...rows };
}

/** A key without a rotation, with one in progress, and after each possible end of it. */
const WHOLE: Readonly<Record<string, () => Forged>> = {
	created: () => stored({}, [CREATED]),
	replacing: () => stored({ secrets: [{ ...secret("a"), retires_at: HARD_STOP }, secret("b")], rotations: [rotation({})] }, [CREATED, STARTED]),
	completed: () => {
		const done = rotation({ state: "completed", ended_at: LATER, ended_how: "forced", force_reason: "so" });
		return stored({ secrets: [secret("a", true), secret("b")], rotations: [done] }, [CREATED, STARTED, COMPLETED]);
	},
	cancelled: () => {
		const done = rotation({ state: "cancelled", ended_at: LATER, ended_how: "cancelled" });
		return stored({ secrets: [secret("a"), secret("b", true)], rotations: [done] }, [CREATED, STARTED, CANCELLED]);
	},
	revoked: () => {
		const done = rotation({ state: "cancelled", ended_at: LATER, ended_how: "revoked" });
		const secrets = [{ ...secret("a"), retires_at: HARD_STOP }, secret("b")];
		return stored({ keys: [{ ...KEY, revoked_at: LATER }], secrets, rotations: [done] }, [CREATED, STARTED, REVOKED]);
	},
};

function change<T>(rows: T[], at: number, fields: Partial<T>): void {
	const row = rows[at];
	ok(row);
	rows[at] = { ...row, ...fields };
}

/** Inconsistent rows: one write is missing or one is too many. */
const HALVES: Readonly<Record<string, [keyof typeof WHOLE, (forged: Forged) => unknown, RegExp]>> = {
	"two current secrets": ["replacing", ({ secrets }) => change(secrets, 0, { retires_at: null }), /has 2 current secrets/],
	"no current secret": ["completed", ({ secrets }) => change(secrets, 1, { retired_at: LATER, over: true }), /has 0 current secrets/],
	"three live secrets": ["replacing", ({ secrets }) => secrets.push({ ...secret("c"), retires_at: HARD_STOP }), /has 3 live secrets/],
	"a new secret without its rotation": ["replacing", (all) => (all.rotations = []), /2 secrets of 0 rotations[\s\S]*rot_1, which is not there/],
	"a rotation without its new secret": ["replacing", ({ secrets }) => secrets.pop(), /lacks a secret/],
	"a rotation that goes on though its old secret has ended": [
		"replacing",
		({ secrets }) => change(secrets, 0, { retired_at: LATER, over: true }),
		/old secret has ended/,
	],
	"a completed rotation whose old secret lives": ["completed", ({ secrets }) => change(secrets, 0, secret("a")), /did not end with it/],
	"a cancelled rotation whose new secret lives": ["cancelled", ({ secrets }) => change(secrets, 1, secret("b")), /did not end with it/],
	"a cancelled rotation whose old secret still has an end": [
		"cancelled",
		({ secrets }) => change(secrets, 0, { retires_at: HARD_STOP }),
		/has 0 current secrets/,
	],
	"a rotation that goes on after the revocation": [
		"revoked",
		({ rotations }) => change(rotations, 0, rotation({})),
		/1 open rotations and is revoked/,
	],
	"a rotation ended by a revocation that is not there": [
		"revoked",
		({ keys }) => change(keys, 0, { revoked_at: null }),
		/revocation that is not there/,
	],
	"an end of a rotation without an entry": ["completed", ({ entries }) => entries.pop(), /0 ends[\s\S]*its audit entries tell "active_replacing"/],
	"a begin of a rotation without an entry": ["replacing", ({ entries }) => entries.pop(), /0 begins/],
	"an entry without its change": ["created", ({ entries }) => entries.push(entry("key.paused", "pause")), /its audit entries tell "paused"/],
	"the same entry twice": ["completed", ({ entries }) => entries.push(COMPLETED), /2 ends/],
	"a change that nothing here makes": ["created", ({ entries }) => entries.push(entry("key.changed", null)), /key.changed \(null\) after active/],
	"a change without an event": ["completed", ({ events }) => events.pop(), /has events/],
	"an event of another rotation": ["completed", ({ events }) => change(events, 2, { rotation_id: "rot_2" }), /has events/],
	"an event without its change": ["created", ({ events }) => events.push({ name: "key.revoked", key_id: KEY.id, rotation_id: null }), /has events/],
	"rows of a key that is not there": ["completed", (all) => (all.keys = []), /secrets name the key[\s\S]*audit entries name[\s\S]*events name/],
	"a number of a change that is missing": ["completed", ({ numbers }) => (numbers.distinct -= 1), /have gaps/],
};

suite("the check of rows", () => {
	function findingsIn(rows: Forged): string {
		const findings = new Findings();
		checkRows(rows, findings);
		return findings.broken.join("\n");
	}

	for (const [name, make] of Object.entries(WHOLE)) test(`finds nothing in a key that is ${name}`, () => equal(findingsIn(make()), ""));
	for (const [name, [whole, forge, found]] of Object.entries(HALVES))
		test(`finds ${name}`, () => {
			const rows = WHOLE[whole]?.();
			ok(rows);
			forge(rows);
			match(findingsIn(rows), found);
		});
});

suite("the check of acknowledged changes", () => {
	const [first, second] = [new Secret(), new Secret()];

	function sent(of: Entry, fields: Partial<Sent> = {}): Sent {
		const { action, request_id, rotation_id } = of;
		ok(action);
		return { action, request_id, rotation_id, sent_at: 10, read_at: 20, outcome: "done", held: false, makes: null, ends: null, ...fields };
	}

	/** A ledger with the key of the rows and this history. */
	function makeLedger(...history: Sent[]): Ledger {
		const key = new Key(KEY.name, KEY.tenant_id);
		key.id = KEY.id;
		key.history.push(...history);
		const ledger = new Ledger();
		ledger.keys.push(key);
		return ledger;
	}

	function findingsIn(rows: Forged, ledger: Ledger): string {
		const findings = new Findings();
		checkLedger(rows, ledger, findings);
		return findings.broken.join("\n");
	}

	const [create, rotate, complete] = [sent(CREATED, { makes: first }), sent(STARTED, { makes: second }), sent(COMPLETED, { ends: first })];
	const unknown = { outcome: "unknown", request_id: "" } as const;
	const made = (name: string): Forged => WHOLE[name]?.() ?? stored({}, []);

	test("reports nothing if all acknowledged changes are stored", () => {
		equal(findingsIn(made("completed"), makeLedger(create, rotate, complete)), "");
	});

	test("accepts a change without a response as stored completely or not at all", () => {
		for (const name of ["replacing", "completed"]) {
			const ledger = makeLedger(create, rotate, { ...complete, ...unknown });
			equal(findingsIn(made(name), ledger), "");
			equal(ledger.keys[0]?.state, name === "completed" ? "active" : "active_replacing");
		}
		equal(findingsIn(stored({ keys: [], secrets: [] }, []), makeLedger({ ...create, ...unknown })), "");
	});

	test("reports a lost acknowledged change", () => {
		match(
			findingsIn(made("replacing"), makeLedger(create, rotate, complete)),
			/complete of client-1 was acknowledged and has \[\][\s\S]*was acknowledged as active/,
		);
		match(findingsIn(stored({ keys: [], secrets: [] }, []), makeLedger(create)), /client-1 is none, and was acknowledged as active/);
	});

	test("reports an acknowledged change whose entry is missing, duplicated or another request's", () => {
		const rows = made("completed");
		match(
			findingsIn({ ...rows, entries: rows.entries.slice(0, 2) }, makeLedger(create, rotate, complete)),
			/complete of client-1 was acknowledged and has \[\]/,
		);
		match(
			findingsIn({ ...rows, entries: [...rows.entries, COMPLETED] }, makeLedger(create, rotate, complete)),
			/2 entries of complete, 1 acknowledged of 1 sent/,
		);
		const other = { ...COMPLETED, rotation_id: "rot_2" };
		match(
			findingsIn({ ...rows, entries: [CREATED, STARTED, other] }, makeLedger(create, rotate, complete)),
			/complete of client-1 was acknowledged and has \[\{/,
		);
	});

	test("reports stored changes that no client has sent", () => {
		match(findingsIn(made("created"), new Ledger()), /there is a key client-1 that no client has sent/);
		match(findingsIn(made("completed"), makeLedger(create, rotate)), /1 entries of complete, 0 acknowledged of 0 sent/);
	});

	function getViolations(ledger: Ledger, probes: Probe[]): { violations: number; messages: string } {
		const [key] = ledger.keys;
		ok(key);
		const findings = new Findings();
		const { violations } = checkProbes(new Map([[key, new Map([[first, probes]])]]), findings);
		return { violations, messages: findings.broken.join("\n") };
	}

	test("reports a replaced secret that is accepted after the end of its rotation was acknowledged, and not before", () => {
		const ledger = makeLedger(create, rotate, complete);
		deepEqual(getViolations(ledger, [probe(19, 200), probe(21, 401, "key_rotated")]), { violations: 0, messages: "" });
		const { violations, messages } = getViolations(ledger, [probe(20.5, 200)]);
		equal(violations, 1);
		match(messages, /was let in 1 times while it was forbidden/);
	});

	test("a pause forbids requests until the resume was sent, and a right key gets no other refusal", () => {
		const pause = sent(entry("key.paused", "pause"), { sent_at: 30, read_at: 40 });
		const resume = sent(entry("key.resumed", "resume"), { sent_at: 50, read_at: 60 });
		const ledger = makeLedger(create, pause, resume);
		equal(getViolations(ledger, [probe(39, 200), probe(49, 200), probe(50, 200)]).violations, 0);
		equal(getViolations(ledger, [probe(41, 200)]).violations, 1);
		match(getViolations(ledger, [probe(25, 401, "key_unknown")]).messages, /a right key of client-1 was answered 401 key_unknown/);
		match(getViolations(ledger, [probe(25, 500, "internal")]).messages, /500 internal/);
	});
});
