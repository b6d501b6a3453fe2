-- Alerts: the rules of a tenant, what is open, and the news that the evaluator has not looked at yet.

-- What happened, written in the transaction of the fact itself and deleted in the transaction that raises its alert: so nothing is missed and
-- nothing counts twice, whichever node evaluates. Empty while nothing happens.
create table alert_news (
	id bigint generated always as identity primary key,
	tenant_id text not null,
	rule text not null,
	-- null: of the tenant as a whole
	key_id text,
	requests bigint not null,
	-- what only this occurrence knows, such as the source
	details jsonb not null default '{}'
);

-- A rule that has no row here has its default.
create table alert_rules (
	tenant_id text not null references tenants (id),
	rule text not null,
	enabled boolean not null,
	threshold integer,
	recipients text[] not null,
	primary key (tenant_id, rule)
);

create table alerts (
	tenant_id text not null references tenants (id),
	id text not null,
	rule text not null,
	-- a key, a webhook, a limit or the tenant; '*' for those that were too many to be raised one by one
	subject text not null,
	key_id text,
	status text not null default 'raised' check (status in ('raised', 'acknowledged', 'resolved')),
	evidence jsonb not null,
	count bigint not null,
	raised_at timestamptz not null,
	-- the latest occurrence
	last_at timestamptz not null,
	-- how long nothing must occur until it is resolved; null: it ends with its state
	quiet_seconds integer,
	reminded_at timestamptz,
	-- when the evaluator must look at it without news; null: never
	due_at timestamptz,
	acknowledged_at timestamptz,
	acknowledged_by jsonb,
	resolved_at timestamptz,
	primary key (tenant_id, id),
	foreign key (tenant_id, key_id) references keys (tenant_id, id) on delete cascade,
	check ((status = 'resolved') = (resolved_at is not null)),
	check ((acknowledged_at is null) = (acknowledged_by is null))
);
create unique index alerts_open on alerts (tenant_id, rule, subject) where status <> 'resolved';
create index alerts_due on alerts (due_at) where due_at is not null;
create index alerts_listing on alerts (tenant_id, raised_at desc, id desc);
create index alerts_subject on alerts (tenant_id, rule, subject, resolved_at) where status = 'resolved';
create index alerts_age on alerts (resolved_at) where status = 'resolved';

-- When the rules that look at a state were last evaluated.
create table alert_progress (
	rule text primary key,
	evaluated_at timestamptz not null
);

create index keys_rotation_due on keys (rotation_due_at, id) where revoked_at is null and rotation_due_at is not null;
create index keys_responsible on keys (tenant_id, (owner ->> 'member_id')) where revoked_at is null and owner ? 'member_id';

grant select, insert, update, delete on alert_news, alert_rules, alerts, alert_progress to keywright_app;
do $$
declare name text;
begin
	foreach name in array array['alert_news', 'alert_rules', 'alerts'] loop
		execute format('alter table %I enable row level security', name);
		execute format('alter table %I force row level security', name);
		execute format(
			'create policy by_tenant on %I to keywright_app using ((select current_setting(''keywright.scope'', true)) in (tenant_id, ''*''))', name);
	end loop;
end $$;
