-- An address belongs to whoever proved it: by a link that was mailed to it, or that an operator handed over. Until then several accounts
-- may name it; the proof takes it from all others, which then have none and cannot sign in.
alter table people
	drop constraint people_email_key,
	alter column email drop not null;
create unique index people_proven_email on people (email) where email_verified;
create index people_email on people (email);

-- Operators of before count as proven.
update people set email_verified = true where id in (select person_id from operators);

-- The mailed link has a token of its own, so that who was only shown the other one cannot prove the address by it.
alter table invitations
	add column mail_token_digest bytea unique,
	add column link_proves boolean not null default false;
-- The owner of the tables is shown no row while row-level security is forced.
alter table invitations no force row level security;
update invitations set link_proves = true where makes_operator or (email is not null and created_by ->> 'kind' = 'operator');
alter table invitations force row level security;

-- An operator is invited by a link that the person accepts.
create table operator_invitations (
	id text primary key,
	email text not null,
	token_digest bytea not null unique,
	created_at timestamptz not null default now(),
	created_by jsonb not null,
	expires_at timestamptz not null
);

-- Links by which a person sets a new password or signs in; each is deleted by its use. created_by is null for one that was mailed.
create table sign_in_links (
	token_digest bytea primary key,
	purpose text not null check (purpose in ('password', 'sign_in')),
	person_id text not null references people (id) on delete cascade,
	email text not null,
	created_at timestamptz not null default now(),
	created_by jsonb,
	expires_at timestamptz not null
);
create index sign_in_links_person on sign_in_links (person_id);
-- The links of before are worth nothing any more.
delete from sign_in_verifications;

grant select, insert, update, delete on operator_invitations, sign_in_links to keywright_app;
