-- Budgets: what a key may spend per day, week, month or in total.
alter table keys add column budgets jsonb not null default '[]';

-- Blocks of a budget's period that nodes have taken; in sum never more than its amount.
create table budget_periods (
	tenant_id text not null,
	key_id text not null,
	name text not null,
	per text not null check (per in ('day', 'week', 'month', 'total')),
	-- its first day; 1970-01-01 where the budget never refills
	start date not null,
	leased bigint not null check (leased >= 0),
	-- when a block was taken last
	amount bigint not null check (amount >= 1),
	-- the highest threshold that was reached and told, in percent
	told_percent smallint not null default 0 check (told_percent in (0, 80, 100)),
	primary key (tenant_id, key_id, name, per, start),
	foreign key (tenant_id, key_id) references keys (tenant_id, id)
) with (fillfactor = 70);
-- For the loop that tells of 80 and 100 percent: few rows at any time. Divided, because products of large amounts overflow.
create index budget_periods_near on budget_periods (start) where told_percent < 100 and leased >= amount - amount / 5;
create index budget_periods_ended on budget_periods (start) where per <> 'total';

grant select, insert, update, delete on budget_periods to keywright_app;
alter table budget_periods enable row level security;
alter table budget_periods force row level security;
create policy by_tenant on budget_periods to keywright_app using ((select current_setting('keywright.scope', true)) in (tenant_id, '*'));

drop function grants_of(text[]);
create function grants_of(wanted text[]) returns table (
	snapshot_seq bigint, wanted_kid text, kid text, mac bytea, mac_version smallint, pepper_id text, last4 text,
	retires_at timestamptz, retired_at timestamptz, first_use_recorded boolean,
	key_id text, key_name text, environment text, permissions text[], site_ids text[], allowed_ips text[], key_rate_limits jsonb, key_budgets jsonb,
	expires_at timestamptz, paused_at timestamptz, revoked_at timestamptz, rotation_due_at timestamptz,
	tenant_id text, tenant_name text, tenant_status text, tenant_limits jsonb, tenant_erased_at timestamptz, client_policy text, strict_clients boolean,
	plan_id text, plan_name text, plan_capabilities text[], plan_rate_limits jsonb, plan_quota bigint, plan_limits jsonb,
	catalogue jsonb, rotation_id text, rotation_predecessor_kid text, rotation_ends_at timestamptz,
	canary_tenant_id text, canary_key_id text
) language sql stable security definer set search_path = keywright, pg_temp as $$
	select (select seq from change_sequence), w.kid, case when not s.canary then s.kid end, s.mac, s.mac_version, s.pepper_id, s.last4,
		s.retires_at, s.retired_at, used.kid is not null,
		k.id, k.name, k.environment, k.permissions, k.site_ids, k.allowed_ips, k.rate_limits, k.budgets,
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
		r.id, r.predecessor_kid, case when r.state = 'open' then old.retires_at end,
		case when s.canary then s.tenant_id end, case when s.canary then s.key_id end
	from unnest(wanted) with ordinality as w (kid, place)
	-- no kid is a lookup: they differ in length
	left join lateral (
		select * from secrets where secrets.kid = w.kid
		union all
		select * from secrets where secrets.lookup = w.kid
	) s on true
	left join secret_activity used on used.kid = case when not s.canary then s.kid end
	-- nothing is read for a canary, so that it takes the time of an unknown kid
	left join keys k on k.tenant_id = s.tenant_id and k.id = case when not s.canary then s.key_id end
	left join tenants t on t.id = k.tenant_id
	left join plans p on p.id = t.plan_id
	left join rotations r on r.tenant_id = k.tenant_id and r.key_id = k.id and r.state in ('waiting', 'open')
	left join secrets old on old.kid = r.predecessor_kid
$$;
grant create on schema keywright to keywright_lookup;
alter function grants_of(text[]) owner to keywright_lookup;
revoke create on schema keywright from keywright_lookup;
revoke all on function grants_of(text[]) from public;
grant execute on function grants_of(text[]) to keywright_app;
