import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { newId } from "../core/id.ts";
import type { Log } from "../core/log.ts";
import { type Loop, startLoop } from "../core/loop.ts";
import type { Database } from "../database/database.ts";
import { asRecord, inStatement, inTransaction, type RecordTx, WRITES_IDLE_MS } from "../database/transaction.ts";
import type { ClockSkew } from "./clock-skew.ts";
import { type InvalidationKind, RecentInvalidations, type SequencedInvalidation } from "./invalidation.ts";
import { Lease } from "./lease.ts";
import { listenForChanges } from "./listen.ts";
import { type OtherNode, OtherNodes, type WaitedFor } from "./others.ts";
import { serializeRuns } from "./serialize-runs.ts";
import { deleteNode, fenceNodes, insertNode, notifyNodes, readInvalidations, readOtherNodes, renewNode, sweepInvalidations } from "./store.ts";

const RENEWALS_PER_LEASE = 4;
const CONFIRMATION_POLL_MS = 5;
/** Notifications normally bring confirmations much sooner; after that, the node asks for them. */
const POLLS_BEFORE_NUDGE = 10;
const SWEEP_EVERY_MS = 300_000;
const INVALIDATIONS_KEPT_SECONDS = 3_600;

export interface NodeOptions {
	database: Database;
	clock: Clock;
	log: Log;
	lease_seconds: number;
	version: string;
	/** True on the embedded database, whose folder has one owner: rows of other nodes belong to dead processes. */
	single_node: boolean;
	/** Default: the clock of this node is not compared with the database's. */
	skew?: ClockSkew;
	/** Called with how long a change waited until every node had applied it. */
	onBarrier?: (milliseconds: number) => void;
}

/**
 * Called with the entries of a change in order, or with null to evict everything. Must not throw or reject. The node confirms the change after a
 * returned promise, so it must end within seconds, also without a database.
 */
export type InvalidationListener = (entries: readonly SequencedInvalidation[] | null) => unknown;

