import { sql } from "kysely";
import type { ReadTx, RecordTx } from "../../database/transaction.ts";
import type { Allowance } from "./allowance.ts";

/** A period of an allowance, by its first day. */
export interface Period {
	readonly allowance: Allowance;
	readonly start: string;
}

/** Units of a period, which may be negative. */
export interface Block extends Period {
	readonly units: number;
}

/** What to lease of a period: `sizeOf(left)` units. */
export interface LeaseRequest extends Period {
	sizeOf(left: number): number;
}

/** What was leased of a period, and what no node has leased then. */
export interface Lease {
	readonly granted: number;
	readonly left: number;
}

/** The periods of budgets as rows of `asked`. */
function toRows(periods: readonly (Period & Partial<Block>)[]) {
	const of = <V>(read: (period: Period & Partial<Block>) => V): V[] => periods.map(read);
	return sql`unnest(
		${of(({ allowance }) => allowance.tenant_id)}::text[], ${of(({ allowance }) => allowance.budget?.key_id)}::text[],
		${of(({ allowance }) => allowance.budget?.name)}::text[], ${of(({ allowance }) => allowance.per)}::text[], ${of(({ start }) => start)}::date[],
		${of(({ allowance }) => allowance.amount)}::bigint[], ${of(({ units }) => units ?? 0)}::bigint[]
	) as asked (tenant_id, key_id, name, per, start, amount, units)`;
}

/** The order in which nodes lock periods, so that no two wait for each other. */
const LOCK_ORDER = sql`tenant_id collate "C", key_id collate "C", name collate "C", per collate "C", start`;

/** As `toId` makes it. */
const BUDGET_ID = sql<string>`tenant_id || ' ' || key_id || ' ' || per || start::text || name`;

function toId({ allowance: { tenant_id, per, budget }, start }: Period): string {
	return budget === null ? tenant_id + start : `${tenant_id} ${budget.key_id} ${per}${start}${budget.name}`;
}

interface LeasedRow {
	readonly id: string;
	readonly leased: number;
}

function toMap(rows: readonly LeasedRow[]): Map<string, number> {
	return new Map(rows.map(({ id, leased }) => [id, leased]));
}

/** Locks the rows of quotas until commit, and makes missing ones. Returns what nodes have leased, by tenant and month. */
async function lockQuotas(tx: RecordTx, periods: readonly Period[]): Promise<Map<string, number>> {
	if (periods.length === 0) return new Map();
	const { rows } = await sql<LeasedRow>`
		insert into keywright.quota_periods (tenant_id, month, leased)
		select tenant_id, month, 0
		from unnest(${periods.map(({ allowance }) => allowance.tenant_id)}::text[], ${periods.map(({ start }) => start)}::date[]) as asked (tenant_id, month)
		order by tenant_id collate "C", month
		on conflict (tenant_id, month) do update set leased = quota_periods.leased
		returning tenant_id || month::text as id, leased
	`.execute(tx);
	return toMap(rows);
}

/**
 * Locks the rows of budgets until commit, and makes missing ones, except of deleted keys. Returns what nodes have leased. Reads first: what is refused
 * writes nothing.
 */
async function lockBudgets(tx: RecordTx, periods: readonly Period[]): Promise<Map<string, number>> {
	if (periods.length === 0) return new Map();
	const { rows: known } = await sql<LeasedRow & { amount: number }>`
		select ${BUDGET_ID} as id, leased, kept.amount
		from keywright.budget_periods as kept join ${toRows(periods)} using (tenant_id, key_id, name, per, start)
		order by ${LOCK_ORDER} for update of kept
	`.execute(tx);
	const amounts = new Map(known.map(({ id, amount }) => [id, amount]));
	const others = periods.filter((period) => amounts.get(toId(period)) !== period.allowance.amount);
	if (others.length === 0) return toMap(known);
	// A raised total is the only way in which it refills, so its thresholds are announced anew.
	const { rows: made } = await sql<LeasedRow>`
		insert into keywright.budget_periods as kept (tenant_id, key_id, name, per, start, leased, amount)
		select tenant_id, key_id, name, per, start, 0, amount from ${toRows(others)}
		where exists (select from keywright.keys where keys.tenant_id = asked.tenant_id and keys.id = asked.key_id)
		order by ${LOCK_ORDER}
		on conflict (tenant_id, key_id, name, per, start) do update set amount = excluded.amount,
			told_percent = case when kept.per = 'total' and excluded.amount > kept.amount then 0 else kept.told_percent end
		returning ${BUDGET_ID} as id, leased
	`.execute(tx);
	return toMap([...known, ...made]);
}

