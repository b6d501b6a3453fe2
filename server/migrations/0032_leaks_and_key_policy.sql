-- What production keys must have when they are made or changed. Empty: nothing. What the plan and the tenant require both holds.
alter table plans add column key_policy text[] not null default '{}'
	check (key_policy <@ array['expiry', 'addresses_or_sites', 'limited_permissions', 'owner_is_member']);
alter table tenants add column key_policy text[] not null default '{}'
	check (key_policy <@ array['expiry', 'addresses_or_sites', 'limited_permissions', 'owner_is_member']);

-- What happens to a key of which a finder reports the full secret.
alter table tenants add column leak_response text not null default 'revoke' check (leak_response in ('revoke', 'rotate'));

-- Of exposures of the kind `reported`: where the secret was found (texts that finders wrote, the latest last), who reported it last, and what was done.
alter table key_exposures
	add column urls text[] not null default '{}',
	add column reporter text check (reporter in ('anyone', 'code_host')),
	add column outcome text check (outcome in ('revoked', 'rotated', 'shortened', 'none'));
create index key_exposures_reported on key_exposures (last_at desc, kid) where kind = 'reported';
