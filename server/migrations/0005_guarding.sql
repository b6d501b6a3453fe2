-- Standing in front of an API that exists: rules for forwarded requests, limits of a key's own, words for capabilities, keys that were issued
-- elsewhere, and people who run the instance.

-- The whole list at once: its order decides.
create table forward_auth_rules (
	singleton boolean primary key default true check (singleton),
	rules jsonb not null,
	updated_at timestamptz not null default now()
);

create table capabilities (
	name text primary key,
	description text not null,
	built_in boolean not null default false,
	created_at timestamptz not null default now()
);
insert into capabilities (name, description, built_in) values
	('m2m_api', 'API access: programs call the API with keys', true),
	('documents', 'Documents: upload and download by API', true);

alter table keys add column rate_limits jsonb not null default '[]';

-- What the raw keys of another system look like: a prefix, and so many characters of an alphabet.
create table legacy_formats (
	name text primary key,
	prefix text not null,
	alphabet text not null check (alphabet in ('base62', 'base58', 'hex', 'base64url', 'printable')),
	length_min integer not null check (length_min >= 1),
	length_max integer not null check (length_max >= length_min),
	created_at timestamptz not null default now()
);

-- lookup: by what a raw key that was issued elsewhere is found: a MAC over its hash, by a key derived from the pepper of pepper_id.
alter table secrets
	add column lookup text unique,
	add column legacy_format text references legacy_formats (name);
create index secrets_legacy_format on secrets (legacy_format) where legacy_format is not null;

create table operators (
	person_id text primary key references people (id) on delete cascade,
	created_at timestamptz not null default now(),
	created_by jsonb not null
);
-- The link of the first start: who joins by it runs the instance as well.
alter table invitations add column makes_operator boolean not null default false;

alter table invalidations
	drop constraint invalidations_kind_check,
	add constraint invalidations_kind_check check (kind in ('key', 'tenant', 'site', 'plan', 'service', 'profile', 'forward_auth', 'legacy_formats'));

grant select, insert, update, delete on forward_auth_rules, capabilities, legacy_formats, operators to keywright_app;

drop function grants_of(text[]);
create function grants_of(wanted text[]) returns table (
	snapshot_seq bigint, wanted_kid text, kid text, mac bytea, mac_version smallint, pepper_id text, last4 text,
	retires_at timestamptz, retired_at timestamptz,
	key_id text, key_name text, environment text, permissions text[], site_ids text[], allowed_ips text[], key_rate_limits jsonb,
	expires_at timestamptz, paused_at timestamptz, revoked_at timestamptz, rotation_due_at timestamptz,
	tenant_id text, tenant_name text, tenant_status text, tenant_limits jsonb, tenant_erased_at timestamptz, client_policy text,
	plan_id text, plan_name text, plan_capabilities text[], plan_rate_limits jsonb, plan_quota bigint, plan_limits jsonb,
	catalogue jsonb
) language sql stable security definer set search_path = keywright, pg_temp as $$
	select (select seq from change_sequence), w.kid, s.kid, s.mac, s.mac_version, s.pepper_id, s.last4,
		s.retires_at, s.retired_at,
		k.id, k.name, k.environment, k.permissions, k.site_ids, k.allowed_ips, k.rate_limits,
		k.expires_at, k.paused_at, k.revoked_at, k.rotation_due_at,
		t.id, t.name, t.status, t.limits, t.erased_at, t.client_policy,
		p.id, p.name, p.capabilities, p.rate_limits, p.quota_requests_per_month, p.limits,
		-- the same for all, so only the first row has it
		case when w.place = 1 then (select jsonb_object_agg(c.name, c.capability) from permissions c) end
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
$$;
grant create on schema keywright to keywright_lookup;
alter function grants_of(text[]) owner to keywright_lookup;
revoke create on schema keywright from keywright_lookup;
revoke all on function grants_of(text[]) from public;
grant execute on function grants_of(text[]) to keywright_app;
