import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { newId } from "../core/id.ts";
import type { Log } from "../core/log.ts";
import { type Loop, startLoop } from "../core/loop.ts";
import type { Database } from "../database/database.ts";
import { asRecord, inTransaction, type RecordTx } from "../database/transaction.ts";
import { type InvalidationKind, RecentInvalidations, type SequencedInvalidation } from "./invalidation.ts";
import { Lease } from "./lease.ts";
import { listenForChanges } from "./listen.ts";
import { deleteNode, fenceNodes, fenceSilentNodes, insertNode, readInvalidations, renewNode, sweepInvalidations, unconfirmedNodes } from "./store.ts";

const RENEWALS_PER_LEASE = 4;
const CONFIRMATION_POLL_MS = 10;
/** Clocks of two machines run at rates that differ by far less than this. */
const CLOCK_MARGIN = 1.1;
const SWEEP_EVERY_MS = 300_000;
const INVALIDATIONS_KEPT_SECONDS = 3_600;

export interface NodeOptions {
	database: Database;
	clock: Clock;
	log: Log;
	lease_seconds: number;
	version: string;
	/** True on the embedded database, whose folder has one owner: rows of other nodes are of the dead. */
	sole: boolean;
}

/** Called with the entries of a change in their order, or with null when everything is to be forgotten. Must not throw. */
export type InvalidationListener = (entries: readonly SequencedInvalidation[] | null) => void;

/** One server process among those on the database: its lease, what it has applied, and the barrier that makes "revoked" true everywhere. */
export class Node {
	readonly lease: Lease;
	readonly #options: NodeOptions;
	readonly #recent = new RecentInvalidations();
	readonly #listeners: InvalidationListener[] = [];
	#id = newId("node");
	#appliedSeq = 0;
	#reading: Promise<void> | null = null;
	#readingNext: Promise<void> | null = null;
	#loops: Loop[] = [];
	#stopListening: (() => Promise<void>) | null = null;

	constructor(options: NodeOptions) {
		this.#options = options;
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

	/** Registers, listens and takes the first lease; rejects when the database cannot be reached. */
	async start(): Promise<void> {
		const { log, lease_seconds, database } = this.#options;
		await this.#register(this.#options.sole);
		this.#stopListening = await listenForChanges({ url: database.directUrl, log, onChange: (from) => this.#onPush(from) });
		await this.#renew();
		this.#loops = [
			startLoop({ name: "lease_renewal", every_ms: (lease_seconds * 1000) / RENEWALS_PER_LEASE, log, run: () => this.#renew() }),
			startLoop({ name: "invalidation_sweep", every_ms: SWEEP_EVERY_MS, log, run: () => this.#record((tx) => sweepInvalidations(tx, INVALIDATIONS_KEPT_SECONDS)) }),
		];
	}

	/** Gives up the lease and leaves the list, so that no change waits for this node. */
	async stop(): Promise<void> {
		await Promise.all(this.#loops.map((loop) => loop.stop()));
		this.lease.end();
		await this.#stopListening?.();
		await this.#record((tx) => deleteNode(tx, this.#id)).catch((error: unknown) => this.#options.log.warn({ err: error }, "node_not_removed"));
	}

	/** Returns once every node that may still answer has applied `seq`, or can no longer answer because its lease ran out. */
	async settle(seq: number): Promise<void> {
		while (this.#appliedSeq < seq) await this.catchUp();
		const { clock, lease_seconds, database } = this.#options;
		const patience_ms = lease_seconds * CLOCK_MARGIN * 1000;
		const deadline = clock.monotonic() + patience_ms;
		for (let round = 0; ; round += 1) {
			const waiting = await inTransaction(database, ALL_TENANTS, (tx) => unconfirmedNodes(tx, this.#id, seq));
			if (waiting.length === 0) return;
			if (round === 0) await this.#record((tx) => fenceSilentNodes(tx, this.#id, lease_seconds * CLOCK_MARGIN));
			if (clock.monotonic() >= deadline) {
				await this.#record((tx) => fenceNodes(tx, waiting));
				this.#options.log.warn({ nodes: waiting }, "silent_nodes_fenced");
				return;
			}
			await sleep(CONFIRMATION_POLL_MS);
		}
	}

	/** Reads and applies what was committed before this call. A reading already under way may be older, so it is followed by another. */
	catchUp(): Promise<void> {
		if (!this.#reading) {
			this.#reading = this.#readAndApply().finally(() => {
				this.#reading = null;
			});
			return this.#reading;
		}
		this.#readingNext ??= this.#reading
			.catch(() => undefined)
			.then(() => {
				this.#readingNext = null;
				return this.catchUp();
			});
		return this.#readingNext;
	}

	async #readAndApply(): Promise<void> {
		const { current_seq, entries } = await inTransaction(this.#options.database, ALL_TENANTS, (tx) => readInvalidations(tx, this.#appliedSeq));
		const fresh = entries.filter((entry) => entry.seq > this.#appliedSeq);
		for (const entry of fresh) this.#recent.add(entry);
		if (fresh.length > 0) for (const listener of this.#listeners) listener(fresh);
		this.#appliedSeq = Math.max(this.#appliedSeq, current_seq);
	}

	async #renew(): Promise<void> {
		const { clock, lease_seconds } = this.#options;
		const from = { monotonic: clock.monotonic(), now: clock.now() };
		await this.catchUp();
		if (await this.#record((tx) => renewNode(tx, this.#id, this.#appliedSeq))) {
			this.lease.grant(from, lease_seconds);
			return;
		}
		this.#options.log.warn({ node_id: this.#id }, "node_was_fenced");
		await this.#register(false);
	}

	async #register(sole: boolean): Promise<void> {
		this.lease.end();
		this.#id = newId("node");
		const seq = await this.#record((tx) => insertNode(tx, { id: this.#id, version: this.#options.version, sole }));
		this.#appliedSeq = seq;
		this.#recent.reset(seq);
		for (const listener of this.#listeners) listener(null);
	}

	async #onPush(from_node: string | null): Promise<void> {
		if (from_node === this.#id) return;
		await this.#renew();
	}

	#record<T>(run: (tx: RecordTx) => Promise<T>): Promise<T> {
		return inTransaction(this.#options.database, ALL_TENANTS, (tx) => run(asRecord(tx)));
	}
}
