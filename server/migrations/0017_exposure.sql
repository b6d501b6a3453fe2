-- Keys that were seen where they must not be, and what happens to those that come from a browser or an app.

-- Null: the tenant's.
alter table keys add column client_policy text check (client_policy in ('observe', 'alert', 'block'));
-- Null: block for production keys that were made here, observe for all others.
alter table tenants alter column client_policy drop not null;
alter table tenants alter column client_policy drop default;
-- Keys that exist keep what they had.
update keys set client_policy = 'observe' from tenants t where t.id = keys.tenant_id and t.client_policy = 'observe';
update tenants set client_policy = null where client_policy = 'observe';

-- At most one row for each secret and kind, so that their number is bounded.
create table key_exposures (
	tenant_id text not null,
	key_id text not null,
	kid text not null references secrets (kid) on delete cascade,
	kind text not null check (kind in ('browser', 'app', 'url', 'body', 'cookie', 'authorization', 'plain_http', 'reported')),
	first_at timestamptz not null,
	last_at timestamptz not null,
	requests bigint not null,
	-- of the latest request; null if it has none
	source_id text,
	primary key (kid, kind),
	foreign key (tenant_id, key_id) references keys (tenant_id, id) on delete cascade
);
create index key_exposures_key on key_exposures (tenant_id, key_id);
grant select, insert, update, delete on key_exposures to keywright_app;
alter table key_exposures enable row level security;
alter table key_exposures force row level security;
create policy by_tenant on key_exposures to keywright_app using ((select current_setting('keywright.scope', true)) in (tenant_id, '*'));

drop function grants_of(text[]);
create function grants_of(wanted text[]) returns table (
	snapshot_seq bigint, wanted_kid text, kid text, mac bytea, mac_version smallint, pepper_id text, last4 text,
	retires_at timestamptz, retired_at timestamptz, first_use_recorded boolean,
	key_id text, key_name text, environment text, permissions text[], site_ids text[], allowed_ips text[], key_rate_limits jsonb,
	expires_at timestamptz, paused_at timestamptz, revoked_at timestamptz, rotation_due_at timestamptz,
	tenant_id text, tenant_name text, tenant_status text, tenant_limits jsonb, tenant_erased_at timestamptz, client_policy text, strict_clients boolean,
	plan_id text, plan_name text, plan_capabilities text[], plan_rate_limits jsonb, plan_quota bigint, plan_limits jsonb,
	catalogue jsonb, rotation_id text, rotation_predecessor_kid text, rotation_ends_at timestamptz
) language sql stable security definer set search_path = keywright, pg_temp as $$
	select (select seq from change_sequence), w.kid, s.kid, s.mac, s.mac_version, s.pepper_id, s.last4,
		s.retires_at, s.retired_at, used.kid is not null,
		k.id, k.name, k.environment, k.permissions, k.site_ids, k.allowed_ips, k.rate_limits,
		k.expires_at, k.paused_at, k.revoked_at, k.rotation_due_at,
		t.id, t.name, t.status, t.limits, t.erased_at,
		coalesce(k.client_policy, t.client_policy, case
			when k.environment <> 'prod' then 'observe'
			when exists (select from secrets i where i.tenant_id = k.tenant_id and i.key_id = k.id and i.lookup is not null) then 'observe'
			else 'block'
		end),
		coalesce(k.client_policy, t.client_policy) in ('alert', 'block'),
		p.id, p.name, p.capabilities, p.rate_limits, p.quota_requests_per_month, p.limits,
		-- the same for all, so only the first row has it
		case when w.place = 1 then (select jsonb_object_agg(c.name, c.capability) from permissions c) end,
		r.id, r.predecessor_kid, case when r.state = 'open' then old.retires_at end
	from unnest(wanted) with ordinality as w (kid, place)
	-- no kid is a lookup: they differ in length
	left join lateral (
		select * from secrets where secrets.kid = w.kid
		union all
		select * from secrets where secrets.lookup = w.kid
	) s on true
	left join secret_activity used on used.kid = s.kid
	left join keys k on k.tenant_id = s.tenant_id and k.id = s.key_id
	left join tenants t on t.id = k.tenant_id
	left join plans p on p.id = t.plan_id
	left join rotations r on r.tenant_id = s.tenant_id and r.key_id = s.key_id and r.state in ('waiting', 'open')
	left join secrets old on old.kid = r.predecessor_kid
$$;
grant create on schema keywright to keywright_lookup;
alter function grants_of(text[]) owner to keywright_lookup;
revoke create on schema keywright from keywright_lookup;
revoke all on function grants_of(text[]) from public;
grant execute on function grants_of(text[]) to keywright_app;
