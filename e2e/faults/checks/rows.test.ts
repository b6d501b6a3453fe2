/** The checks of the faults report every forged violation, and nothing in consistent data: rows of the database. */
import { equal, match, ok } from "node:assert/strict";
import { suite, test } from "node:test";
import { Findings } from "../scenario.ts";
import { COMPLETED, entry, type Forged, HARD_STOP, KEY, LATER, rotation, secret, WHOLE } from "./forged.ts";
import { checkRows } from "./rows.ts";

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