const isQuota = ({ allowance }: Period): boolean => allowance.budget === null;

/** Locks the rows of the periods until commit. Returns what nodes have leased of each, by its id; a period of a deleted key has none. */
async function lockPeriods(tx: RecordTx, periods: readonly Period[]): Promise<Map<string, number>> {
	const quotas = await lockQuotas(tx, periods.filter(isQuota));
	const budgets = await lockBudgets(
		tx,
		periods.filter((period) => !isQuota(period)),
	);
	return new Map([...quotas, ...budgets]);
}

/** Adds units, which may be negative, to what nodes have leased of locked periods. */
async function addLeased(tx: RecordTx, changes: readonly Block[]): Promise<void> {
	const quotas = changes.filter(isQuota);
	if (quotas.length > 0)
		await sql`
			update keywright.quota_periods as kept set leased = greatest(0, leased + units)
			from unnest(
				${quotas.map(({ allowance }) => allowance.tenant_id)}::text[], ${quotas.map(({ start }) => start)}::date[],
				${quotas.map(({ units }) => units)}::bigint[]
			) as asked (tenant_id, month, units)
			where kept.tenant_id = asked.tenant_id and kept.month = asked.month
		`.execute(tx);
	const budgets = changes.filter((change) => !isQuota(change));
	if (budgets.length > 0)
		await sql`
			update keywright.budget_periods as kept set leased = greatest(0, leased + units)
			from ${toRows(budgets)}
			where (kept.tenant_id, kept.key_id, kept.name, kept.per, kept.start) = (asked.tenant_id, asked.key_id, asked.name, asked.per, asked.start)
		`.execute(tx);
}

/** Leases of each period what its request wants, at most what is left. The periods are distinct; a deleted key's have nothing left. */
export async function leaseBlocks(tx: RecordTx, requests: readonly LeaseRequest[]): Promise<Lease[]> {
	const leased = await lockPeriods(tx, requests);
	const leases = requests.map((request) => {
		const of_period = leased.get(toId(request));
		const left = of_period === undefined ? 0 : Math.max(0, request.allowance.amount - of_period);
		const granted = Math.min(left, request.sizeOf(left));
		return { granted, left: left - granted };
	});
	const changes = requests.map(({ allowance, start }, index) => ({ allowance, start, units: leases[index]?.granted ?? 0 }));
	await addLeased(
		tx,
		changes.filter(({ units }) => units > 0),
	);
	return leases;
}

/** Returns leased units that a node has not spent. The periods are distinct. */
export async function returnBlocks(tx: RecordTx, blocks: readonly Block[]): Promise<void> {
	await lockPeriods(tx, blocks);
	await addLeased(
		tx,
		blocks.map(({ units, ...period }) => ({ ...period, units: -units })),
	);
}

export async function readLeasedQuota(tx: ReadTx, tenant_id: string, month: string): Promise<number> {
	const row = await tx.selectFrom("quota_periods").select("leased").where("tenant_id", "=", tenant_id).where("month", "=", month).executeTakeFirst();
	return row?.leased ?? 0;
}

/** What nodes have leased of a budget's period. */
export interface BudgetLease {
	readonly name: string;
	readonly per: string;
	/** The first day of the period. */
	readonly start: string;
	readonly leased: number;
}

/** What is leased of a key's budgets, in the periods that begin on one of `starts`. */
export async function readLeasedBudgets(tx: ReadTx, tenant_id: string, key_id: string, starts: readonly string[]): Promise<BudgetLease[]> {
	return tx
		.selectFrom("budget_periods")
		.select(["name", "per", "leased", sql<string>`start::text`.as("start")])
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "=", key_id)
		.where("start", "=", sql<string>`any(${starts}::date[])`)
		.execute();
}
