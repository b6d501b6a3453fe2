-- Attempts to sign in, shared by all nodes. A bucket is 20 bits of a MAC of the address, account, device or session that tries: so there are
-- never more rows than buckets, and nobody can choose whose bucket they share.
create table sign_in_attempts (
	kind text not null,
	bucket integer not null,
	attempts integer not null,
	until timestamptz not null,
	primary key (kind, bucket)
);

grant select, insert, update, delete on sign_in_attempts to keywright_app;
