import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { getFindings, getNodeState } from "./findings.ts";
import type { Health, Node } from "./queries.ts";

const HEALTH: Health = {
	version: "0.1.0",
	node_id: "node_1",
	ready: true,
	clock_skew_seconds: 0,
	usage_lost: 0,
	grants: 12,
	failing_webhooks: [],
	mail: { enabled: false },
	database: { version: "18.4", embedded: true, size_bytes: 9_000_000, round_trip_ms: 2.1, changes: 40 },
};
const NODE: Node = {
	id: "node_1",
	version: "0.1.0",
	started_at: "2026-11-30T00:00:00.000Z",
	renewed_at: "2026-11-30T04:00:00.000Z",
	lease_seconds: 5,
	holds_lease: true,
	fenced_at: null,
	behind: 0,
	is_this: true,
};

test("nothing is found where everything works, with and without a fenced node of before", () => {
	deepEqual(getFindings(HEALTH, [NODE, { ...NODE, id: "node_0", holds_lease: false, fenced_at: NODE.renewed_at, version: "0.0.9" }]), []);
});

test("what is wrong is found, worst first, each with a cure", () => {
	const cases: [Partial<Health>, readonly Node[], readonly string[]][] = [
		[{ ready: false, clock_skew_seconds: -31 }, [NODE], ["ended", "ended"]],
		[{ clock_skew_seconds: 2.2 }, [NODE], ["attention"]],
		[{ usage_lost: 3 }, [NODE], ["attention"]],
		[
			{ failing_webhooks: [{ webhook_id: "whk_1", url_origin: "https://ops.example", failing_since: NODE.renewed_at, disabled: null }] },
			[NODE],
			["attention"],
		],
		[{ database: { ...HEALTH.database, round_trip_ms: 900 } }, [NODE], ["attention"]],
		[{}, [NODE, { ...NODE, id: "node_2", holds_lease: false }], ["attention"]],
		[{}, [NODE, { ...NODE, id: "node_2", version: "0.2.0" }], ["attention"]],
	];
	for (const [health, nodes, meanings] of cases) {
		const found = getFindings({ ...HEALTH, ...health }, nodes);
		deepEqual(
			found.map(({ meaning }) => meaning),
			meanings,
		);
		equal(
			found.every(({ cure }) => cure !== ""),
			true,
		);
	}
});

test("a node without a lease is silent until it is fenced", () => {
	equal(getNodeState(NODE), "holds");
	equal(getNodeState({ ...NODE, holds_lease: false }), "silent");
	equal(getNodeState({ ...NODE, holds_lease: false, fenced_at: NODE.renewed_at }), "fenced");
});
