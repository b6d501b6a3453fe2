/** The checks of the faults report every forged violation, and nothing in consistent data: acknowledged changes after a kill. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { suite, test } from "node:test";
import { Findings } from "../scenario.ts";
import { checkLedger, checkProbes } from "./after-kill.ts";
import { COMPLETED, CREATED, entry, type Forged, KEY, STARTED, stored, WHOLE } from "./forged.ts";
import type { Probe } from "./journal.ts";
import { Key, Ledger, Secret, type Sent } from "./ledger.ts";
import type { Entry } from "./stored.ts";

function probe(sent_at: number, status: number, code = "", node = 0): Probe {
	return { node, sent_at, read_at: sent_at + 2, status, code };
}

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
