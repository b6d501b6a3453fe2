-- When a member last used the dashboard or the management API of the tenant, to the hour; null for a member who has not since this column exists.
alter table members add column last_seen_at timestamptz;
