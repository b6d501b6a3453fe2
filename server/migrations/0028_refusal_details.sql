-- What the caller of a refused request was told; null for refusals that were kept before.
alter table auth_failures add column detail text;
alter table unknown_auth_failures add column detail text;
