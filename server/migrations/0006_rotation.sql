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
