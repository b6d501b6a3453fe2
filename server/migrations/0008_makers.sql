-- Who made what lets people in, so that it ends with their standing, and to whom a raw key was shown when it was made.
alter table portal_sessions add column created_by jsonb;
alter table secrets add column shown_to jsonb;

-- Row-level security shows the owner of the tables no rows while it is forced.
alter table secrets no force row level security;
alter table keys no force row level security;
alter table rotations no force row level security;
update secrets s set shown_to = k.created_by from keys k
	where k.tenant_id = s.tenant_id and k.id = s.key_id and s.created_at = k.created_at;
update secrets s set shown_to = r.started_by from rotations r
	where r.tenant_id = s.tenant_id and r.successor_kid = s.kid and r.handover_id is null and r.started_by ->> 'kind' <> 'key';
alter table secrets force row level security;
alter table keys force row level security;
alter table rotations force row level security;

create index secrets_shown_to on secrets (tenant_id, (shown_to ->> 'id')) where shown_to is not null;
