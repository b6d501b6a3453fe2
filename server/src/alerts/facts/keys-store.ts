import { sql } from "kysely";
import { DAY_MS } from "../../core/time.ts";
import type { ReadTx } from "../../database/transaction.ts";
import type { Fact } from "../alert.ts";
import type { RuleName } from "../rule.ts";

interface Row {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly name: string;
	readonly environment: string;
	readonly responsible: string | null;
	/** Null: never. */
	readonly at: Date | null;
}

/** A fact about the state of a key, which is one occurrence however long it lasts. */
function toFact(rule: RuleName, { tenant_id, key_id, name, environment, responsible, at }: Row, value: number, time: string): Fact {
	const evidence = { name, environment, responsible, [time]: at?.toISOString() ?? null };
	return { tenant_id, rule, subject: key_id, key_id, value, count: 1, evidence };
}

const daysUntil = (at: Date, now: Date): number => Math.ceil((at.getTime() - now.getTime()) / DAY_MS);
const daysSince = (at: Date, now: Date): number => Math.floor((now.getTime() - at.getTime()) / DAY_MS);

/** Keys that expire within `days`; the value is the days left. By the index `keys_expiring`. */
export async function readExpiring(tx: ReadTx, now: Date, days: number): Promise<Fact[]> {
	const { rows } = await sql<Row & { at: Date }>`
		select tenant_id, id as key_id, name, environment, owner ->> 'name' as responsible, expires_at as at from keywright.keys
		where not canary and revoked_at is null and expires_at is not null and expires_at > ${now} and expires_at <= ${new Date(now.getTime() + days * DAY_MS)}
		order by expires_at, id
	`.execute(tx);
	return rows.map((row) => toFact("key_expiring", row, daysUntil(row.at, now), "expires_at"));
}

/** How long the schedule, or the program itself, has to begin before a key counts as overdue. */
const SCHEDULE_MINUTES = 60;
const SELF_MINUTES = 24 * 60;

/**
 * Keys whose rotation is due within `days` or overdue, and not under way; the value is the days left. By the index `keys_rotation_due`. A key that is
 * replaced by schedule is one only if that failed, which `reason` says, or did not begin in time.
 */
export async function readRotationDue(tx: ReadTx, now: Date, days: number): Promise<Fact[]> {
	const { rows } = await sql<Row & { at: Date; reason: string | null }>`
		select k.tenant_id, k.id as key_id, k.name, k.environment, k.owner ->> 'name' as responsible, k.rotation_due_at as at, ended.reason
		from keywright.keys as k
		left join keywright.scheduled_rotations as s on s.tenant_id = k.tenant_id and s.key_id = k.id and k.auto_rotate = 'handover'
			and s.due_at = date_trunc('milliseconds', k.rotation_due_at)
		left join keywright.rotations as last on last.tenant_id = s.tenant_id and last.id = s.rotation_id and s.status = 'sent'
		cross join lateral (
			select case when s.status = 'failed' then s.reason when s.status = 'sending' and s.attempts > 0 then 'not_mailed' when last.ended_how = 'handover_over' then 'unclaimed'
				when last.state = 'cancelled' then 'cancelled' end as reason
		) as ended
		where not k.canary and k.revoked_at is null and k.rotation_due_at is not null and k.rotation_due_at <= ${new Date(now.getTime() + days * DAY_MS)}
			and (k.expires_at is null or k.expires_at > ${now})
			and (k.auto_rotate is null or ended.reason is not null or k.rotation_due_at <= ${now}::timestamptz - make_interval(mins =>
				case k.auto_rotate when 'self' then ${SELF_MINUTES}::integer else ${SCHEDULE_MINUTES}::integer end))
			-- A link that is mailed once more after a failure is no replacement under way yet.
			and (ended.reason = 'not_mailed' or not exists (
				select from keywright.rotations as r where r.tenant_id = k.tenant_id and r.key_id = k.id and r.state in ('waiting', 'open')
			))
		order by k.rotation_due_at, k.id
	`.execute(tx);
	return rows.map((row) => {
		const fact = toFact("rotation_due", row, daysUntil(row.at, now), "rotation_due_at");
		return row.reason === null ? fact : { ...fact, evidence: { ...fact.evidence, reason: row.reason } };
	});
}

/** Keys that were not used for `days`, or never since they were created; the value is the days. Paused keys are not used on purpose. */
export async function readUnused(tx: ReadTx, now: Date, days: number): Promise<Fact[]> {
	const before = new Date(now.getTime() - days * DAY_MS);
	const { rows } = await sql<Row & { created_at: Date }>`
		select k.tenant_id, k.id as key_id, k.name, k.environment, k.owner ->> 'name' as responsible, k.created_at, used.at
		from keywright.keys as k
		cross join lateral (
			select max(a.last_used_at) as at from keywright.secrets as s join keywright.secret_activity as a on a.kid = s.kid
			where s.tenant_id = k.tenant_id and s.key_id = k.id
		) as used
		where not k.canary and k.revoked_at is null and k.paused_at is null and (k.expires_at is null or k.expires_at > ${now})
			and k.created_at <= ${before} and coalesce(used.at <= ${before}, true)
		order by k.created_at, k.id
	`.execute(tx);
	return rows.map((row) => toFact("key_unused", row, daysSince(row.at ?? row.created_at, now), "last_used_at"));
}

/** Keys whose responsible member has left the tenant. */
export async function readResponsibleLeft(tx: ReadTx): Promise<Fact[]> {
	const { rows } = await sql<Row>`
		-- Materialized: under row-level security the id is looked up by an index only if it is a column.
		with responsible as materialized (
			select tenant_id, id as key_id, name, environment, owner ->> 'name' as responsible, owner ->> 'member_id' as member_id
			from keywright.keys where revoked_at is null and owner ? 'member_id'
		)
		select k.tenant_id, k.key_id, k.name, k.environment, k.responsible, null::timestamptz as at from responsible as k
		where not exists (select from keywright.members as m where m.tenant_id = k.tenant_id and m.id = k.member_id)
		order by k.key_id
	`.execute(tx);
	return rows.map(({ tenant_id, key_id, name, environment, responsible }) => ({
		...{ tenant_id, rule: "responsible_left", subject: key_id, key_id, value: 0, count: 1 },
		evidence: { name, environment, responsible },
	}));
}

/** The open alerts of exposed keys that are revoked or expired, or of which every exposed secret was replaced. */
export async function readReplacedExposed(tx: ReadTx, now: Date): Promise<string[]> {
	const { rows } = await sql<{ id: string }>`
		select a.id from keywright.alerts as a join keywright.keys as k on k.tenant_id = a.tenant_id and k.id = a.key_id
		where a.rule = 'key_exposed' and a.status <> 'resolved' and (k.revoked_at is not null or k.expires_at <= ${now} or not exists (
			select from keywright.key_exposures as e join keywright.secrets as s on s.kid = e.kid
			where e.tenant_id = k.tenant_id and e.key_id = k.id and s.retired_at is null and (s.retires_at is null or s.retires_at > ${now})
		))
	`.execute(tx);
	return rows.map(({ id }) => id);
}
