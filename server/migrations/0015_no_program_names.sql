-- Sources are bounded by key alone: a limit of names for a whole tenant let one key's client use it up for all others.
drop table program_names;
