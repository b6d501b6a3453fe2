import { LRUCache } from "lru-cache";
import type { Clock } from "../../core/clock.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import type { Database } from "../../database/database.ts";
import { inTransaction } from "../../database/transaction.ts";
import { Canary } from "../../keys/canaries/canary.ts";
import { IMPORTED_KEYS_ID } from "../../keys/imported/format.ts";
import { type SequencedInvalidation, siteInvalidationId } from "../../nodes/invalidation.ts";
import type { Node } from "../../nodes/node.ts";
import type { Meter } from "../../usage/meter.ts";
import { Batcher } from "../batcher.ts";
import type { WindowStore } from "../limits/window-store.ts";
import { FirstUses } from "./first-use.ts";
import { type Grant, isStale, NO_SITE, type SiteState } from "./grant.ts";
import { GrantReferences } from "./references.ts";
import { SieveMap } from "./sieve.ts";
import { type GrantRow, readGrants, readSites } from "./store.ts";
import { isLookup, splitName, UNKNOWN, type Unknown, UnknownNames } from "./unknown-names.ts";

const GRANTS_MAX = 200_000;
const SITES_MAX = 200_000;
/** No site id is longer. Longer ones are not cached, since callers choose them. */
const SITE_ID_CHARACTERS_MAX = 64;
const BATCH_KIDS_MAX = 500;
const QUEUE_KIDS_MAX = 20_000;
/** A read is repeated when a change arrives after its snapshot. Changes of one key are rare, so few attempts suffice. */
const FILL_ATTEMPTS_MAX = 8;

/** `slow` is a separate queue for addresses that keep presenting unknown kids. */
export type Lane = "normal" | "slow";

export interface GrantsOptions {
	readonly database: Database;
	readonly node: Node;
	readonly clock: Clock;
	readonly meter: Meter;
	readonly windows: WindowStore;
	readonly grants_max?: number;
}

/** Bounded cache of grants and sites: filled in batches, emptied by invalidations, never older than the node's lease. */
export class Grants {
	readonly references: GrantReferences;
	readonly firstUses: FirstUses;
	readonly #options: GrantsOptions;
	readonly #grants: SieveMap<Grant>;
	/** Grants whose secret has matched its MAC, by digest of the raw key. */
	readonly #matched = new Map<string, Grant>();
	readonly #unknown: UnknownNames;
	readonly #sites: LRUCache<string, SiteState>;
	readonly #kidsOfKey = new Map<string, Set<string>>();
	readonly #lanes: Record<Lane, Batcher<Grant | Unknown>>;
	readonly #siteLane: Batcher<SiteState>;
	/** How many kids and lookups were read from the database since the start, because they were not in memory. */
	reads = 0;

