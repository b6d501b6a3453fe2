-- Until when what each node counted is in the database, and whether a secret's first use is recorded.

-- Apart from nodes: a change of a node's row there means that its lease was renewed.
create table usage_progress (
	node_id text primary key references nodes (id) on delete cascade,
	-- by the node's clock: it holds no counts of before that are not in usage_flushes
	flushed_until timestamptz not null
) with (fillfactor = 50);
grant select, insert, update, delete on usage_progress to keywright_app;

-- The earliest use in the flush; null for a flush of a server that did not say so.
alter table usage_flushes add column counted_from timestamptz;

grant select on secret_activity to keywright_lookup;
create policy lookup on secret_activity for select to keywright_lookup using (true);
drop function grants_of(text[]);
create function grants_of(wanted text[]) returns table (
	snapshot_seq bigint, wanted_kid text, kid text, mac bytea, mac_version smallint, pepper_id text, last4 text,
	retires_at timestamptz, retired_at timestamptz, first_use_recorded boolean,
	key_id text, key_name text, environment text, permissions text[], site_ids text[], allowed_ips text[], key_rate_limits jsonb,
	expires_at timestamptz, paused_at timestamptz, revoked_at timestamptz, rotation_due_at timestamptz,
	tenant_id text, tenant_name text, tenant_status text, tenant_limits jsonb, tenant_erased_at timestamptz, client_policy text,
	plan_id text, plan_name text, plan_capabilities text[], plan_rate_limits jsonb, plan_quota bigint, plan_limits jsonb,
	catalogue jsonb, rotation_id text, rotation_predecessor_kid text, rotation_ends_at timestamptz
) language sql stable security definer set search_path = keywright, pg_temp as $$
	select (select seq from change_sequence), w.kid, s.kid, s.mac, s.mac_version, s.pepper_id, s.last4,
		s.retires_at, s.retired_at, used.kid is not null,
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
