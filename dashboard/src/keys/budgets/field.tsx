import { ActionIcon, Autocomplete, Box, Button, Group, Input, NumberInput, Radio, Select, Stack } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useId } from "react";
import { AMOUNT_MAX, anotherBudget, type BudgetFault, type BudgetValue, DEFAULT_UNIT, PERS, validateBudgets, withChange } from "./budgets.ts";
import { BudgetPreview } from "./preview.tsx";

/** On a phone a budget fits on one line, with room for a unit of eight characters. */
const NUMBER_WIDTH_PX = { base: 88, xs: 112 };
const PER_WIDTH_PX = { base: 100, xs: 112 };

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
	const fault_id = useId();
	const fault = error === undefined ? null : validateBudgets(budgets);
	const another = anotherBudget(budgets);
	const units = [...new Set([DEFAULT_UNIT, ...budgets.map(({ unit }) => unit.trim())])].filter((unit) => unit !== "");
	return (
		<Box>
			<Radio.Group
				label="How much may it spend?"
				description="A budget refills at midnight UTC: each day, on Mondays or on the first of the month"
				value={budgets.length === 0 ? "plan" : "own"}
				onChange={(value) => onBudgets(value === "plan" || another === null ? [] : [another])}
			>
				<Group gap="lg" mt={6}>
					<Radio value="plan" label="As much as the plan allows" />
					<Radio value="own" label="Only a budget" />
				</Group>
			</Radio.Group>
			{budgets.length > 0 && (
				<Stack gap={8} mt={8} role="group" aria-label="Budgets of this key">
					{budgets.map((budget, index) => (
						// biome-ignore lint/suspicious/noArrayIndexKey: a budget has no stable id while it is edited
						<Stack gap={4} key={index}>
							<BudgetRow
								place={index + 1}
								budget={budget}
								units={units}
								fault={fault?.index === index ? { ...fault, id: fault_id } : null}
								onBudget={(changed) => onBudgets(budgets.map((other, at) => (at === index ? changed : other)))}
								onRemove={() => onBudgets(budgets.filter((_, at) => at !== index))}
							/>
							{fault?.index === index && (
								<Input.Error id={fault_id} role="alert">
									{fault.text}
								</Input.Error>
							)}
							{of !== undefined && budget.amount !== null && budget.amount > 0 && (
								<BudgetPreview {...of} budget={{ ...budget, amount: budget.amount }} />
							)}
						</Stack>
					))}
					{fault === null && error !== undefined && <Input.Error role="alert">{error}</Input.Error>}
					{another !== null && (
						<Group>
							<Button
								variant="default"
								size="compact-sm"
								leftSection={<IconPlus size={14} aria-hidden="true" />}
								onClick={() => onBudgets([...budgets, another])}
							>
								Add a budget
							</Button>
						</Group>
					)}
				</Stack>
			)}
		</Box>
	);
}

interface RowProps {
	readonly place: number;
	readonly budget: BudgetValue;
	/** Units to choose from; any other can be typed. That of the budget itself is not offered, since its list would cover what is below. */
	readonly units: readonly string[];
	/** With the id of the element that has its text. */
	readonly fault: (BudgetFault & { readonly id: string }) | null;
	readonly onBudget: (budget: BudgetValue) => void;
	readonly onRemove: () => void;
}

function BudgetRow({ place, budget, units, fault, onBudget, onRemove }: RowProps) {
	const at = (field: BudgetFault["field"]) => (fault?.field === field ? { error: true, "aria-describedby": fault.id } : {});
	return (
		<Group gap={8} wrap="nowrap">
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
				onChange={(amount) => onBudget({ ...budget, amount: typeof amount === "number" ? amount : null })}
				{...at("amount")}
			/>
			<Autocomplete
				aria-label={`Unit of budget ${place}`}
				flex={1}
				miw={0}
				maxLength={32}
				data={units.filter((unit) => unit !== budget.unit.trim())}
				value={budget.unit}
				onChange={(unit) => onBudget(withChange(budget, { unit }))}
				{...at("unit")}
			/>
			<Select
				aria-label={`Time of budget ${place}`}
				w={PER_WIDTH_PX}
				data={[...PERS]}
				allowDeselect={false}
				value={budget.per}
				onChange={(per) => onBudget(withChange(budget, { per: per ?? budget.per }))}
				{...at("per")}
			/>
			<ActionIcon variant="subtle" color="gray" aria-label={`Remove budget ${place}`} onClick={onRemove}>
				<IconTrash size={16} aria-hidden="true" />
			</ActionIcon>
		</Group>
	);
}
