/** A node that is frozen amid requests and changes: after waking it refuses until its lease is renewed, and no change waits longer than the lease. */
import { inParallel } from "../client.ts";
import type { Server } from "../server.ts";
import { makeKey, makePlan, makeTenant } from "../things.ts";
import { slowestMs } from "./checks/changes.ts";
import { Cluster } from "./cluster.ts";
import { Freeze, type Frozen, REVOKED } from "./freeze.ts";
import type { SomeKey } from "./requests.ts";
import { Findings, type Outcome, rounded, type Scenario, type Settings } from "./scenario.ts";

const ROUNDS = 3;
const MAKERS = 4;
const LONG_FREEZE_MS = 60_000;
/** As a fraction of the lease: the node wakes while a revocation waits for it, or right after the wait has ended. */
const BRIEF = 0.3;
const FENCED = 1.15;
/** Longer than the lease; replaces the long freeze in a short run. */
const LONG_FREEZE_EXTRA_MS_SHORT = 2_000;

async function makeKeys(server: Server, count: number): Promise<SomeKey[]> {
	const tenant = await makeTenant(server, { plan_id: await makePlan(server) });
	return inParallel(count, MAKERS, async () => {
		const { id, raw_key } = await makeKey(server, tenant.id);
		return { id, raw_key, tenant_id: tenant.id };
	});
}

function getLengths({ short, lease_seconds }: Settings): number[] {
	const lease_ms = lease_seconds * 1_000;
	if (short) return [lease_ms * BRIEF, lease_ms + LONG_FREEZE_EXTRA_MS_SHORT];
	return Array.from({ length: ROUNDS }, () => [lease_ms * BRIEF, lease_ms * FENCED, LONG_FREEZE_MS]).flat();
}

async function freezeRepeatedly(frozen: Server, awake: Server, settings: Settings): Promise<Outcome> {
	const findings = new Findings();
	const slowest_ms = slowestMs(settings.lease_seconds);
	const lengths = getLengths(settings);
	const longest_ms = Math.max(...lengths);
	const all: Frozen[] = [];
	for (const length of lengths) {
		settings.progress(`freeze of ${rounded(length)} ms`);
		const seen = await new Freeze(frozen, awake, findings).run(await makeKeys(awake, 2 * REVOKED), length);
		all.push(seen);
		findings.expect(
			length < longest_ms || seen.refused_on_waking > 0,
			() => "no request was refused by a node that woke after its lease had run out",
		);
	}
	const max = (of: (one: Frozen) => number): number => rounded(Math.max(...all.map(of)));
	const sum = (of: (one: Frozen) => number): number => all.reduce((total, one) => total + of(one), 0);
	const figures = {
		freezes: all.length,
		longest_freeze_ms: rounded(longest_ms),
		violations: sum(({ violations }) => violations),
		late_requests: sum(({ late_requests }) => late_requests),
		begun_before: sum(({ begun_before }) => begun_before),
		refused_on_waking: sum(({ refused_on_waking }) => refused_on_waking),
		checked_before: sum(({ checked_before }) => checked_before),
		requests_under_way_min: Math.min(...all.map(({ requests_under_way }) => requests_under_way)),
		changes_under_way: sum(({ changes_under_way }) => changes_under_way),
		lost: sum(({ lost }) => lost),
		acknowledged_max_ms: max(({ acknowledged_max_ms }) => acknowledged_max_ms),
		recovered_max_ms: max(({ recovered_ms }) => recovered_ms),
	};
	findings.expect(
		figures.acknowledged_max_ms <= slowest_ms,
		() => `a revocation was acknowledged after ${figures.acknowledged_max_ms} ms, more than ${slowest_ms}`,
	);
	const summary =
		`${figures.violations} violations in ${figures.freezes} freezes of up to ${rounded(longest_ms / 1_000, 1)} s, each amid ${figures.requests_under_way_min} requests or more ` +
		`and altogether ${figures.changes_under_way} changes, with ${figures.late_requests} requests sent to the sleeping node after the acknowledgement and ${figures.begun_before} ` +
		`begun before and ended after it; ${figures.refused_on_waking} answered 503 on waking; revocations acknowledged within ${figures.acknowledged_max_ms} ms; ` +
		`answers again ${figures.recovered_max_ms} ms after waking at the latest`;
	return { name: freezes.name, summary, figures, broken: findings.broken };
}

export const freezes: Scenario = {
	name: "freezes",
	promise: "a node frozen in mid-request refuses when it wakes, and delays changes by its lease at most",
	async run(settings) {
		const cluster = await Cluster.start();
		try {
			const [frozen, awake] = [await cluster.startNode(settings), await cluster.startNode(settings)];
			return await freezeRepeatedly(frozen, awake, settings);
		} finally {
			await cluster.stop();
		}
	},
};
