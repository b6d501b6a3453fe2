export type InvalidationKind = "key" | "tenant" | "site" | "plan" | "service" | "profile" | "forward_auth" | "legacy_formats";

/** What a change removes from every node's cache. A site's id is `siteInvalidationId(tenant, site)`. */
export interface Invalidation {
	readonly kind: InvalidationKind;
	readonly id: string;
}

export function siteInvalidationId(tenant_id: string, site_id: string): string {
	return `${tenant_id}/${site_id}`;
}

/** An invalidation with its number: the order of numbers is the order of commits. */
export interface SequencedInvalidation extends Invalidation {
	readonly seq: number;
}

const REMEMBERED_MAX = 20_000;

/**
 * The latest invalidation of each object, so that a cache fill from an older snapshot is discarded. Bounded: an evicted object counts as
 * invalidated.
 */
export class RecentInvalidations {
	readonly #latest = new Map<string, number>();
	#floor = 0;

	add(entry: SequencedInvalidation): void {
		const name = `${entry.kind}:${entry.id}`;
		this.#latest.delete(name);
		this.#latest.set(name, entry.seq);
		if (this.#latest.size <= REMEMBERED_MAX) return;
		for (const [oldest, seq] of this.#latest) {
			this.#latest.delete(oldest);
			this.#floor = Math.max(this.#floor, seq);
			break;
		}
	}

	/** Removes all entries; every snapshot before `seq` then counts as out of date. */
	reset(seq: number): void {
		this.#latest.clear();
		this.#floor = seq;
	}

	/** Whether the object, as read at `snapshot_seq`, may be out of date. */
	touchedSince(kind: InvalidationKind, id: string, snapshot_seq: number): boolean {
		return snapshot_seq < this.#floor || (this.#latest.get(`${kind}:${id}`) ?? 0) > snapshot_seq;
	}
}
