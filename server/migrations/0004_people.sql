-- People who sign in, their membership in tenants, portal links, handovers of secrets, where keys are used from, and the operator's API profile.
-- One-time tokens and session tokens of ours are stored as SHA-256 only.

-- The sign-in library's tables. It reads and writes them on connections of its own, which see no tenant.
create table people (
	id text primary key,
	name text not null,
	email text not null unique,
	email_verified boolean not null default false,
	image text,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);

create table sign_in_sessions (
	id text primary key,
	token text not null unique,
	person_id text not null references people (id) on delete cascade,
	expires_at timestamptz not null,
	ip_address text,
	user_agent text,
	-- when the password was last proved
	confirmed_at timestamptz not null default now(),
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
create index sign_in_sessions_person on sign_in_sessions (person_id);

create table sign_in_accounts (
	id text primary key,
	account_id text not null,
	provider_id text not null,
	person_id text not null references people (id) on delete cascade,
	password text,
	access_token text,
	refresh_token text,
	id_token text,
	access_token_expires_at timestamptz,
	refresh_token_expires_at timestamptz,
	scope text,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
create index sign_in_accounts_person on sign_in_accounts (person_id);

create table sign_in_verifications (
	id text primary key,
	identifier text not null,
	value text not null,
	expires_at timestamptz not null,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
create index sign_in_verifications_identifier on sign_in_verifications (identifier);

create table members (
	tenant_id text not null references tenants (id),
	id text not null,
	person_id text not null references people (id),
	role text not null check (role in ('owner', 'admin', 'viewer')),
	joined_at timestamptz not null default now(),
	primary key (tenant_id, id),
	unique (tenant_id, person_id)
);
create index members_person on members (person_id);

-- email null: whoever has the link may name an address of their own.
create table invitations (
	tenant_id text not null references tenants (id),
	id text not null,
	email text,
	role text not null check (role in ('owner', 'admin', 'viewer')),
	token_digest bytea not null unique,
	created_at timestamptz not null default now(),
	created_by jsonb not null,
	expires_at timestamptz not null,
	accepted_at timestamptz,
	cancelled_at timestamptz,
	primary key (tenant_id, id)
);
create index invitations_listing on invitations (tenant_id, created_at desc, id desc);

-- A one-time link first; once it is redeemed, the session of the person who came by it.
create table portal_sessions (
	tenant_id text not null references tenants (id),
	id text not null,
	external_user_id text not null,
	name text not null,
	email text,
	role text not null check (role in ('owner', 'admin', 'viewer')),
	token_digest bytea not null unique,
	created_at timestamptz not null default now(),
	expires_at timestamptz not null,
	redeemed_at timestamptz,
	session_digest bytea unique,
	session_expires_at timestamptz,
	primary key (tenant_id, id)
);
create index portal_sessions_age on portal_sessions (created_at);

create table handovers (
	tenant_id text not null,
	id text not null,
	key_id text not null,
	token_digest bytea not null unique,
	email text,
	created_at timestamptz not null default now(),
	created_by jsonb not null,
	expires_at timestamptz not null,
	claimed_at timestamptz,
	claimed_by text,
	cancelled_at timestamptz,
	primary key (tenant_id, id),
	foreign key (tenant_id, key_id) references keys (tenant_id, id)
);
create index handovers_key on handovers (tenant_id, key_id, created_at desc);

alter table secrets
	add column kept_in text check (kept_in in ('secret_manager', 'ci_variable', 'server_environment', 'encrypted_configuration', 'other')),
	add column kept_in_note text,
	add column kept_in_at timestamptz;

-- Where a key is used from. source_id is a digest of network, agent and client: the same for every key of a tenant, so that a name is given once.
create table key_sources (
	tenant_id text not null,
	key_id text not null,
	source_id text not null,
	network text not null,
	agent text not null,
	client text,
	first_seen_at timestamptz not null,
	last_seen_at timestamptz not null,
	last_kid text not null,
	requests bigint not null,
	refused bigint not null,
	primary key (tenant_id, key_id, source_id),
	foreign key (tenant_id, key_id) references keys (tenant_id, id)
) with (fillfactor = 80);

create table source_names (
	tenant_id text not null references tenants (id),
	source_id text not null,
	name text not null,
	primary key (tenant_id, source_id)
);

create table api_profile (
	singleton boolean primary key default true check (singleton),
	profile jsonb not null,
	updated_at timestamptz not null default now()
);

alter table invalidations
	drop constraint invalidations_kind_check,
	add constraint invalidations_kind_check check (kind in ('key', 'tenant', 'site', 'plan', 'service', 'profile'));

grant select, insert, update, delete on people, sign_in_sessions, sign_in_accounts, sign_in_verifications to keywright_app;
grant select, insert, update, delete on members, invitations, portal_sessions, handovers, key_sources, source_names, api_profile to keywright_app;

do $$
declare name text;
begin
	foreach name in array array['members', 'invitations', 'portal_sessions', 'handovers', 'key_sources', 'source_names'] loop
		execute format('alter table %I enable row level security', name);
		execute format('alter table %I force row level security', name);
		execute format(
			'create policy by_tenant on %I to keywright_app using ((select current_setting(''keywright.scope'', true)) in (tenant_id, ''*''))', name);
	end loop;
end $$;
