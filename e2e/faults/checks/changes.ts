/** Checks changes under load against the logs of their clients. Pure. */

import type { Kind } from "../change-kinds.ts";
import { Findings, rounded } from "../scenario.ts";
import { type Acknowledged, countTested, isAllowed, type Probe, violations } from "./journal.ts";

/** An acknowledgement may take at most 1.1 R plus this, whatever has happened to a node. */
const SLOWEST_EXTRA_MS = 1_000;

/** One key with its requests to every node before and after its change. */
export interface ChangedKey {
	readonly kind: Pick<Kind, "name" | "code">;
	readonly probes: readonly Probe[];
	readonly acknowledged: Acknowledged | null;
}

export interface ChangesResult {
	readonly broken: readonly string[];
	/** Requests that were sent after the acknowledgement and accepted. */
	readonly violations: number;
	/** Requests that were sent after the acknowledgement. */
	readonly tested: number;
	/** From sending each change to reading its acknowledgement. */
	readonly took_ms: readonly number[];
}

/** The longest that an acknowledgement may take when a node is silent. */
export function slowestMs(lease_seconds: number): number {
	return lease_seconds * 1_100 + SLOWEST_EXTRA_MS;
}

export function checkChanges(changes: readonly ChangedKey[], lease_seconds: number): ChangesResult {
	const findings = new Findings();
	const all_took_ms: number[] = [];
	let found = 0;
	let seen = 0;
	for (const { kind, probes, acknowledged } of changes) {
		findings.expect(acknowledged !== null, () => `${kind.name}: was not acknowledged, or its key never worked: ${JSON.stringify(probes.slice(-3))}`);
		if (acknowledged === null) continue;
		const forbidden = [{ from: acknowledged.read_at, to: Number.POSITIVE_INFINITY }];
		const wrong = violations(probes, forbidden);
		found += wrong.length;
		seen += countTested(probes, forbidden);
		for (const probe of wrong) {
			findings.expect(
				false,
				() => `${kind.name}: node ${probe.node} let a request in that was sent ${rounded(probe.sent_at - acknowledged.read_at, 3)} ms after`,
			);
		}
		const others = probes.filter(
			(probe) => probe.sent_at > acknowledged.read_at && !isAllowed(probe) && probe.code !== kind.code && probe.status !== 503,
		);
		findings.expect(others.length === 0, () => `${kind.name}: refused with ${others[0]?.status} ${others[0]?.code} instead of ${kind.code}`);
		const took_ms = acknowledged.read_at - acknowledged.sent_at;
		all_took_ms.push(took_ms);
		const slowest_ms = slowestMs(lease_seconds);
		findings.expect(took_ms <= slowest_ms, () => `${kind.name}: acknowledged after ${rounded(took_ms)} ms, more than ${slowest_ms}`);
	}
	return { broken: findings.broken, violations: found, tested: seen, took_ms: all_took_ms };
}

/** The rate of requests to each node, per second. */
export function getRates(changes: readonly ChangedKey[], nodes: number, seconds: number): number[] {
	const counts = Array.from({ length: nodes }, () => 0);
	for (const { probes } of changes) for (const { node } of probes) counts[node] = (counts[node] ?? 0) + 1;
	return counts.map((count) => rounded(count / seconds));
}
