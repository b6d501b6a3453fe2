-- Keys and their versioned secrets, what is counted about them, and a site's documents.

create table keys (
	tenant_id text not null references tenants (id),
	id text not null unique,
	name text not null,
	environment text not null check (environment in ('prod', 'staging', 'dev')),
	owner jsonb not null,
	integration text,
	labels jsonb not null default '{}',
	permissions text[] not null,
	site_ids text[],
	allowed_ips text[],
	rotate_every_days integer check (rotate_every_days > 0),
	rotation_due_at timestamptz,
	expires_at timestamptz,
	paused_at timestamptz,
	created_at timestamptz not null default now(),
	created_by jsonb not null,
	revoked_at timestamptz,
	revoked_by jsonb,
	revoke_reason text check (revoke_reason in ('integration_retired', 'shared_incorrectly', 'suspected_exposure', 'ownership_changed', 'other')),
	revoke_note text,
	primary key (tenant_id, id),
	check ((revoked_at is null) = (revoke_reason is null))
);
create index keys_names on keys (tenant_id, lower(name));
create index keys_listing on keys (tenant_id, created_at desc, id desc);

-- At most two live secrets a key: one without retires_at or retired_at, and one that is retiring.
create table secrets (
	kid text primary key,
	tenant_id text not null,
	key_id text not null,
	mac bytea not null,
	mac_version smallint not null,
	pepper_id text not null,
	last4 text not null,
	created_at timestamptz not null default now(),
	retires_at timestamptz,
	retired_at timestamptz,
	foreign key (tenant_id, key_id) references keys (tenant_id, id)
);
create index secrets_key on secrets (tenant_id, key_id);
create index secrets_pepper on secrets (pepper_id);

create table secret_activity (
	kid text primary key references secrets (kid),
	tenant_id text not null,
	first_used_at timestamptz not null,
	last_used_at timestamptz not null
) with (fillfactor = 80);

-- A key was last used when one of its secrets was.
create table key_activity (
	tenant_id text not null,
	key_id text not null,
	last_check_at timestamptz not null,
	primary key (tenant_id, key_id),
	foreign key (tenant_id, key_id) references keys (tenant_id, id)
);

-- What nodes counted, appended each second and settled into the tables below when somebody asks or a minute has passed: with many keys an
-- upsert per key and second would cost more than all the rest. A flush counts once however often it is sent: a lost commit answer never
-- doubles a count. Each text is a small table: a line for each column, its values behind bars.
create table usage_flushes (
	node_id text not null,
	flush_number bigint not null,
	flushed_at timestamptz not null default now(),
	waiting boolean not null default true,
	keys text,
	operations text,
	sources text,
	key_checks text,
	primary key (node_id, flush_number)
);
alter table usage_flushes alter column keys set storage external, alter column operations set storage external,
	alter column sources set storage external, alter column key_checks set storage external;
create index usage_flushes_waiting on usage_flushes (flushed_at) where waiting;
create index usage_flushes_age on usage_flushes (flushed_at);

-- granularity_seconds: 60, 3600 or 86400. Rows move to the coarser one with age; a request is in exactly one row of each table.
-- The free space lets the rows of the running minute, updated each second, stay on their page without touching an index.
create table usage_keys (
	tenant_id text not null,
	key_id text not null,
	kid text not null,
	granularity_seconds integer not null,
	start timestamptz not null,
	code text not null,
	requests bigint not null,
	primary key (tenant_id, key_id, start, granularity_seconds, kid, code)
) with (fillfactor = 80);
create index usage_keys_fold on usage_keys (granularity_seconds, start);

create table usage_operations (
	tenant_id text not null,
	site_id text not null,
	operation text not null,
	granularity_seconds integer not null,
	start timestamptz not null,
	code text not null,
	requests bigint not null,
	primary key (tenant_id, start, granularity_seconds, site_id, operation, code)
) with (fillfactor = 80);
create index usage_operations_fold on usage_operations (granularity_seconds, start);

-- Blocks of a month's quota that nodes have taken; never more than the quota in sum.
create table quota_periods (
	tenant_id text not null references tenants (id),
	month date not null,
	leased bigint not null check (leased >= 0),
	primary key (tenant_id, month)
);

create table documents (
	tenant_id text not null,
	site_id text not null,
	id text not null,
	kind text not null check (kind in ('file', 'text')),
	title text,
	category text,
	filename text,
	content_type text not null,
	size_bytes bigint not null,
	sha256 text not null,
	created_at timestamptz not null default now(),
	created_by_key_id text not null,
	primary key (tenant_id, id),
	foreign key (tenant_id, site_id) references sites (tenant_id, id)
);
create index documents_listing on documents (tenant_id, site_id, created_at desc, id desc);

-- What a tenant's documents take, with what running uploads have reserved; changed only by conditional updates.
create table tenant_storage (
	tenant_id text primary key references tenants (id),
	documents bigint not null default 0 check (documents >= 0),
	storage_bytes bigint not null default 0 check (storage_bytes >= 0)
);

create table uploads (
	tenant_id text not null references tenants (id),
	id text primary key,
	node_id text not null,
	reserved_bytes bigint not null,
	started_at timestamptz not null default now()
);
