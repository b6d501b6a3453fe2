-- The last request with a secret that was allowed, and what it did.
alter table secret_activity add column last_success_at timestamptz, add column last_success_operation text;
-- The names of operations to which the facts of keys refer by number.
alter table usage_flushes add column success_operations text;
alter table usage_flushes alter column success_operations set storage external;
