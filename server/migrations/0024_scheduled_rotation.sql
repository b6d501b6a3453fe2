-- Scheduled rotation: who replaces a key when it is due.
alter table keys add column auto_rotate text check (auto_rotate in ('handover', 'self'));
-- For the loop: keys whose responsible person is sent a link.
create index keys_handed_over_when_due on keys (rotation_due_at) where auto_rotate = 'handover' and revoked_at is null;

-- The member to whom the link was mailed by schedule, who alone may claim it; null for links that a person made.
alter table handovers add column member_id text;

-- What was done about the latest date at which a key was due. It holds neither link nor address.
create table scheduled_rotations (
	tenant_id text not null,
	key_id text not null,
	-- in milliseconds, as the key's rotation_due_at is compared
	due_at timestamptz not null,
	-- sending: the rotation has begun and the mail is under way, until sending_until; sent: a mail server accepted the link; failed: no link is out
	status text not null check (status in ('sending', 'sent', 'failed')),
	rotation_id text,
	-- mails that were not accepted
	attempts integer not null default 0 check (attempts >= 0),
	-- why there is no link
	reason text check (reason in ('not_mailed', 'recipient_gone', 'refused')),
	sending_until timestamptz,
	-- null: no further attempt for this date
	next_attempt_at timestamptz,
	primary key (tenant_id, key_id),
	foreign key (tenant_id, key_id) references keys (tenant_id, id),
	check ((status = 'sending') = (sending_until is not null)),
	check ((status = 'failed') = (reason is not null))
);
create index scheduled_rotations_sending on scheduled_rotations (sending_until) where status = 'sending';
create index scheduled_rotations_sent on scheduled_rotations (rotation_id) where status = 'sent';

grant select, insert, update, delete on scheduled_rotations to keywright_app;
alter table scheduled_rotations enable row level security;
alter table scheduled_rotations force row level security;
create policy by_tenant on scheduled_rotations to keywright_app using ((select current_setting('keywright.scope', true)) in (tenant_id, '*'));
