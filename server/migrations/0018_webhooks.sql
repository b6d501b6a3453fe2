-- Endpoints that receive events, and one delivery for each event and endpoint.

-- Events wait until they are distributed to endpoints, in the order of `position`: within a tenant the order of commits, because a change
-- locks the head of the tenant's audit chain before it writes its events.
alter table outbox drop column delivered_at, drop column attempts, drop column next_attempt_at;
alter table outbox add column position bigint generated always as identity, add column distributed_at timestamptz;
update outbox set distributed_at = now();
create index outbox_undistributed on outbox (position) where distributed_at is null;
grant select on sequence outbox_position_seq to keywright_app;

-- tenant_id: '*' for endpoints of the operator, which receive the events of every tenant.
create table webhooks (
	tenant_id text not null,
	id text not null,
	url text not null,
	-- null: every type
	events text[],
	status text not null default 'active' check (status in ('active', 'disabled')),
	disabled_reason text check (disabled_reason in ('by_request', 'gone', 'failing')),
	-- AES-256-GCM with a key derived from this pepper; while a secret is replaced, both sign
	pepper_id text not null,
	secret bytea not null,
	previous_secret bytea,
	previous_expires_at timestamptz,
	-- receives only events with a later position
	after_position bigint not null,
	created_at timestamptz not null,
	primary key (tenant_id, id),
	check ((previous_secret is null) = (previous_expires_at is null)),
	check ((status = 'active') = (disabled_reason is null))
);

-- Bookkeeping of an endpoint, apart from its settings: a node claims an endpoint and sends what is due, in order.
create table webhook_queues (
	tenant_id text not null,
	webhook_id text not null,
	last_sequence bigint not null default 0,
	due_at timestamptz,
	claimed_by text,
	claimed_until timestamptz,
	failing_since timestamptz,
	last_attempt jsonb,
	primary key (tenant_id, webhook_id),
	foreign key (tenant_id, webhook_id) references webhooks (tenant_id, id) on delete cascade
);
create index webhook_queues_due on webhook_queues (due_at) where due_at is not null;

create table webhook_deliveries (
	tenant_id text not null,
	id text not null,
	webhook_id text not null,
	event_id text not null references outbox (id) on delete cascade,
	-- 1, 2, 3 … for each endpoint, in the order of the events
	sequence bigint not null,
	status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
	attempts integer not null default 0,
	-- of the last attempt; before the first one, when the delivery was made
	at timestamptz not null,
	-- of the last attempt, until the status of the response was received or the attempt failed
	duration_ms integer,
	response_status integer,
	error text,
	next_attempt_at timestamptz,
	primary key (tenant_id, id),
	foreign key (tenant_id, webhook_id) references webhooks (tenant_id, id) on delete cascade,
	check ((status = 'pending') = (next_attempt_at is not null))
);
create unique index webhook_deliveries_event on webhook_deliveries (event_id, tenant_id, webhook_id);
create index webhook_deliveries_listing on webhook_deliveries (tenant_id, webhook_id, sequence desc);
create index webhook_deliveries_due on webhook_deliveries (tenant_id, webhook_id, next_attempt_at, sequence) where next_attempt_at is not null;

grant select, insert, update, delete on webhooks, webhook_queues, webhook_deliveries to keywright_app;
do $$
declare name text;
begin
	foreach name in array array['webhooks', 'webhook_queues', 'webhook_deliveries'] loop
		execute format('alter table %I enable row level security', name);
		execute format('alter table %I force row level security', name);
		execute format(
			'create policy by_tenant on %I to keywright_app using ((select current_setting(''keywright.scope'', true)) in (tenant_id, ''*''))', name);
	end loop;
end $$;
