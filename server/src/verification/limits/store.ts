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

async function addToQuotas(tx: RecordTx, changes: readonly Block[]): Promise<void> {
	if (changes.length === 0) return;
	await sql`
		update keywright.quota_periods as kept set leased = greatest(0, leased + units)
		from unnest(
			${changes.map(({ allowance }) => allowance.tenant_id)}::text[], ${changes.map(({ start }) => start)}::date[],
			${changes.map(({ units }) => units)}::bigint[]
		) as asked (tenant_id, month, units)
		where kept.tenant_id = asked.tenant_id and kept.month = asked.month
	`.execute(tx);
}

/** Locks the rows of budgets until commit. Returns what nodes have leased, by the id of the period; nothing of periods without a row. */
async function lockBudgets(tx: RecordTx, periods: readonly Period[]): Promise<Map<string, number>> {
	if (periods.length === 0) return new Map();
	const { rows } = await sql<LeasedRow>`
		select ${BUDGET_ID} as id, leased
		from keywright.budget_periods as kept join ${toRows(periods)} using (tenant_id, key_id, name, per, start)
		order by ${LOCK_ORDER} for update of kept
	`.execute(tx);
	return toMap(rows);
}

/** Makes rows with what is leased first. Returns the ids of the periods: neither of deleted keys, nor where another node has made the row meanwhile. */
async function addBudgets(tx: RecordTx, first: readonly Block[]): Promise<Set<string>> {
	if (first.length === 0) return new Set();
	const { rows } = await sql<{ id: string }>`
		insert into keywright.budget_periods as kept (tenant_id, key_id, name, per, start, leased, amount)
		select tenant_id, key_id, name, per, start, units, amount from ${toRows(first)}
		where exists (select from keywright.keys where keys.tenant_id = asked.tenant_id and keys.id = asked.key_id)
		order by ${LOCK_ORDER}
		on conflict (tenant_id, key_id, name, per, start) do nothing
		returning ${BUDGET_ID} as id
	`.execute(tx);
	return new Set(rows.map(({ id }) => id));
}

/** Adds units, which may be negative, to what nodes have leased of locked budgets. A lease also keeps the amount under which it was made. */
async function addToBudgets(tx: RecordTx, changes: readonly Block[]): Promise<void> {
	if (changes.length === 0) return;
	// A raised total is the only way in which it refills, so its thresholds are announced anew. What is refused writes nothing.
	await sql`
		update keywright.budget_periods as kept set leased = greatest(0, leased + units),
			amount = case when units < 0 then kept.amount else asked.amount end,
			told_percent = case when kept.per = 'total' and units >= 0 and asked.amount > kept.amount then 0 else kept.told_percent end
		from ${toRows(changes)}
		where (kept.tenant_id, kept.key_id, kept.name, kept.per, kept.start) = (asked.tenant_id, asked.key_id, asked.name, asked.per, asked.start)
			and (units <> 0 or kept.amount <> asked.amount)
	`.execute(tx);
}

const isQuota = ({ allowance }: Period): boolean => allowance.budget === null;
const isBudget = (period: Period): boolean => !isQuota(period);

/** Locks the rows of the periods until commit. Returns what nodes have leased of each, by its id; nothing of budgets that no node has leased. */
async function lockPeriods(tx: RecordTx, periods: readonly Period[]): Promise<Map<string, number>> {
	const quotas = await lockQuotas(tx, periods.filter(isQuota));
	return new Map([...quotas, ...(await lockBudgets(tx, periods.filter(isBudget)))]);
}

/** Adds units to what nodes have leased of locked periods. */
async function addLeased(tx: RecordTx, changes: readonly Block[]): Promise<void> {
	await addToQuotas(tx, changes.filter(isQuota));
	await addToBudgets(tx, changes.filter(isBudget));
}

function toLease({ allowance, sizeOf }: LeaseRequest, leased: number): Lease {
	const left = Math.max(0, allowance.amount - leased);
	const granted = Math.min(left, sizeOf(left));
	return { granted, left: left - granted };
}

/**
 * Leases of each period what its request wants, at most what is left. The periods are distinct. Null for a budget whose key is deleted, and for one
 * that another node leased first meanwhile: to lock that row now, after others, could make two nodes wait for each other.
 */
export async function leaseBlocks(tx: RecordTx, requests: readonly LeaseRequest[]): Promise<(Lease | null)[]> {
	const leased = await lockPeriods(tx, requests);
	const leases = requests.map((request) => ({ request, lease: toLease(request, leased.get(toId(request)) ?? 0) }));
	const blocks = leases.map(({ request: { allowance, start }, lease }) => ({ allowance, start, units: lease.granted }));
	const isLocked = (period: Period) => leased.has(toId(period));
	await addLeased(tx, blocks.filter(isLocked));
	const made = await addBudgets(
		tx,
		blocks.filter((block) => !isLocked(block)),
	);
	return leases.map(({ request, lease }) => (isLocked(request) || made.has(toId(request)) ? lease : null));
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
