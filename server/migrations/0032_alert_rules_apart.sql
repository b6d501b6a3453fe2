-- News are taken rule by rule, so that one rule that cannot be read delays no other.
create index alert_news_rule on alert_news (rule, id);

-- Every minute the evaluator reads what is used of budgets in their current periods.
drop index budget_periods_ended;
create index budget_periods_of on budget_periods (per, start);
create index keys_with_budgets on keys (tenant_id, id) where budgets <> '[]';
