-- Lists of audit entries: by time, and by actor, action or target. A generated column is emptied together with the details it comes from;
-- an index on an expression of jsonb would not be used, because row-level security lets only leakproof conditions run before its own.
alter table audit_entries
	add column actor_kind text generated always as (details -> 'actor' ->> 'kind') stored,
	add column actor_id text generated always as (details -> 'actor' ->> 'id') stored;

create index audit_entries_chain on audit_entries (chain, at, seq);
create index audit_entries_at on audit_entries (at, chain, seq);
create index audit_entries_actor on audit_entries (actor_id, at, chain, seq) where actor_id is not null;
create index audit_entries_actor_kind on audit_entries (actor_kind, at, chain, seq) where actor_kind is not null;
-- by characters, so that all actions of one subject (key.…) are one range in every collation
create index audit_entries_action on audit_entries (action collate "C", at, chain, seq);
create index audit_entries_target on audit_entries (target_id, at, chain, seq);
