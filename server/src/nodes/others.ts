/** The row of another node; each renewal changes `version`. */
export interface OtherNode {
	readonly id: string;
	readonly version: string;
	/** The number up to which it has applied changes. */
	readonly applied_seq: number;
	/** The duration of its lease; nodes may be configured differently. */
	readonly lease_ms: number;
}

/** A process that a change waited for: it has confirmed the change, or its lease ran out. */
export interface WaitedFor {
	readonly node_id: string;
	readonly confirmed: boolean;
}

/** The maximum difference in rate between the clocks of two machines, with a wide margin. */
const CLOCK_MARGIN = 1.1;

/** How long to wait, by this node's monotonic clock, until another node's lease has certainly expired. Milliseconds. */
export function patienceMs(lease_ms: number): number {
	return lease_ms * CLOCK_MARGIN;
}

/**
 * The last known rows of the other nodes, and since when each has not renewed, by this node's monotonic clock. The database's system time,
 * which an administrator may change, never decides that a lease has expired.
 */
export class OtherNodes {
	#seen = new Map<string, { node: OtherNode; since: number }>();

	/** Updates the rows, which were read before the instant `monotonic`. */
	see(nodes: readonly OtherNode[], monotonic: number): void {
		const seen = new Map<string, { node: OtherNode; since: number }>();
		for (const node of nodes) {
			const before = this.#seen.get(node.id);
			seen.set(node.id, { node, since: before?.node.version === node.version ? before.since : monotonic });
		}
		this.#seen = seen;
	}

	/** Whether a node may not have applied everything up to `seq`. */
	anyBehind(seq: number): boolean {
		for (const { node } of this.#seen.values()) if (node.applied_seq < seq) return true;
		return false;
	}

	/** For each node, whether it has applied everything up to `seq`. */
	confirmations(seq: number): WaitedFor[] {
		return [...this.#seen.values()].map(({ node }) => ({ node_id: node.id, confirmed: node.applied_seq >= seq }));
	}

	/** The nodes whose lease has run out unless they have renewed it since their row was read. */
	silent(monotonic: number): OtherNode[] {
		return [...this.#seen.values()].filter(({ node, since }) => monotonic - since >= patienceMs(node.lease_ms)).map(({ node }) => node);
	}
}
