/** The checks of the faults report every forged violation, and nothing in consistent data: changes under load. */
import { deepEqual, equal, match } from "node:assert/strict";
import { suite, test } from "node:test";
import { type ChangedKey, checkChanges, getRates } from "./changes.ts";
import type { Acknowledged, Probe } from "./journal.ts";

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
