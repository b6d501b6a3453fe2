import { sql } from "kysely";
import type { ReadTx } from "../database/transaction.ts";
import type { Environment } from "../keys/secrets/format.ts";
import type { ExposedFacts, KeyFacts, SiteFacts } from "./facts.ts";

/** What tells that a secret is where it must not be. Other exposures are of the way by which it was sent. */
const OUTSIDE = ["browser", "app", "reported"];

/** Which keys to read: all live ones of the tenant, or one. */
export interface KeysWanted {
	readonly tenant_id: string;
	/** Null: all. */
	readonly key_id: string | null;
	readonly now: Date;
	/** What happened before does not count. */
	readonly since: Date;
}

type KeyRow = Omit<KeyFacts, "sources" | "uses" | "overflowed" | "checks" | "environment" | "exposed"> & {
	readonly environment: string;
	readonly kind: string | null;
} & { readonly [Fact in keyof Omit<ExposedFacts, "kind">]: ExposedFacts[Fact] | null };

/** Guarantee: the column has a check constraint with exactly these values. */
function asEnvironment(environment: string): Environment {
	return environment as Environment;
}

function exposedIn({ kind, requests, first_at, last_at }: KeyRow): ExposedFacts | null {
	return kind === null || requests === null || first_at === null || last_at === null ? null : { kind, requests, first_at, last_at };
}

/** Everything about the keys except what requests did: canary keys and ended ones are left out. Ordered by id. */
export async function readKeyFacts(tx: ReadTx, { tenant_id, key_id, now, since }: KeysWanted): Promise<KeyFacts[]> {
	const ofKeys = (column: string) => (key_id === null ? sql`` : sql`and ${sql.ref(column)} = ${key_id}`);
	const { rows } = await sql<KeyRow>`
		with live as materialized (
			select id, name, environment, owner ->> 'name' as responsible, owner ->> 'member_id' as member_id, permissions, site_ids, allowed_ips,
				rotate_every_days, rotation_due_at, expires_at, paused_at, created_at
			from keywright.keys
			where tenant_id = ${tenant_id} and not canary and revoked_at is null and (expires_at is null or expires_at > ${now}) ${ofKeys("keys.id")}
		), of_secrets as (
			select s.key_id, max(a.last_used_at) as last_used_at,
				array_agg(distinct s.kept_in) filter (where s.kept_in is not null and s.retired_at is null and (s.retires_at is null or s.retires_at > ${now})) as stored_in
			from keywright.secrets as s left join keywright.secret_activity as a on a.kid = s.kid
			where s.tenant_id = ${tenant_id} ${ofKeys("s.key_id")} group by s.key_id
		), outside as (
			select e.key_id, (array_agg(e.kind order by e.last_at desc, e.kind))[1] as kind, sum(e.requests)::bigint as requests,
				min(e.first_at) as first_at, max(e.last_at) as last_at
			from keywright.key_exposures as e join keywright.secrets as s on s.kid = e.kid
			where e.tenant_id = ${tenant_id} ${ofKeys("e.key_id")} and e.kind = any(${OUTSIDE}::text[]) and e.last_at >= ${since}
				and s.retired_at is null and (s.retires_at is null or s.retires_at > ${now})
			group by e.key_id
		), rotated as (
			select distinct on (r.key_id) r.key_id, r.ended_at as rotated_at, r.rotation_due_at_before as rotated_due_at
			from keywright.rotations as r
			where r.tenant_id = ${tenant_id} ${ofKeys("r.key_id")} and r.state = 'completed' order by r.key_id, r.ended_at desc
		)
		select live.id as key_id, live.name, live.environment, live.responsible, live.member_id, m.id is not null as is_member, live.permissions,
			live.site_ids, live.allowed_ips, live.rotate_every_days, live.rotation_due_at, live.expires_at, live.paused_at, live.created_at,
			of_secrets.last_used_at, coalesce(of_secrets.stored_in, '{}') as stored_in, activity.last_check_at,
			outside.kind, outside.requests, outside.first_at, outside.last_at, rotated.rotated_at, rotated.rotated_due_at
		from live
		left join of_secrets on of_secrets.key_id = live.id
		left join outside on outside.key_id = live.id
		left join rotated on rotated.key_id = live.id
		left join keywright.key_activity as activity on activity.tenant_id = ${tenant_id} and activity.key_id = live.id
		left join keywright.members as m on m.tenant_id = ${tenant_id} and m.id = live.member_id
		order by live.id
	`.execute(tx);
	return rows.map((row) => {
		const { kind: _kind, requests: _requests, first_at: _first, last_at: _last, environment, ...facts } = row;
		const none = { sources: [], uses: [], overflowed: false, checks: null };
		return { ...facts, ...none, environment: asEnvironment(environment), exposed: exposedIn(row) };
	});
}

export async function readSiteFacts(tx: ReadTx, tenant_id: string): Promise<SiteFacts[]> {
	return tx.selectFrom("sites").select(["id", "name", "environment"]).where("tenant_id", "=", tenant_id).orderBy("id").execute();
}

/** The webhooks of the tenant that are sent alerts. */
export async function countAlertWebhooks(tx: ReadTx, tenant_id: string): Promise<number> {
	const { rows } = await sql<{ webhooks: number }>`
		select count(*)::int as webhooks from keywright.webhooks
		where tenant_id = ${tenant_id} and status = 'active' and (events is null or 'alert.raised' = any(events))
	`.execute(tx);
	return rows[0]?.webhooks ?? 0;
}

/** The alert that a person acknowledged last. Null: none. */
export async function readLatestAcknowledgement(tx: ReadTx, tenant_id: string): Promise<{ acknowledged_at: Date; name: string | null } | null> {
	const { rows } = await sql<{ acknowledged_at: Date; name: string | null }>`
		select acknowledged_at, acknowledged_by ->> 'name' as name from keywright.alerts
		where tenant_id = ${tenant_id} and acknowledged_at is not null order by acknowledged_at desc limit 1
	`.execute(tx);
	return rows[0] ?? null;
}
