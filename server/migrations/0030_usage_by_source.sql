-- What each key did from where, by day (UTC): filled from the facts of usage, deleted after 35 days.
create table usage_by_source (
	tenant_id text not null,
	day date not null,
	key_id text not null,
	-- '' for none
	site_id text not null,
	operation text not null,
	source_id text not null,
	-- As in key_sources, which forgets sources earlier.
	network text not null,
	agent text not null,
	client text,
	code text not null,
	-- true: the requests beyond the rows of this key and day, by code; site, operation and source are ''
	overflowed boolean not null,
	requests bigint not null,
	primary key (tenant_id, day, key_id, site_id, operation, source_id, code),
	foreign key (tenant_id, key_id) references keys (tenant_id, id) on delete cascade
) with (fillfactor = 80);
create index usage_by_source_age on usage_by_source (day);

grant select, insert, update, delete on usage_by_source to keywright_app;
alter table usage_by_source enable row level security;
alter table usage_by_source force row level security;
create policy by_tenant on usage_by_source to keywright_app using ((select current_setting('keywright.scope', true)) in (tenant_id, '*'));

-- The sites of success_operations, and the requests of keys whose facts do not say what all of them did.
alter table usage_flushes add column success_sites text, add column uses text;
alter table usage_flushes alter column success_sites set storage external, alter column uses set storage external;
