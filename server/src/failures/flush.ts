import { record } from "../audit/record.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { DAY_MS } from "../core/time.ts";
import type { Database } from "../database/database.ts";
import type { RecordTx } from "../database/transaction.ts";
import { countNodes } from "../nodes/store.ts";
import { isRejection } from "../usage/flush.ts";
import { addUnprovenRefusals } from "../usage/refusals/store.ts";
import type { KeptRefusal, RefusalBatch, RefusalRecorder } from "./recorder.ts";
import {
	deleteOldFailures,
	deleteSurplusOfGroups,
	deleteSurplusOfTenants,
	deleteSurplusOfUnknown,
	type FailureRow,
	insertFailures,
	insertUnknownFailures,
	lockFailures,
	readKeysOfKids,
	type TenantFailureRow,
} from "./store.ts";
import { Surplus } from "./surplus.ts";

const KEPT_DAYS = 30;
const UNPROVEN_KEPT_DAYS = 7;
const ROWS_MAX = 10_000;
/** Of all nodes together. With what nodes leave that stop, a tenant, or the refusals of no tenant, then has at most 10,000 rows. */
const SURPLUS_OF_TENANT_MAX = 500;
/** Beyond the latest 100 of a key and code. */
const SURPLUS_OF_GROUP_MAX = 25;
/** Names the refusals of no tenant. No tenant has this id. */
const UNKNOWN = "";

function toRow({ request_id, at_ms, code, check, operation, source, facts, detail }: KeptRefusal): FailureRow {
	const { id: source_id, network, agent, client } = source;
	return { request_id, at: new Date(at_ms).toISOString(), code, check_name: check, operation, source_id, network, agent, client, facts, detail };
}

/** Writes what the recorder has collected, on each `run`. */
export class RefusalFlusher {
	readonly #database: Database;
	readonly #log: Log;
	readonly #recorder: RefusalRecorder;
	readonly #groups = new Surplus(SURPLUS_OF_GROUP_MAX);
	readonly #tenants = new Surplus(SURPLUS_OF_TENANT_MAX);
	/** Taken from the recorder but not committed; written again. */
	#pending: RefusalBatch | null = null;

	constructor(options: { database: Database; log: Log; recorder: RefusalRecorder }) {
		this.#database = options.database;
		this.#log = options.log;
		this.#recorder = options.recorder;
	}

	/** Rejects when the database is unavailable; the refusals are then written by the next run. */
	async run(): Promise<void> {
		this.#pending ??= this.#recorder.take();
		if (this.#pending === null) return;
		await this.#write(this.#pending).catch((error: unknown) => {
			// Values that PostgreSQL rejects would hold up all later ones.
			if (!isRejection(error)) throw error;
			this.#log.error({ err: error, refusals: this.#pending?.refusals.length ?? 0 }, "auth_failures_given_up");
		});
		this.#pending = null;
	}

	/** The last run. Refusals that cannot be written are lost and logged. */
	async stop(): Promise<void> {
		await this.run().catch((error: unknown) => this.#log.warn({ err: error }, "auth_failures_lost_at_stop"));
	}

	async #write({ refusals, counts }: RefusalBatch): Promise<void> {
		const deleted = await record({ database: this.#database }, async (tx) => {
			await lockFailures(tx);
			const kids = new Set([...refusals, ...counts].flatMap(({ kid }) => kid ?? []));
			const keys = await readKeysOfKids(tx, [...kids]);
			const keyOf = (kid: string | null) => (kid === null ? undefined : keys.get(kid));
			const rows = refusals.flatMap((refusal) => {
				const key = keyOf(refusal.kid);
				return key === undefined ? [] : [{ ...toRow(refusal), ...key, kid: refusal.kid ?? "", proven: refusal.proven, sampled: refusal.sampled }];
			});
			await insertFailures(tx, rows);
			await addUnprovenRefusals(
				tx,
				counts.flatMap((count) => {
					const key = keyOf(count.kid);
					return key === undefined ? [] : [{ ...count, ...key }];
				}),
			);
			const unknown = refusals.filter(({ kid, proven }) => !proven && keyOf(kid) === undefined);
			await insertUnknownFailures(
				tx,
				unknown.map((refusal) => ({ ...toRow(refusal), kid: refusal.kid, address: refusal.address, requests: refusal.requests })),
			);
			return this.#deleteSurplus(tx, rows, unknown.length);
		});
		this.#groups.setDeleted(deleted.groups);
		this.#tenants.setDeleted(deleted.tenants);
	}

	/** Deletes what is too many where enough was written. Returns the names, whose counts begin anew once the transaction is committed. */
	async #deleteSurplus(tx: RecordTx, rows: readonly TenantFailureRow[], unknown: number) {
		const nameOf = ({ tenant_id, key_id, code }: TenantFailureRow) => `${tenant_id} ${key_id} ${code}`;
		const nodes = await countNodes(tx);
		const groups = this.#groups.count(rows.map(nameOf), nodes);
		const tenants = this.#tenants.count([...rows.map(({ tenant_id }) => tenant_id), ...Array<string>(unknown).fill(UNKNOWN)], nodes);
		const byName = new Map(rows.map((row) => [nameOf(row), row]));
		await deleteSurplusOfGroups(
			tx,
			[...groups].flatMap((name) => byName.get(name) ?? []),
		);
		await deleteSurplusOfTenants(
			tx,
			[...tenants].filter((tenant_id) => tenant_id !== UNKNOWN),
		);
		if (tenants.has(UNKNOWN)) await deleteSurplusOfUnknown(tx);
		return { groups, tenants };
	}
}

/** Deletes refusals after 30 days, and those whose secret was wrong after 7. */
export async function sweepFailures(context: { readonly clock: Clock; readonly database: Database }): Promise<void> {
	const now = context.clock.now();
	const before = { proven: new Date(now - KEPT_DAYS * DAY_MS), unproven: new Date(now - UNPROVEN_KEPT_DAYS * DAY_MS) };
	for (let deleted = ROWS_MAX; deleted >= ROWS_MAX; ) deleted = await record(context, (tx) => deleteOldFailures(tx, before, ROWS_MAX));
}