/** One server process on the database: its lease, the changes that it has applied, and the barrier that makes "revoked" true on every node. */
export class Node {
	readonly lease: Lease;
	readonly #options: NodeOptions;
	readonly #recent = new RecentInvalidations();
	readonly #listeners: InvalidationListener[] = [];
	readonly #others = new OtherNodes();
	/** A separate pool: a flood of changes must not delay lease renewals. */
	readonly #database: Database;
	readonly #look = serializeRuns(() => this.#lookAtOthers());
	readonly #renew = serializeRuns(() => this.#renewOnce());
	/** Reads and applies what was committed before the call. */
	readonly catchUp = serializeRuns(() => this.#readAndApply());
	#id = newId("node");
	#appliedSeq = 0;
	#stopped = false;
	#loops: Loop[] = [];
	#stopListening: (() => Promise<void>) | null = null;

	constructor(options: NodeOptions) {
		this.#options = options;
		this.#database = options.database.apart();
		this.lease = new Lease(options.clock);
	}

	get id(): string {
		return this.#id;
	}

	get applied_seq(): number {
		return this.#appliedSeq;
	}

	onInvalidation(listener: InvalidationListener): void {
		this.#listeners.push(listener);
	}

	touchedSince(kind: InvalidationKind, id: string, snapshot_seq: number): boolean {
		return this.#recent.touchedSince(kind, id, snapshot_seq);
	}

	/** Registers, listens and acquires the first lease. Rejects when the database cannot be reached. */
	async start(): Promise<void> {
		const { log, lease_seconds } = this.#options;
		await this.#register(this.#options.single_node);
		this.#stopListening = await listenForChanges({ url: this.#database.directUrl, log, onChange: (from) => this.#onPush(from) });
		await this.#renew();
		this.#loops = [
			startLoop({ name: "lease_renewal", every_ms: (lease_seconds * 1000) / RENEWALS_PER_LEASE, log, run: () => this.#keepUp() }),
			startLoop({
				name: "invalidation_sweep",
				every_ms: SWEEP_EVERY_MS,
				log,
				run: () => this.#record((tx) => sweepInvalidations(tx, INVALIDATIONS_KEPT_SECONDS)),
			}),
		];
	}

	/** Ends the lease and removes the node's row, so that no change waits for this node. */
	async stop(): Promise<void> {
		this.#stopped = true;
		await Promise.all(this.#loops.map((loop) => loop.stop()));
		await this.#stopListening?.();
		// Waits for a running renewal, which may find the node fenced and register it again.
		await this.#renew().catch(() => undefined);
		this.lease.end();
		await this.#record((tx) => deleteNode(tx, this.#id)).catch((error: unknown) => this.#options.log.warn({ err: error }, "node_not_removed"));
		await this.#database.close();
	}

	/**
	 * Returns once every node has applied `seq` or its lease has run out, so that it no longer responds to keyed requests. Returns those
	 * nodes, this one first.
	 */
	async awaitBarrier(seq: number): Promise<WaitedFor[]> {
		const began = this.#options.clock.monotonic();
		const waited_for = await this.#waitForOthers(seq);
		this.#options.onBarrier?.(this.#options.clock.monotonic() - began);
		return waited_for;
	}

	async #waitForOthers(seq: number): Promise<WaitedFor[]> {
		while (this.#appliedSeq < seq) await this.catchUp();
		const waited_for = new Map<string, boolean>([[this.#id, true]]);
		for (let polls = 0; ; polls += 1) {
			await this.#look();
			for (const { node_id, confirmed } of this.#others.confirmations(seq)) waited_for.set(node_id, confirmed);
			if (!this.#others.anyBehind(seq)) return [...waited_for].map(([node_id, confirmed]) => ({ node_id, confirmed }));
			const silent = this.#others.silent(this.#options.clock.monotonic());
			if (polls % POLLS_BEFORE_NUDGE === POLLS_BEFORE_NUDGE - 1) await inStatement(this.#database, (queries) => notifyNodes(queries, this.#id));
			if (silent.length === 0) await sleep(CONFIRMATION_POLL_MS);
			else await this.#fence(silent);
		}
	}

	/** Fences the nodes whose lease has certainly expired, so that changes no longer wait for them. */
	async fenceSilent(): Promise<void> {
		await this.#look();
		const silent = this.#others.silent(this.#options.clock.monotonic());
		if (silent.length > 0) await this.#fence(silent);
	}

	async #fence(silent: readonly OtherNode[]): Promise<void> {
		await this.#record((tx) => fenceNodes(tx, silent));
		this.#options.log.warn({ nodes: silent.map((node) => node.id) }, "silent_nodes_fenced");
	}

	async #lookAtOthers(): Promise<void> {
		const others = await inStatement(this.#database, (queries) => readOtherNodes(queries, this.#id));
		this.#others.see(others, this.#options.clock.monotonic());
	}

	async #readAndApply(): Promise<void> {
		const { current_seq, entries } = await inStatement(this.#database, (queries) => readInvalidations(queries, this.#appliedSeq));
		const fresh = entries.filter((entry) => entry.seq > this.#appliedSeq);
		for (const entry of fresh) this.#recent.add(entry);
		if (fresh.length > 0) await Promise.all(this.#listeners.map((listener) => listener(fresh)));
		this.#appliedSeq = Math.max(this.#appliedSeq, current_seq);
	}

	async #renewOnce(): Promise<void> {
		if (this.#stopped) return;
		const { clock, lease_seconds, skew } = this.#options;
		const from = { monotonic: clock.monotonic(), now: clock.now() };
		await this.catchUp();
		const sent = clock.now();
		const database_ms = await inStatement(this.#database, (queries) => renewNode(queries, this.#id, this.#appliedSeq));
		if (database_ms !== null) {
			skew?.observe(sent, clock.now(), database_ms);
			if (skew?.isBearable ?? true) this.lease.grant(from, lease_seconds);
			else this.lease.end();
			return;
		}
		this.#options.log.warn({ node_id: this.#id }, "node_was_fenced");
		await this.#register(false);
	}

	async #keepUp(): Promise<void> {
		await this.#renew();
		await this.#look();
	}

	async #register(single_node: boolean): Promise<void> {
		const { version, lease_seconds } = this.#options;
		this.lease.end();
		this.#id = newId("node");
		const seq = await this.#record((tx) => insertNode(tx, { id: this.#id, version, lease_ms: lease_seconds * 1000, single_node }));
		this.#appliedSeq = seq;
		this.#recent.reset(seq);
		for (const listener of this.#listeners) void listener(null);
	}

	async #onPush(from_node: string | null): Promise<void> {
		if (from_node === this.#id) return;
		await this.#renew();
	}

	#record<T>(run: (tx: RecordTx) => Promise<T>): Promise<T> {
		return inTransaction(this.#database, ALL_TENANTS, (tx) => run(asRecord(tx)), WRITES_IDLE_MS);
	}
}
