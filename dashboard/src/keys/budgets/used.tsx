import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getLevel } from "../../plans/meter.ts";
import { Meter } from "../../plans/meter.tsx";
import { utcMidnight } from "../../ui/time-words.ts";
import { budgetsQuery } from "../queries.ts";
import { type Budget, formatBudget, PERS } from "./budgets.ts";

const count = new Intl.NumberFormat("en");

interface UsedProps {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly budgets: readonly Budget[];
}

/** The budgets of the key, each with what is spent of it; only what they allow until that is known. */
export function BudgetMeters({ tenant_id, key_id, budgets }: UsedProps) {
	const { data } = useQuery(budgetsQuery(tenant_id, key_id));
	if (data === undefined) return budgets.map((budget) => <div key={budget.name}>At most {formatBudget(budget)}</div>);
	return (
		<Stack gap="sm">
			{data.data.map(({ name, unit, amount, per, used, resets_at }) => (
				<Meter
					key={name}
					name={`${unit} ${PERS.find(({ value }) => value === per)?.label ?? per}`}
					use={{ max: amount, used }}
					format={count.format}
					full={resets_at === null ? "It does not refill." : "What would spend more is refused until it refills."}
				>
					{resets_at === null ? "Never refills" : `Refills ${utcMidnight(resets_at, Date.now())}`}
				</Meter>
			))}
		</Stack>
	);
}

/** "212 of 1,000 credits a day", of the budget of which most is spent. */
export function BudgetLine({ tenant_id, key_id, budgets }: UsedProps) {
	const { data } = useQuery(budgetsQuery(tenant_id, key_id));
	const [fullest, ...others] = (data?.data ?? []).toSorted((a, b) => b.used / b.amount - a.used / a.amount);
	const more = budgets.length > 1 ? ` and ${budgets.length - 1} more` : "";
	const [first] = budgets;
	if (fullest === undefined) return first === undefined ? null : `at most ${formatBudget(first)}${more}`;
	const over = others.length > 0 ? ` and ${others.length} more` : "";
	const full = getLevel({ max: fullest.amount, used: fullest.used }) === "full" ? "used up: " : "";
	return `${full}${count.format(fullest.used)} of ${formatBudget(fullest)}${over}`;
}
