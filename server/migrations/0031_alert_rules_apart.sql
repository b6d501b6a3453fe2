-- News are taken rule by rule, so that one rule that cannot be read delays no other.
create index alert_news_rule on alert_news (rule, id);

-- Every minute the evaluator reads what is used of budgets in their current periods. Without the condition, which always holds, leases could be planned
-- by this index although they name the whole primary key, and would read every period that began on that day.
drop index budget_periods_ended;
create index budget_periods_of on budget_periods (per, start) where leased >= 0;
create index keys_with_budgets on keys (tenant_id, id) where budgets <> '[]';

-- What operators were last mailed about each failing webhook of theirs, so that one node mails it once. Without a row: nothing, or it accepts again.
create table operator_webhook_mails (
	webhook_id text primary key,
	state text not null check (state in ('failing', 'disabled'))
);
grant select, insert, update, delete on operator_webhook_mails to keywright_app;
