import { Autocomplete, Button, Group, MultiSelect, NumberInput, Stack, TagsInput, Text, TextInput, type TextInputProps } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { GuardedModal, LeaveButton } from "../../ui/form/guarded-modal.tsx";
import { SheetFoot } from "../../ui/sheet-foot.tsx";
import type { Fault } from "./draft.ts";
import { permissionsQuery } from "./queries.ts";
import { METHODS, placesWords, type Rule } from "./rule.ts";
import { budgetsFrom, budgetsText, limitsFrom, limitsText, validateBudgets, validateLimits, validatePattern } from "./rule-values.ts";

const PATTERN_CHARACTERS_MAX = 300;
const NOTE_CHARACTERS_MAX = 300;
const COST_MAX = 1_000_000;

interface SheetProps {
	readonly rule: Rule;
	/** Its position in the list, from 1. */
	readonly number: number;
	readonly faults: readonly Fault[];
	readonly onClose: () => void;
	readonly onKeep: (rule: Rule) => void;
}

/** Adds or edits one rule in the draft. */
export function RuleSheet({ opened, ...props }: SheetProps & { opened: boolean }) {
	const isNew = props.rule.pattern === "";
	return (
		<GuardedModal
			name="rule"
			sheet
			opened={opened}
			onClose={props.onClose}
			size="lg"
			title={isNew ? "Add a rule" : `Edit rule ${props.number}`}
			undone="The draft has not been changed."
			closing="Close without keeping it"
		>
			<RuleForm {...props} />
		</GuardedModal>
	);
}

function RuleForm({ rule, number, faults, onKeep }: SheetProps) {
	const { data: catalogue } = useQuery(permissionsQuery);
	const known = catalogue?.data ?? [];
	const initial = (field: string) => faults.find((fault) => fault.field === field)?.detail;
	const form = useForm({
		mode: "controlled",
		initialValues: {
			pattern: rule.pattern,
			methods: [...(rule.methods ?? [])],
			permissions: [...rule.permissions],
			capability: rule.capability ?? "",
			cost: rule.cost,
			limits: limitsText(rule.limits),
			budgets: budgetsText(rule.budgets),
			note: rule.note ?? "",
		},
		initialErrors: Object.fromEntries(
			["pattern", "methods", "permissions", "capability", "cost", "limits", "budgets", "note"].map((field) => [field, initial(field)]),
		),
		validate: { pattern: validatePattern, limits: validateLimits, budgets: validateBudgets },
	});
	function keep(): void {
		const { pattern, methods, permissions, capability, cost, limits, budgets, note } = form.values;
		onKeep({
			pattern: pattern.trim(),
			methods: methods.length === 0 ? null : methods,
			permissions,
			capability: capability.trim() === "" ? null : capability.trim(),
			cost: Number(cost),
			limits: limitsFrom(limits),
			budgets: budgetsFrom(budgets),
			note: note.trim() === "" ? null : note.trim(),
		});
	}
	const other_methods = form.values.methods.filter((method) => !METHODS.some((usual) => usual === method));
	return (
		<form
			noValidate
			className="kw-sheet-form"
			onSubmit={form.onSubmit(keep, (_errors, _values, event) => event && goToFirstFault(event.currentTarget))}
		>
			<Stack gap="md" flex={1} pb="md">
				<TextInput
					label="Path"
					description={<>:tenant_id and :site_id say whose the request is, :anything stands for one part, a * at the end for all that follows</>}
					placeholder="/tenants/:tenant_id/orders/*"
					required
					withAsterisk={false}
					maxLength={PATTERN_CHARACTERS_MAX}
					autoComplete="off"
					spellCheck={false}
					classNames={{ input: "kw-mono" }}
					data-autofocus
					{...form.getInputProps("pattern")}
				/>
				<MultiSelect
					label="Methods"
					description="Every method when empty; GET holds for HEAD too"
					data={[...METHODS, ...other_methods]}
					placeholder={form.values.methods.length === 0 ? "Any method" : ""}
					clearable
					clearButtonProps={{ "aria-label": "Any method" }}
					{...form.getInputProps("methods")}
				/>
				<TagsInput
					label="Permissions"
					description="The key needs all of them; none when empty"
					data={known.map(({ name }) => name)}
					placeholder={form.values.permissions.length === 0 ? "orders:read" : ""}
					splitChars={[",", " "]}
					acceptValueOnBlur
					{...form.getInputProps("permissions")}
				/>
				<Autocomplete
					label="Capability"
					description="Optional: what the tenant's plan has to include"
					data={[...new Set(known.map(({ capability }) => capability))]}
					placeholder="orders"
					autoComplete="off"
					{...form.getInputProps("capability")}
				/>
				<NumberInput
					label="Cost"
					description="How many requests it counts as, for rate limits, the quota and budgets"
					min={1}
					max={COST_MAX}
					allowDecimal={false}
					allowNegative={false}
					clampBehavior="strict"
					{...form.getInputProps("cost")}
				/>
				<Costs
					label="Named limits"
					description="Optional: limits of the plan that this spends besides, each with how much"
					placeholder="exports=1, reports=5"
					{...form.getInputProps("limits")}
				/>
				<Costs
					label="Budgets"
					description="Optional: budgets of the key that this spends at another cost, in their unit"
					placeholder="credits=25, calls=0"
					{...form.getInputProps("budgets")}
				/>
				<TextInput
					label="Note"
					description="Optional: for your team"
					placeholder="Order exports are expensive"
					maxLength={NOTE_CHARACTERS_MAX}
					{...form.getInputProps("note")}
				/>
				<Text size="sm" c="dimmed" aria-live="polite">
					Rule {number}: {placesWords(form.values.pattern.trim())}. Nothing holds until the rules are saved.
				</Text>
			</Stack>
			<SheetFoot>
				<Group justify="flex-end" gap={8}>
					<LeaveButton>Close without keeping it</LeaveButton>
					<Button type="submit">Put into the draft</Button>
				</Group>
			</SheetFoot>
		</form>
	);
}

/** Names, each with what is spent of it, on one line. */
function Costs(props: TextInputProps) {
	return <TextInput autoComplete="off" spellCheck={false} classNames={{ input: "kw-mono" }} {...props} />;
}
