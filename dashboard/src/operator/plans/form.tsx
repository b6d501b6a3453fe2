import { Button, Group, MultiSelect, NumberInput, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { getCapabilityText, nameFrom } from "../../plans/capability-words.ts";
import { KEY_REQUIREMENTS } from "../../plans/key-policy.ts";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { LeaveButton } from "../../ui/form/guarded-modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SheetFoot } from "../../ui/sheet-foot.tsx";
import { catalogueQuery } from "../catalogue/queries.ts";
import { NAME_CHARACTERS_MAX } from "../tenants/fields.ts";
import { LIMITS } from "../tenants/limits/own-limits.ts";
import { RateLimits } from "./rate-limits.tsx";
import { type PlanValues, validatePlan } from "./values.ts";

const AMOUNT_MAX = 1_000_000_000;
const LIFETIME_DAYS_MAX = 3_650;
const WITHOUT = "Without limit";

interface FormProps {
	readonly is_new: boolean;
	readonly initial: PlanValues;
	readonly pending: boolean;
	readonly error: unknown;
	readonly onSubmit: (values: PlanValues) => void;
	readonly onRetire?: () => void;
}

/** The fields of a plan. An empty number is without limit. */
export function PlanForm({ is_new, initial, pending, error, onSubmit, onRetire }: FormProps) {
	const { data: catalogue } = useQuery(catalogueQuery);
	const form = useForm<PlanValues>({ mode: "controlled", initialValues: initial, validate: (values) => validatePlan(values, is_new) });
	const known = (catalogue?.capabilities ?? []).map(({ name, description }) => ({
		value: name,
		label: getCapabilityText({ name, description }).name,
	}));
	const unknown = form.values.capabilities
		.filter((name) => known.every(({ value }) => value !== name))
		.map((name) => ({ value: name, label: nameFrom(name) }));
	return (
		<form noValidate onSubmit={form.onSubmit(onSubmit, (_errors, _values, event) => event && goToFirstFault(event.currentTarget))}>
			<Stack gap="md">
				<SimpleGrid cols={is_new ? { base: 1, xs: 2 } : 1}>
					<TextInput label="Name" maxLength={NAME_CHARACTERS_MAX} autoComplete="off" data-autofocus {...form.getInputProps("name")} />
					{is_new && (
						<TextInput
							label="Id"
							placeholder="team"
							maxLength={64}
							autoComplete="off"
							spellCheck={false}
							classNames={{ input: "kw-mono" }}
							{...form.getInputProps("id")}
						/>
					)}
				</SimpleGrid>
				<MultiSelect
					label="Includes"
					description="API access is needed for keys at all"
					data={[...known, ...unknown]}
					searchable
					nothingFoundMessage="No capability fits"
					{...form.getInputProps("capabilities")}
				/>
				<Title order={3}>How much</Title>
				<SimpleGrid cols={{ base: 1, xs: 2 }} verticalSpacing="sm">
					{LIMITS.map(({ field, name, size }) => (
						<NumberInput
							key={field}
							label={size === 1 ? name : `${name}, MiB`}
							placeholder={WITHOUT}
							min={0}
							max={AMOUNT_MAX}
							allowDecimal={size !== 1}
							allowNegative={false}
							thousandSeparator=","
							hideControls
							{...form.getInputProps(`amounts.${field}`)}
						/>
					))}
					<NumberInput
						label="A key lives at most, days"
						placeholder={WITHOUT}
						min={1}
						max={LIFETIME_DAYS_MAX}
						allowDecimal={false}
						allowNegative={false}
						hideControls
						{...form.getInputProps("max_key_lifetime_days")}
					/>
				</SimpleGrid>
				<MultiSelect
					label="Production keys must have"
					description="When they are made or changed; those of before keep working"
					data={[...KEY_REQUIREMENTS]}
					placeholder={form.values.key_policy.length === 0 ? "Nothing in particular" : ""}
					{...form.getInputProps("key_policy")}
				/>
				<RateLimits form={form} />
				<Problem error={error} />
				<SheetFoot>
					<Group justify="space-between" gap={8}>
						{onRetire === undefined ? (
							<Text size="sm" c="dimmed" flex={1}>
								Empty numbers are without limit.
							</Text>
						) : (
							<Button variant="subtle" c="var(--kw-ended)" onClick={onRetire}>
								Retire…
							</Button>
						)}
						<Group gap={8}>
							<LeaveButton>Go back</LeaveButton>
							<Button type="submit" loading={pending}>
								{is_new ? "Create this plan" : "Show what changes"}
							</Button>
						</Group>
					</Group>
				</SheetFoot>
			</Stack>
		</form>
	);
}
