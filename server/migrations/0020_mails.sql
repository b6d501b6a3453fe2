-- Mails about events: one row for each event and recipient. No address, text or link is stored: they are composed when a mail is sent.

-- Events wait until their mails are queued. Earlier events are not mailed.
alter table outbox add column mail_queued_at timestamptz;
-- The owner of the table is shown no row while row-level security is forced.
alter table outbox no force row level security;
update outbox set mail_queued_at = now();
alter table outbox force row level security;
create index outbox_mail_queue on outbox (position) where mail_queued_at is null;

create table mails (
	tenant_id text not null,
	event_id text not null references outbox (id) on delete cascade,
	person_id text not null,
	class text not null check (class in ('key_use', 'rotation', 'expiry', 'security')),
	-- pending: sent alone; held: part of the next digest; dropped: the recipient must not have it any more
	status text not null check (status in ('pending', 'held', 'sent', 'digested', 'failed', 'dropped')),
	-- the UTC day that it counts for
	day date not null,
	attempts integer not null default 0,
	next_attempt_at timestamptz,
	sent_at timestamptz,
	claimed_by text,
	claimed_until timestamptz,
	primary key (tenant_id, event_id, person_id),
	foreign key (tenant_id, person_id) references members (tenant_id, person_id) on delete cascade,
	check ((status in ('pending', 'held')) = (next_attempt_at is not null))
);
create index mails_due on mails (next_attempt_at) where next_attempt_at is not null;
create index mails_event on mails (event_id);
create index mails_member on mails (tenant_id, person_id, day);

-- Mails that a member does not want. Those about security cannot be unsubscribed.
create table mail_unsubscriptions (
	tenant_id text not null,
	person_id text not null,
	class text not null check (class in ('key_use', 'rotation', 'expiry')),
	unsubscribed_at timestamptz not null,
	primary key (tenant_id, person_id, class),
	foreign key (tenant_id, person_id) references members (tenant_id, person_id) on delete cascade
);

-- For the loop that emits what happens to keys by itself.
create index secret_activity_first_used on secret_activity (first_used_at);
create index key_sources_first_seen on key_sources (first_seen_at);

grant select, insert, update, delete on mails, mail_unsubscriptions to keywright_app;
do $$
declare name text;
begin
	foreach name in array array['mails', 'mail_unsubscriptions'] loop
		execute format('alter table %I enable row level security', name);
		execute format('alter table %I force row level security', name);
		execute format(
			'create policy by_tenant on %I to keywright_app using ((select current_setting(''keywright.scope'', true)) in (tenant_id, ''*''))', name);
	end loop;
end $$;
