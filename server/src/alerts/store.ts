import { sql } from "kysely";
import { LOCKS } from "../database/locks.ts";
import type { ReadTx, RecordTx, Tx } from "../database/transaction.ts";
import type { Window } from "../http/input/cursor.ts";
import { NEWS_RULES } from "../outbox/news-store.ts";
import type { Acknowledger, Alert, AlertStatus, Fact, OpenAlert } from "./alert.ts";
import { RULE_NAMES, type RuleName } from "./rule.ts";

const OPEN_COLUMNS = [
	...(["tenant_id", "id", "rule", "subject", "key_id", "status", "evidence", "count", "raised_at", "last_at", "quiet_seconds"] as const),
	...(["reminded_at", "due_at"] as const),
];
const COLUMNS = [...OPEN_COLUMNS, "acknowledged_at", "acknowledged_by", "resolved_at"] as const;

/** Guarantee: the columns were written by this store, from values of these types. */
function asAlert<R extends object>(row: R): R & Pick<Alert, "rule" | "status" | "evidence" | "acknowledged_by"> {
	return row as R & Pick<Alert, "rule" | "status" | "evidence" | "acknowledged_by">;
}

/** Takes the lock of the evaluation until commit: one node evaluates at a time. */
export async function lockEvaluation(tx: RecordTx): Promise<void> {
	await sql`select pg_advisory_xact_lock(${LOCKS.alerts})`.execute(tx);
}

/** Now, by the database's clock. */
export async function readTime(tx: ReadTx): Promise<Date> {
	const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(tx);
	const [row] = rows;
	if (!row) throw new Error("a query without a table returned no row");
	return row.now;
}

/** What there is to evaluate. */
interface Due {
	/** The rules that have news. */
	readonly news: readonly string[];
	/** Whether an alert of one of the asked rules is due. */
	readonly alerts: boolean;
}

/** One statement, because an idle node asks every second. `now`: null for the database's. */
export async function readDue(tx: ReadTx, { now, rules }: { now: Date | null; rules: readonly RuleName[] }): Promise<Due> {
	const { rows } = await sql<Due>`
		select array(
			select rule from unnest(${NEWS_RULES}::text[]) as r (rule) where exists (select from keywright.alert_news as n where n.rule = r.rule)
		) as news,
		exists (
			select from keywright.alerts where due_at <= coalesce(${now}::timestamptz, clock_timestamp()) and rule = any(${rules}::text[])
		) as alerts
	`.execute(tx);
	return rows[0] ?? { news: [], alerts: false };
}

/**
 * Locks the alerts that are not resolved and that are due and of one of `due.rules`, or that are of one of these tenants and rules, or of one of
 * `rules` in any tenant.
 */
export async function lockOpenAlerts(
	tx: RecordTx,
	wanted: {
		readonly now: Date;
		readonly groups: readonly { tenant_id: string; rule: string }[];
		readonly rules: readonly RuleName[];
		readonly due: { readonly rules: readonly RuleName[]; readonly rows_max: number };
	},
): Promise<OpenAlert[]> {
	const { rows } = await sql<OpenAlert>`
		select ${sql.join(OPEN_COLUMNS.map((name) => sql.ref(name)))} from keywright.alerts
		where status <> 'resolved' and rule = any(${RULE_NAMES}::text[]) and (
			(tenant_id, rule) in (select * from unnest(${wanted.groups.map(({ tenant_id }) => tenant_id)}::text[], ${wanted.groups.map(({ rule }) => rule)}::text[]))
			or rule = any(${wanted.rules}::text[])
			or id = any(array(
				select id from keywright.alerts where due_at <= ${wanted.now} and rule = any(${wanted.due.rules}::text[]) order by due_at limit ${wanted.due.rows_max}
			))
		)
		order by tenant_id, id for no key update
	`.execute(tx);
	return rows.map(asAlert);
}

/** Those of `facts` whose subject had an alert that was resolved after `since`. */
export async function readResolvedSubjects(tx: ReadTx, facts: readonly Fact[], since: Date): Promise<ReadonlySet<string>> {
	if (facts.length === 0) return new Set();
	const { rows } = await sql<{ name: string }>`
		select distinct tenant_id || ' ' || rule || ' ' || subject as name from keywright.alerts
		where status = 'resolved' and resolved_at > ${since} and (tenant_id, rule, subject) in (
			select * from unnest(${facts.map((fact) => fact.tenant_id)}::text[], ${facts.map((fact) => fact.rule)}::text[], ${facts.map((fact) => fact.subject)}::text[])
		)
	`.execute(tx);
	return new Set(rows.map(({ name }) => name));
}

export function resolvedName({ tenant_id, rule, subject }: Fact): string {
	return `${tenant_id} ${rule} ${subject}`;
}

/** Locks the tenants that exist, so that none is erased meanwhile; returns their ids. */
export async function lockTenants(tx: RecordTx, tenant_ids: readonly string[]): Promise<ReadonlySet<string>> {
	if (tenant_ids.length === 0) return new Set();
	const rows = await tx
		.selectFrom("tenants")
		.select("id")
		.where("id", "in", tenant_ids)
		.where("erased_at", "is", null)
		.orderBy("id")
		.forShare()
		.execute();
	return new Set(rows.map(({ id }) => id));
}

