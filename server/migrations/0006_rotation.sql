-- Replacing a key's secret: the rotation, and the evidence of what each of the two secrets is used for and from where.

create table rotations (
	tenant_id text not null,
	id text not null,
	key_id text not null,
	-- open: both secrets work; waiting: the new one is made when its handover is revealed
	state text not null check (state in ('waiting', 'open', 'completed', 'cancelled')),
	predecessor_kid text not null references secrets (kid),
	successor_kid text references secrets (kid),
	handover_id text,
	-- null: the old secret is held until it is safe to end it, until hard_stop_at at the latest
	overlap_seconds integer check (overlap_seconds >= 0),
	hard_stop_at timestamptz,
	started_at timestamptz not null,
	started_by jsonb not null,
	ended_at timestamptz,
	ended_by jsonb,
	-- how it ended: moved, overlap_over, hard_stop, completed, forced, replaced_at_once, cancelled, handover_over, revoked
	ended_how text,
	force_reason text,
	-- what the key's dates were before, so that a cancelled rotation gives them back where nobody has changed them since
	expires_at_before timestamptz,
	expiry_set_at_before timestamptz not null,
	rotation_due_at_before timestamptz,
	expires_at_after timestamptz,
	rotation_due_at_after timestamptz,
	reminded_at timestamptz,
	primary key (tenant_id, id),
	foreign key (tenant_id, key_id) references keys (tenant_id, id)
);
-- one rotation of a key at a time
create unique index rotations_one_open on rotations (tenant_id, key_id) where state in ('waiting', 'open');
create index rotations_key on rotations (tenant_id, key_id, started_at desc);
create index rotations_open on rotations (started_at) where state in ('waiting', 'open');

alter table handovers add column rotation_id text;

-- Which secret was used from where: `live` columns of accepted or merely refused requests, `dead` ones of a secret that had ended.
-- sightings are uses at least a second apart. A gap is the silence between two sightings; the longest of this and of the window before tell what is usual.
create table secret_sources (
	tenant_id text not null,
	key_id text not null,
	kid text not null references secrets (kid),
	source_id text not null,
	first_seen_at timestamptz,
	last_seen_at timestamptz,
	requests bigint not null default 0,
	sightings bigint not null default 0,
	gap_window_started_at timestamptz,
	gap_ms bigint not null default 0,
	gap_before_ms bigint not null default 0,
	dead_first_seen_at timestamptz,
	dead_last_seen_at timestamptz,
	dead_requests bigint not null default 0,
	dead_day date,
	dead_today bigint not null default 0,
	primary key (tenant_id, key_id, kid, source_id),
	foreign key (tenant_id, key_id) references keys (tenant_id, id)
) with (fillfactor = 80);
create index secret_sources_age on secret_sources (greatest(last_seen_at, dead_last_seen_at));

-- What a secret was used for with success, to the minute.
create table secret_operations (
	tenant_id text not null,
	key_id text not null,
	kid text not null references secrets (kid),
	operation text not null,
	last_succeeded_at timestamptz not null,
	primary key (tenant_id, key_id, kid, operation),
	foreign key (tenant_id, key_id) references keys (tenant_id, id)
) with (fillfactor = 80);

-- Which warnings of a key's expiry were given: 30, 7 and 1 working days before.
create table expiry_warnings (
	tenant_id text not null,
	key_id text not null,
	expires_at timestamptz not null,
	days_before smallint not null check (days_before in (30, 7, 1)),
	warned_at timestamptz not null,
	primary key (tenant_id, key_id, expires_at, days_before),
	foreign key (tenant_id, key_id) references keys (tenant_id, id)
);

-- since when the end of a key is what it is, so that nobody is warned of what had passed when it was set
alter table keys add column expiry_set_at timestamptz not null default now();
create index keys_expiring on keys (expires_at, id) where revoked_at is null and expires_at is not null;

alter table usage_flushes add column secret_operations text;

grant select, insert, update, delete on rotations, secret_sources, secret_operations, expiry_warnings to keywright_app;

do $$
declare name text;
begin
	foreach name in array array['rotations', 'secret_sources', 'secret_operations', 'expiry_warnings'] loop
		execute format('alter table %I enable row level security', name);
		execute format('alter table %I force row level security', name);
		execute format(
			'create policy by_tenant on %I to keywright_app using ((select current_setting(''keywright.scope'', true)) in (tenant_id, ''*''))', name);
	end loop;
end $$;

-- What a grant says of the replacing of its key's secret, so that whoami tells it from memory.
grant select on rotations to keywright_lookup;
create policy lookup on rotations for select to keywright_lookup using (true);
drop function grants_of(text[]);
create function grants_of(wanted text[]) returns table (
	snapshot_seq bigint, wanted_kid text, kid text, mac bytea, mac_version smallint, pepper_id text, last4 text,
	retires_at timestamptz, retired_at timestamptz,
	key_id text, key_name text, environment text, permissions text[], site_ids text[], allowed_ips text[], key_rate_limits jsonb,
	expires_at timestamptz, paused_at timestamptz, revoked_at timestamptz, rotation_due_at timestamptz,
	tenant_id text, tenant_name text, tenant_status text, tenant_limits jsonb, tenant_erased_at timestamptz, client_policy text,
	plan_id text, plan_name text, plan_capabilities text[], plan_rate_limits jsonb, plan_quota bigint, plan_limits jsonb,
	catalogue jsonb, rotation_id text, rotation_predecessor_kid text, rotation_ends_at timestamptz
) language sql stable security definer set search_path = keywright, pg_temp as $$
	select (select seq from change_sequence), w.kid, s.kid, s.mac, s.mac_version, s.pepper_id, s.last4,
		s.retires_at, s.retired_at,
		k.id, k.name, k.environment, k.permissions, k.site_ids, k.allowed_ips, k.rate_limits,
		k.expires_at, k.paused_at, k.revoked_at, k.rotation_due_at,
		t.id, t.name, t.status, t.limits, t.erased_at, t.client_policy,
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
