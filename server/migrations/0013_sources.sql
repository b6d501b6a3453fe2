-- Sources that are told apart by the name of their program, and a person's word for those that are not.

-- The names that programs give themselves in User-Agent: a bounded number for each tenant.
create table program_names (
	tenant_id text not null references tenants (id),
	name text not null,
	first_seen_at timestamptz not null default now(),
	primary key (tenant_id, name)
);

-- What a person confirmed during a rotation: everything at this source has the new secret. Void once the old one is seen there again.
create table rotation_confirmations (
	tenant_id text not null,
	rotation_id text not null,
	source_id text not null,
	confirmed_at timestamptz not null,
	confirmed_by jsonb not null,
	primary key (tenant_id, rotation_id, source_id),
	foreign key (tenant_id, rotation_id) references rotations (tenant_id, id)
);

grant select, insert, update, delete on program_names, rotation_confirmations to keywright_app;

do $$
declare name text;
begin
	foreach name in array array['program_names', 'rotation_confirmations'] loop
		execute format('alter table %I enable row level security', name);
		execute format('alter table %I force row level security', name);
		execute format(
			'create policy by_tenant on %I to keywright_app using ((select current_setting(''keywright.scope'', true)) in (tenant_id, ''*''))', name);
	end loop;
end $$;
