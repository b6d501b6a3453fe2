-- Plans, tenants, sites, services, and the machinery that makes a change audited, ordered and known to every node.
-- Runs as the owner. `keywright_app` serves; `keywright_lookup` owns the functions that read across tenants and nothing else.

create table plans (
	id text primary key,
	name text not null,
	capabilities text[] not null,
	rate_limits jsonb not null,
	quota_requests_per_month bigint check (quota_requests_per_month >= 0),
	limits jsonb not null,
	max_key_lifetime_days integer check (max_key_lifetime_days > 0),
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);

create table permissions (
	name text primary key,
	description text not null,
	capability text not null,
	built_in boolean not null default false,
	created_at timestamptz not null default now()
);
insert into permissions (name, description, capability, built_in) values
	('tenant:read', 'Read the plan, the limits and what is used of them', 'm2m_api', true),
	('usage:read', 'Read how many requests were made', 'm2m_api', true),
	('sites:read', 'List sites and read one', 'm2m_api', true),
	('key:rotate', 'Replace the key''s own secret', 'm2m_api', true),
	('documents:read', 'List and download documents', 'documents', true),
	('documents:write', 'Upload and delete documents', 'documents', true);

create table tenants (
	id text primary key,
	name text not null,
	plan_id text references plans (id),
	status text not null default 'active' check (status in ('active', 'suspended')),
	external_id text unique,
	limits jsonb,
	-- what happens when a key is used from a browser or an app
	client_policy text not null default 'observe' check (client_policy in ('observe', 'alert', 'block')),
	created_at timestamptz not null default now(),
	-- An erased tenant's row stays, so that its id is not used twice; it holds nothing more and keeps no plan.
	erased_at timestamptz,
	check ((plan_id is null) = (erased_at is not null))
);
create index tenants_listing on tenants (created_at desc, id desc);
create index tenants_plan on tenants (plan_id);

create table sites (
	tenant_id text not null references tenants (id),
	id text not null,
	name text not null,
	environment text check (environment in ('prod', 'staging', 'dev')),
	created_at timestamptz not null default now(),
	primary key (tenant_id, id)
);
create index sites_listing on sites (tenant_id, created_at desc, id desc);

create table services (
	id text primary key,
	name text not null,
	credential_id text not null unique,
	mac bytea not null,
	mac_version smallint not null,
	pepper_id text not null,
	last4 text not null,
	created_at timestamptz not null default now(),
	revoked_at timestamptz
);

create table peppers (
	pepper_id text primary key,
	canary bytea not null,
	created_at timestamptz not null default now()
);

-- One row. Updating it is the last statement of a change, so that the order of numbers is the order of commits.
create table change_sequence (
	singleton boolean primary key default true check (singleton),
	seq bigint not null
);
insert into change_sequence (seq) values (0);

create table invalidations (
	seq bigint not null,
	position integer not null,
	kind text not null check (kind in ('key', 'tenant', 'site', 'plan', 'service')),
	id text not null,
	committed_at timestamptz not null default now(),
	primary key (seq, position)
);

create table nodes (
	id text primary key,
	version text not null,
	started_at timestamptz not null default clock_timestamp(),
	renewed_at timestamptz not null default clock_timestamp(),
	applied_seq bigint not null,
	-- how long its renewals last: a change waits for a silent node by that node's own setting
	lease_ms bigint not null,
	fenced_at timestamptz
);

-- chain: a tenant's id, or '*' for what belongs to no tenant.
create table audit_heads (
	chain text primary key,
	seq bigint not null,
	mac bytea not null
);

create table audit_entries (
	chain text not null,
	seq bigint not null,
	at timestamptz not null,
	action text not null,
	target_kind text not null,
	target_id text not null,
	request_id text not null,
	-- actor and facts; null once erased, the digest stays and keeps the chain whole
	details jsonb,
	details_digest bytea not null,
	audit_key_id text not null,
	mac bytea not null,
	primary key (chain, seq)
);

create table outbox (
	id text primary key,
	tenant_id text not null,
	type text not null,
	data jsonb not null,
	created_at timestamptz not null default now(),
	delivered_at timestamptz,
	attempts integer not null default 0,
	next_attempt_at timestamptz not null default now()
);
create index outbox_created on outbox (created_at);
create index outbox_due on outbox (next_attempt_at) where delivered_at is null;

create table idempotency (
	tenant_id text not null,
	caller text not null,
	idempotency_key text not null,
	fingerprint bytea not null,
	subject_id text not null,
	result jsonb,
	created_at timestamptz not null default now(),
	primary key (tenant_id, caller, idempotency_key)
);
create index idempotency_created on idempotency (created_at);
