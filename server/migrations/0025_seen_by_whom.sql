-- Who was reached by alerts and tests of them, deliveries counted by outcome, clients of exposures, and a question for idle nodes.

-- For counts of a webhook's deliveries by outcome and time. Waiting ones are counted by `webhook_deliveries_due`.
create index webhook_deliveries_finished on webhook_deliveries (tenant_id, webhook_id, status, at) where status <> 'pending';

-- For the events of an alert. A column, because an index on an expression of jsonb is not used under row-level security (0016).
alter table outbox add column alert_id text generated always as (data ->> 'alert_id') stored;
create index outbox_alert on outbox (tenant_id, alert_id) where alert_id is not null;

-- The latest test of each rule. Its event is `alert.tested`, which is deleted earlier than this row.
create table alert_tests (
	tenant_id text not null references tenants (id),
	rule text not null,
	id text not null,
	tested_at timestamptz not null,
	tested_by jsonb not null,
	-- when the first mail or delivery of it was accepted; null: none was yet
	delivered_at timestamptz,
	primary key (tenant_id, rule)
);
grant select, insert, update, delete on alert_tests to keywright_app;
alter table alert_tests enable row level security;
alter table alert_tests force row level security;
create policy by_tenant on alert_tests to keywright_app using ((select current_setting('keywright.scope', true)) in (tenant_id, '*'));

-- The client of the latest request, for requests that are not in the list of clients because they were refused.
alter table key_exposures add column network text, add column source text;

-- What an idle node asks in one statement, without a transaction: whether anything waits to be evaluated or sent.
create function work_due(at timestamptz) returns table (webhooks boolean, mails boolean)
language sql stable security definer set search_path = keywright, pg_temp as $$
	select
		exists (select from outbox where distributed_at is null) or exists (
			-- as `isUnclaimed` (outbox/claim-store.ts)
			select from webhook_queues q join webhooks w on w.tenant_id = q.tenant_id and w.id = q.webhook_id
			where q.due_at <= at and w.status = 'active'
				and (q.claimed_until is null or q.claimed_until <= at or not exists (select from nodes n where n.id = q.claimed_by and n.fenced_at is null))
		),
		exists (select from outbox where mail_queued_at is null) or exists (select from mails where next_attempt_at <= at)
$$;
grant select on outbox, webhook_queues, webhooks, mails, nodes to keywright_lookup;
create policy lookup on outbox for select to keywright_lookup using (true);
create policy lookup on webhook_queues for select to keywright_lookup using (true);
create policy lookup on webhooks for select to keywright_lookup using (true);
create policy lookup on mails for select to keywright_lookup using (true);
grant create on schema keywright to keywright_lookup;
alter function work_due(timestamptz) owner to keywright_lookup;
revoke create on schema keywright from keywright_lookup;
revoke all on function work_due(timestamptz) from public;
grant execute on function work_due(timestamptz) to keywright_app;
