-- Whether a threshold can have been reached. A column, because PostgreSQL cannot estimate the comparison and then reads all periods; and because no index
-- may name `leased`, so that a lease changes the row in place and writes to no index.
alter table budget_periods add column near boolean not null generated always as (leased >= amount - amount / 5) stored;
drop index budget_periods_near;
create index budget_periods_near on budget_periods (per, start) where near;
-- The condition always holds: see 0031.
drop index budget_periods_of;
create index budget_periods_of on budget_periods (per, start) where amount >= 1;
-- The alerts read keys by their periods.
drop index keys_with_budgets;

-- Refusals are inserted under a lock of their tenant, after their keys were read, and a key's row is never deleted. The check locked and wrote the row of
-- a key for each refusal of it.
alter table auth_failures drop constraint auth_failures_tenant_id_key_id_fkey;
