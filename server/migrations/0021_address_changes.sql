-- A link may also change a person's address: it is mailed to the new one, and works in a session of the person alone.
alter table sign_in_links drop constraint sign_in_links_purpose_check;
alter table sign_in_links add constraint sign_in_links_purpose_check check (purpose in ('password', 'sign_in', 'address'));
