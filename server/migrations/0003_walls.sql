-- Who may do what: grants for the serving role, row-level security by tenant, and the narrow functions that look across tenants.
-- `keywright.scope` is set inside each transaction: a tenant's id, or '*' for the operator and the system.

grant usage on schema keywright to keywright_app, keywright_lookup;

grant select, insert, update, delete on plans, permissions, sites, idempotency, nodes, outbox, tenant_storage, uploads, documents, quota_periods to keywright_app;
grant select, insert, update on tenants, keys, secrets, services, peppers, secret_activity, key_activity, audit_heads, change_sequence to keywright_app;
grant select, insert, update, delete on usage_keys, usage_operations, usage_flushes to keywright_app;
grant select, insert, delete on invalidations to keywright_app;
grant select, insert on audit_entries to keywright_app;
grant select on migrations to keywright_app;

do $$
declare name text;
begin
	foreach name in array array[
		'sites', 'keys', 'secrets', 'secret_activity', 'key_activity', 'usage_keys', 'usage_operations', 'quota_periods',
		'documents', 'tenant_storage', 'uploads', 'outbox', 'idempotency'
	] loop
		execute format('alter table %I enable row level security', name);
		execute format('alter table %I force row level security', name);
		execute format(
			'create policy by_tenant on %I to keywright_app using ((select current_setting(''keywright.scope'', true)) in (tenant_id, ''*''))', name);
	end loop;
	execute 'alter table tenants enable row level security';
	execute 'alter table tenants force row level security';
	execute 'create policy by_tenant on tenants to keywright_app using ((select current_setting(''keywright.scope'', true)) in (id, ''*''))';
	foreach name in array array['audit_entries', 'audit_heads'] loop
		execute format('alter table %I enable row level security', name);
		execute format('alter table %I force row level security', name);
		execute format(
			'create policy by_chain on %I to keywright_app using ((select current_setting(''keywright.scope'', true)) in (chain, ''*''))', name);
	end loop;
end $$;

-- Verification reads by kid before it knows the tenant: these two functions are all it can see.
grant select on secrets, keys, tenants, plans, permissions, sites, change_sequence to keywright_lookup;
create policy lookup on secrets for select to keywright_lookup using (true);
create policy lookup on keys for select to keywright_lookup using (true);
create policy lookup on tenants for select to keywright_lookup using (true);
create policy lookup on sites for select to keywright_lookup using (true);

create function grants_of(wanted text[]) returns table (
	snapshot_seq bigint, wanted_kid text, kid text, mac bytea, mac_version smallint, pepper_id text, last4 text,
	retires_at timestamptz, retired_at timestamptz,
	key_id text, key_name text, environment text, permissions text[], site_ids text[], allowed_ips text[],
	expires_at timestamptz, paused_at timestamptz, revoked_at timestamptz, rotation_due_at timestamptz,
	tenant_id text, tenant_name text, tenant_status text, tenant_limits jsonb, tenant_erased_at timestamptz, client_policy text,
	plan_id text, plan_name text, plan_capabilities text[], plan_rate_limits jsonb, plan_quota bigint, plan_limits jsonb,
	catalogue jsonb
) language sql stable security definer set search_path = keywright, pg_temp as $$
	select (select seq from change_sequence), w.kid, s.kid, s.mac, s.mac_version, s.pepper_id, s.last4,
		s.retires_at, s.retired_at,
		k.id, k.name, k.environment, k.permissions, k.site_ids, k.allowed_ips,
		k.expires_at, k.paused_at, k.revoked_at, k.rotation_due_at,
		t.id, t.name, t.status, t.limits, t.erased_at, t.client_policy,
		p.id, p.name, p.capabilities, p.rate_limits, p.quota_requests_per_month, p.limits,
		-- the same for all, so only the first row has it
		case when w.place = 1 then (select jsonb_object_agg(c.name, c.capability) from permissions c) end
	from unnest(wanted) with ordinality as w (kid, place)
	left join secrets s on s.kid = w.kid
	left join keys k on k.tenant_id = s.tenant_id and k.id = s.key_id
	left join tenants t on t.id = k.tenant_id
	left join plans p on p.id = t.plan_id
$$;

create function sites_of(wanted_tenants text[], wanted_sites text[]) returns table (
	snapshot_seq bigint, tenant_id text, site_id text, found boolean, name text, environment text
) language sql stable security definer set search_path = keywright, pg_temp as $$
	select (select seq from change_sequence), w.tenant_id, w.site_id, s.id is not null, s.name, s.environment
	from unnest(wanted_tenants, wanted_sites) as w (tenant_id, site_id)
	left join sites s on s.tenant_id = w.tenant_id and s.id = w.site_id
$$;

-- Erasing a tenant takes the details out of its audit entries; the chain of digests stays whole.
grant select, update (details) on audit_entries to keywright_lookup;
create policy erase on audit_entries to keywright_lookup using (true);
create function erase_audit_details(erased_chain text) returns void
language sql volatile security definer set search_path = keywright, pg_temp as $$
	update audit_entries set details = null where chain = erased_chain
$$;

grant create on schema keywright to keywright_lookup;
alter function grants_of(text[]) owner to keywright_lookup;
alter function sites_of(text[], text[]) owner to keywright_lookup;
alter function erase_audit_details(text) owner to keywright_lookup;
revoke create on schema keywright from keywright_lookup;

revoke all on function grants_of(text[]), sites_of(text[], text[]), erase_audit_details(text) from public;
grant execute on function grants_of(text[]), sites_of(text[], text[]), erase_audit_details(text) to keywright_app;
