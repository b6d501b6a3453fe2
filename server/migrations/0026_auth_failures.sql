-- Refusals: exact counts of all of them, and the latest and a sample of them in detail.

-- Requests that were refused, by key, code and source. granularity_seconds: 60 or 3600, as in usage_keys; deleted after 30 days.
create table auth_failure_counts (
	tenant_id text not null,
	key_id text not null,
	granularity_seconds integer not null,
	start timestamptz not null,
	code text not null,
	source_id text not null,
	-- false: the secret was wrong or incomplete, so that anyone can have sent it
	proven boolean not null,
	requests bigint not null,
	primary key (tenant_id, start, granularity_seconds, key_id, code, source_id, proven),
	foreign key (tenant_id, key_id) references keys (tenant_id, id) on delete cascade
) with (fillfactor = 80);
create index auth_failure_counts_age on auth_failure_counts (granularity_seconds, start);

create table auth_failures (
	-- orders by time
	request_id text collate "C" primary key,
	tenant_id text not null,
	key_id text not null,
	kid text not null,
	at timestamptz not null,
	code text not null,
	check_name text not null,
	operation text not null,
	source_id text not null,
	network text not null,
	agent text not null,
	client text,
	facts jsonb not null,
	proven boolean not null,
	-- the first of its key, code, source and minute: stays when it is no longer among the latest of its key and code
	sampled boolean not null,
	foreign key (tenant_id, key_id) references keys (tenant_id, id) on delete cascade
);
create index auth_failures_listing on auth_failures (tenant_id, at desc, request_id desc);
create index auth_failures_key on auth_failures (tenant_id, key_id, code, request_id desc) where not sampled;
create index auth_failures_age on auth_failures (proven, at);

-- Refusals that belong to no tenant: of unknown kids, and of texts that name none. Of the operator, so without a tenant.
create table unknown_auth_failures (
	request_id text collate "C" primary key,
	at timestamptz not null,
	code text not null,
	check_name text not null,
	operation text not null,
	kid text,
	address text,
	source_id text not null,
	network text not null,
	agent text not null,
	client text,
	facts jsonb not null,
	-- how many refusals of this address, kid and code it stands for
	requests bigint not null
);
create index unknown_auth_failures_listing on unknown_auth_failures (at desc, request_id desc);

grant select, insert, update, delete on auth_failure_counts, auth_failures, unknown_auth_failures to keywright_app;
do $$
declare name text;
begin
	foreach name in array array['auth_failure_counts', 'auth_failures'] loop
		execute format('alter table %I enable row level security', name);
		execute format('alter table %I force row level security', name);
		execute format(
			'create policy by_tenant on %I to keywright_app using ((select current_setting(''keywright.scope'', true)) in (tenant_id, ''*''))', name);
	end loop;
end $$;