/** An alert that is raised now. */
export type NewAlert = Pick<
	OpenAlert,
	"tenant_id" | "id" | "rule" | "subject" | "key_id" | "count" | "evidence" | "raised_at" | "quiet_seconds" | "due_at"
>;

export async function insertAlerts(tx: RecordTx, alerts: readonly NewAlert[]): Promise<void> {
	if (alerts.length === 0) return;
	await sql`
		insert into keywright.alerts (tenant_id, id, rule, subject, key_id, count, evidence, raised_at, last_at, quiet_seconds, due_at)
		select tenant_id, id, rule, subject, key_id, count, evidence, raised_at, raised_at, quiet_seconds, due_at
		from jsonb_to_recordset(${JSON.stringify(alerts)}::jsonb) as fresh (
			tenant_id text, id text, rule text, subject text, key_id text, count bigint, evidence jsonb, raised_at timestamptz, quiet_seconds integer,
			due_at timestamptz
		)
	`.execute(tx);
}

/** What the evaluation changes of an alert that it has locked. */
export type ChangedAlert = OpenAlert & Pick<Alert, "resolved_at">;

export async function updateAlerts(tx: RecordTx, alerts: readonly ChangedAlert[]): Promise<void> {
	if (alerts.length === 0) return;
	await sql`
		update keywright.alerts as kept set status = changed.status, count = changed.count, evidence = changed.evidence, last_at = changed.last_at,
			reminded_at = changed.reminded_at, due_at = changed.due_at, resolved_at = changed.resolved_at
		from jsonb_to_recordset(${JSON.stringify(alerts)}::jsonb) as changed (
			tenant_id text, id text, status text, count bigint, evidence jsonb, last_at timestamptz, reminded_at timestamptz, due_at timestamptz,
			resolved_at timestamptz
		)
		where kept.tenant_id = changed.tenant_id and kept.id = changed.id
	`.execute(tx);
}

/** Locks one alert. Null if there is none. */
export async function lockAlert(tx: Tx, { tenant_id, id }: Pick<Alert, "tenant_id" | "id">): Promise<Alert | null> {
	const query = tx.selectFrom("alerts").select(COLUMNS).where("tenant_id", "=", tenant_id).where("id", "=", id).where("rule", "in", RULE_NAMES);
	const row = await query.forUpdate().executeTakeFirst();
	return row ? asAlert(row) : null;
}

export async function storeAcknowledgement(
	tx: Tx,
	{ tenant_id, id }: Pick<Alert, "tenant_id" | "id">,
	by: { now: Date; who: Acknowledger; due_at: Date | null },
): Promise<void> {
	await tx
		.updateTable("alerts")
		.set({ status: "acknowledged", acknowledged_at: by.now, acknowledged_by: JSON.stringify(by.who), due_at: by.due_at })
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", id)
		.execute();
}

export interface AlertFilter {
	readonly status?: AlertStatus | "open" | undefined;
	readonly rule?: RuleName | undefined;
	readonly key_id?: string | undefined;
}

/** During an upgrade, alerts of a later version's rules are unknown here and left out. */
function matching(tx: ReadTx, tenant_id: string, filter: AlertFilter) {
	let query = tx.selectFrom("alerts").where("tenant_id", "=", tenant_id).where("rule", "in", RULE_NAMES);
	if (filter.status === "open") query = query.where("status", "<>", "resolved");
	else if (filter.status !== undefined) query = query.where("status", "=", filter.status);
	if (filter.rule !== undefined) query = query.where("rule", "=", filter.rule);
	if (filter.key_id !== undefined) query = query.where("key_id", "=", filter.key_id);
	return query;
}

/** A page of the alerts of a tenant, newest first. */
export async function readAlerts(tx: ReadTx, tenant_id: string, filter: AlertFilter, window: Window): Promise<Alert[]> {
	let query = matching(tx, tenant_id, filter).select(COLUMNS);
	const [at, id] = window.after ?? [];
	if (at !== undefined && id !== undefined) query = query.where(sql<boolean>`(raised_at, id) < (${at}::timestamptz, ${id})`);
	const rows = await query.orderBy("raised_at", "desc").orderBy("id", "desc").limit(window.rows_max).execute();
	return rows.map(asAlert);
}

/** How many alerts of the tenant match. */
export async function countAlerts(tx: ReadTx, tenant_id: string, filter: AlertFilter): Promise<number> {
	const { total } = await matching(tx, tenant_id, filter).select(sql<number>`count(*)::int`.as("total")).executeTakeFirstOrThrow();
	return total;
}

/** Null if there is none. */
export async function readAlert(tx: ReadTx, { tenant_id, id }: Pick<Alert, "tenant_id" | "id">): Promise<Alert | null> {
	const row = await tx
		.selectFrom("alerts")
		.select(COLUMNS)
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", id)
		.where("rule", "in", RULE_NAMES)
		.executeTakeFirst();
	return row ? asAlert(row) : null;
}

/** Deletes up to `rows_max` alerts that were resolved before `before`; returns their number. */
export async function deleteOldAlerts(tx: RecordTx, before: Date, rows_max: number): Promise<number> {
	const { numAffectedRows = 0n } = await sql`
		delete from keywright.alerts where ctid = any (array(
			select ctid from keywright.alerts where status = 'resolved' and resolved_at < ${before} limit ${rows_max}
		))`.execute(tx);
	return Number(numAffectedRows);
}
