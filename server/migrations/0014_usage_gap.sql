-- Until when uses of any key may be missing, because a node gave up counts: one row, as in what silence is judged by there is one instant for all.
create table usage_gap (
	id smallint primary key default 1 check (id = 1),
	until timestamptz not null
);
grant select, insert, update on usage_gap to keywright_app;
