-- Whether the operator's product says that the person has just proved who they are: only such a session may let people in.
alter table portal_sessions add column confirmed boolean not null default false;
