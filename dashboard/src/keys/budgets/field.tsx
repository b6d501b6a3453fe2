import { Autocomplete, NumberInput, Select } from "@mantine/core";
import { type RowProps, RowsField } from "../../ui/form/rows-field.tsx";
import { AMOUNT_MAX, anotherBudget, type BudgetFault, type BudgetValue, DEFAULT_UNIT, PERS, validateBudgets, withChange } from "./budgets.ts";
import { BudgetPreview } from "./preview.tsx";

/** On a phone a budget fits on one line, with room for a unit of eight characters. */
const NUMBER_WIDTH_PX = { base: 88, xs: 112 };
const PER_WIDTH_PX = { base: 100, xs: 112 };
const UNIT_CHARACTERS_MAX = 32;

interface BudgetsProps {
	readonly budgets: readonly BudgetValue[];
	readonly onBudgets: (budgets: readonly BudgetValue[]) => void;
	/** The form's error about budgets; absent until it was validated. */
	readonly error: React.ReactNode;
	/** The key whose last 30 days are shown beside each budget; none for a new one. */
	readonly of?: { readonly tenant_id: string; readonly key_id: string };
}

/** Whether a key may spend only so much, and of what. */
export function BudgetsField({ budgets, onBudgets, error, of }: BudgetsProps) {
	const units = [...new Set([DEFAULT_UNIT, ...budgets.map(({ unit }) => unit.trim())])].filter((unit) => unit !== "");
	return (
		<RowsField
			label="How much may it spend?"
			description="A budget refills at midnight UTC: each day, on Mondays or on the first of the month"
			choices={{ none: "As much as the plan allows", own: "Only a budget" }}
			what="budget"
			name="Budgets of this key"
			rows={budgets}
			onRows={onBudgets}
			another={anotherBudget(budgets)}
			fault={error === undefined ? null : validateBudgets(budgets)}
			error={error}
			renderRow={(props) => <BudgetRow {...props} units={units} />}
			renderBelow={(budget) =>
				of !== undefined && budget.amount !== null && budget.amount > 0 && <BudgetPreview {...of} budget={{ ...budget, amount: budget.amount }} />
			}
		/>
	);
}

interface BudgetRowProps extends RowProps<BudgetValue, BudgetFault> {
	/** Units to choose from; any other can be typed. That of the budget itself is not offered, since its list would cover what is below. */
	readonly units: readonly string[];
}

function BudgetRow({ place, row: budget, onRow, fault, fault_props, units }: BudgetRowProps) {
	const at = (field: BudgetFault["field"]) => (fault?.field === field ? fault_props : {});
	return (
		<>
			<NumberInput
				aria-label={`Amount of budget ${place}`}
				w={NUMBER_WIDTH_PX}
				min={1}
				max={AMOUNT_MAX}
				allowDecimal={false}
				allowNegative={false}
				hideControls
				thousandSeparator=","
				value={budget.amount ?? ""}
				onChange={(amount) => onRow({ ...budget, amount: typeof amount === "number" ? amount : null })}
				{...at("amount")}
			/>
			<Autocomplete
				aria-label={`Unit of budget ${place}`}
				flex={1}
				miw={0}
				maxLength={UNIT_CHARACTERS_MAX}
				data={units.filter((unit) => unit !== budget.unit.trim())}
				value={budget.unit}
				onChange={(unit) => onRow(withChange(budget, { unit }))}
				{...at("unit")}
			/>
			<Select
				aria-label={`Time of budget ${place}`}
				w={PER_WIDTH_PX}
				data={[...PERS]}
				allowDeselect={false}
				value={budget.per}
				onChange={(per) => onRow(withChange(budget, { per: per ?? budget.per }))}
				{...at("per")}
			/>
		</>
	);
}
