-- The day (UTC) from which on operations of `POST /verify` name everything that a question asked for. Those of earlier days name its first permission.
create table complete_operations (since date not null);
insert into complete_operations (since)
	select case when seq = 0 then '-infinity'::date else (now() at time zone 'UTC')::date + 1 end from change_sequence;
grant select on complete_operations to keywright_app;
