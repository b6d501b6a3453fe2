-- Who gave a key its end: a person, or the plan because none was named. What exists counts as set by a person, whose end no key moves itself.
alter table keys add column expiry_from text not null default 'person' check (expiry_from in ('person', 'plan'));
alter table rotations
	add column expiry_from_before text not null default 'person' check (expiry_from_before in ('person', 'plan')),
	add column expiry_from_after text not null default 'person' check (expiry_from_after in ('person', 'plan'));