	constructor(options: GrantsOptions) {
		this.#options = options;
		this.references = new GrantReferences(options);
		this.firstUses = new FirstUses(options);
		this.#grants = new SieveMap({ max: options.grants_max ?? GRANTS_MAX, onEvict: (grant, replaced) => this.#release(grant, replaced) });
		this.#unknown = new UnknownNames(options.clock);
		this.#sites = new LRUCache({ max: SITES_MAX });
		const lane = () => new Batcher({ batch_max: BATCH_KIDS_MAX, queue_max: QUEUE_KIDS_MAX, load: (kids) => this.#loadGrants(kids) });
		this.#lanes = { normal: lane(), slow: lane() };
		this.#siteLane = new Batcher({ batch_max: BATCH_KIDS_MAX, queue_max: QUEUE_KIDS_MAX, load: (places) => this.#loadSites(places) });
		options.node.onInvalidation((entries) => this.#invalidate(entries));
	}

	get size(): number {
		return this.#grants.size;
	}

	/** The grant of a kid, what is known of an unknown one, or undefined when it must be filled. Grants of imported keys are cached by kid and digest, not by lookup. */
	get(name: string): Grant | Unknown | undefined {
		const grant = this.#grants.get(name);
		if (grant !== undefined) return isStale(grant) ? undefined : grant;
		return this.#unknown.get(name);
	}

	/**
	 * The grant whose raw key has this digest and has matched before. The lookup is not constant-time: it may leak bits of a digest of a
	 * 190-bit secret, but never whether a kid exists.
	 */
	matched(digest: string): Grant | undefined {
		const grant = this.#matched.get(digest);
		if (grant === undefined || isStale(grant)) return undefined;
		if (!grant.visited) grant.visited = true;
		return grant;
	}

	/** Indexes the grant by the digest of the raw key that matched its MAC. */
	indexDigest(grant: Grant, digest: string): void {
		if (grant.digest !== null) this.#removeDigest(grant);
		grant.digest = digest;
		if (this.#grants.peek(grant.kid) === grant) this.#matched.set(digest, grant);
	}

	#removeDigest(grant: Grant): void {
		if (grant.digest !== null && this.#matched.get(grant.digest) === grant) this.#matched.delete(grant.digest);
	}

	/** Reads the grant from the primary. Concurrent calls share one query. Rejects with 503 `unavailable`. */
	fill(name: string, lane: Lane): Promise<Grant | Unknown> {
		return this.#lanes[lane].get(name);
	}

	site(tenant_id: string, site_id: string): SiteState | undefined {
		if (site_id.length > SITE_ID_CHARACTERS_MAX) return NO_SITE;
		return this.#sites.get(siteInvalidationId(tenant_id, site_id));
	}

	fillSite(tenant_id: string, site_id: string): Promise<SiteState> {
		return this.#siteLane.get(JSON.stringify([tenant_id, site_id]));
	}

	/** Deletes some of the windows that count nothing and that no grant uses. */
	sweep(): void {
		this.#options.windows.sweep();
	}

	async #loadGrants(names: string[]): Promise<Map<string, Grant | Unknown>> {
		this.reads += names.length;
		const loaded = new Map<string, Grant | Unknown>();
		let wanted = names;
		for (let attempt = 0; attempt < FILL_ATTEMPTS_MAX && wanted.length > 0; attempt += 1) {
			const kids = wanted.flatMap(splitName);
			const rows = await inTransaction(this.#options.database, ALL_TENANTS, (tx) => readGrants(tx, kids));
			for (const [name, row] of foundBy(wanted, rows)) if (!this.#isOvertaken(row)) loaded.set(name, this.#keep(name, row));
			wanted = wanted.filter((name) => !loaded.has(name));
		}
		if (wanted.length > 0)
			throw new ApiError("unavailable", "The key is being changed at this moment. Try again shortly.", { retry_after_seconds: 1 });
		return loaded;
	}

	#isOvertaken(row: GrantRow): boolean {
		const { node } = this.#options;
		if (row.kid === null) return isLookup(row.wanted_kid) && node.touchedSince("legacy_formats", IMPORTED_KEYS_ID, row.snapshot_seq);
		return (
			node.touchedSince("key", row.key_id, row.snapshot_seq) ||
			node.touchedSince("tenant", row.tenant_id, row.snapshot_seq) ||
			node.touchedSince("plan", row.plan_id, row.snapshot_seq)
		);
	}

	#keep(name: string, row: GrantRow): Grant | Unknown {
		const { kid } = row;
		if (kid === null) {
			const unknown = toUnknown(name, row);
			this.#unknown.add(name, unknown);
			return unknown;
		}
		const grant = this.references.retain({ ...row, kid });
		this.#grants.set(kid, grant);
		const kids = this.#kidsOfKey.get(grant.key_id);
		if (kids) kids.add(kid);
		else this.#kidsOfKey.set(grant.key_id, new Set([kid]));
		return grant;
	}

	async #loadSites(places: string[]): Promise<Map<string, SiteState>> {
		const pairs = new Map(places.map((place) => [place, getPair(place)]));
		const loaded = new Map<string, SiteState>();
		for (let attempt = 0; attempt < FILL_ATTEMPTS_MAX && loaded.size < pairs.size; attempt += 1) {
			const rows = await inTransaction(this.#options.database, ALL_TENANTS, (tx) => readSites(tx, [...pairs.values()]));
			for (const row of rows) {
				const id = siteInvalidationId(row.tenant_id, row.site_id);
				if (this.#options.node.touchedSince("site", id, row.snapshot_seq)) continue;
				const site = row.found ? { environment: row.environment } : NO_SITE;
				this.#sites.set(id, site);
				loaded.set(JSON.stringify([row.tenant_id, row.site_id]), site);
			}
		}
		return loaded;
	}

	#invalidate(entries: readonly SequencedInvalidation[] | null): void {
		const { plans, tenants } = this.references.states;
		if (entries === null) {
			for (const grant of this.#grants.values()) grant.stale = true;
			for (const plan of plans.values()) plan.stale = true;
			plans.clear();
			for (const tenant of tenants.values()) tenant.stale = true;
			this.#grants.clear();
			this.#unknown.clear();
			this.#sites.clear();
			return;
		}
		for (const { kind, id } of entries) {
			if (kind === "key") for (const kid of this.#kidsOfKey.get(id) ?? []) markStale(this.#grants.peek(kid));
			else if (kind === "tenant") markStale(tenants.get(id));
			else if (kind === "site") this.#sites.delete(id);
			else if (kind === "legacy_formats" && id === IMPORTED_KEYS_ID) this.#unknown.clearImported();
			else if (kind === "plan") {
				markStale(plans.get(id));
				plans.delete(id);
			}
		}
	}

	/** Marks the grant stale: waiting requests must not use it, because invalidations no longer reach it. */
	#release(grant: Grant, replaced: boolean): void {
		grant.stale = true;
		this.#removeDigest(grant);
		this.references.release(grant);
		if (replaced) return;
		const kids = this.#kidsOfKey.get(grant.key_id);
		kids?.delete(grant.kid);
		if (kids?.size === 0) this.#kidsOfKey.delete(grant.key_id);
	}
}

function toUnknown(kid: string, { canary_tenant_id: tenant_id, canary_key_id: key_id, mac, mac_version, pepper_id }: GrantRow): Unknown {
	return tenant_id === null || key_id === null ? UNKNOWN : new Canary({ tenant_id, key_id, kid, mac, mac_version, pepper_id });
}

/** The row of each name. Of several lookups, the one that has a secret. */
function foundBy(names: readonly string[], rows: readonly GrantRow[]): [string, GrantRow][] {
	const byKid = new Map(rows.map((row) => [row.wanted_kid, row]));
	return names.flatMap((name): [string, GrantRow][] => {
		const parts = splitName(name).flatMap((part) => byKid.get(part) ?? []);
		const row = parts.find(({ kid }) => kid !== null) ?? parts[0];
		return row ? [[name, row]] : [];
	});
}

function markStale(state: { stale: boolean } | undefined): void {
	if (state) state.stale = true;
}

/** Guarantee: `fillSite` wrote the text from a pair of texts. */
function getPair(place: string): { tenant_id: string; site_id: string } {
	const [tenant_id, site_id] = JSON.parse(place) as [string, string];
	return { tenant_id, site_id };
}
