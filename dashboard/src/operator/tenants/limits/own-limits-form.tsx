import { Button, Group, NumberInput, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useConfirmed } from "../../../access/confirm.tsx";
import { goToFirstFault } from "../../../ui/first-fault.ts";
import { LeaveButton, useFormGuard } from "../../../ui/form/guarded-modal.tsx";
import { Problem } from "../../../ui/problem.tsx";
import { toaster } from "../../../ui/toaster.tsx";
import { useAction } from "../../../ui/use-action.ts";
import { plansQuery } from "../../plans/queries.ts";
import { patchTenant, type Tenant, useTenantsChanged } from "../queries.ts";
import { choiceFrom, formatLimit, getPlanLimit, LIMITS, type LimitChoice, type LimitField, limitsFrom } from "./own-limits.ts";

const KINDS = ["plan", "own", "none"] as const;
const AMOUNT_MAX = 1_000_000_000;

type Choices = Record<LimitField, LimitChoice>;

/** Guarantee: `LIMITS` has each field once. */
function initialChoices(tenant: Tenant): Choices {
	return Object.fromEntries(LIMITS.map(({ field, size }) => [field, choiceFrom(tenant.limits, field, size)])) as Choices;
}

/** Limits of this tenant instead of its plan's; they stay when the plan changes. */
export function OwnLimits({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
	const { data: plans } = useQuery(plansQuery);
	const plan = plans?.find(({ id }) => id === tenant.plan_id);
	const [choices, setChoices] = useState(() => initialChoices(tenant));
	const [tried, setTried] = useState(false);
	const { finish } = useFormGuard();
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = useTenantsChanged();
	const isMissing = ({ kind, amount }: LimitChoice) => kind === "own" && amount === "";
	async function save(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		setTried(true);
		if (Object.values(choices).some(isMissing)) return goToFirstFault(event.currentTarget);
		const saved = await action.run(() => confirmed(() => patchTenant(tenant.id, { limits: limitsFrom(choices, tenant.limits) })));
		if (!saved) return;
		changed();
		toaster.done(`The limits of ${tenant.name} hold from the next request on.`);
		finish();
		onClose();
	}
	return (
		<form noValidate onSubmit={(event) => void save(event)}>
			<Stack gap="md">
				<Text size="sm" className="kw-wrap">
					What you choose here holds for{" "}
					<bdi className="kw-name" title={tenant.name}>
						{tenant.name}
					</bdi>{" "}
					instead of the plan's limit, also after its plan changes. What is above a lower limit keeps working; nothing new is made.
				</Text>
				{LIMITS.map(({ field, name, unit, size }) => (
					<Group key={field} gap={8} align="flex-start" wrap="nowrap">
						<Select
							label={name}
							flex={1}
							data={KINDS.map((kind) => ({
								value: kind,
								label: {
									plan: plan === undefined ? "As the plan" : `As the plan: ${formatLimit(field, getPlanLimit(plan, field))}`,
									own: "A number of its own",
									none: "Without limit",
								}[kind],
							}))}
							value={choices[field].kind}
							onChange={(value) =>
								setChoices({ ...choices, [field]: { kind: KINDS.find((kind) => kind === value) ?? "plan", amount: choices[field].amount } })
							}
						/>
						<NumberInput
							label={unit}
							aria-label={`${name}: ${unit}`}
							w={140}
							min={0}
							max={AMOUNT_MAX}
							allowDecimal={size !== 1}
							allowNegative={false}
							thousandSeparator=","
							disabled={choices[field].kind !== "own"}
							value={choices[field].kind === "own" ? choices[field].amount : ""}
							onChange={(value) => setChoices({ ...choices, [field]: { kind: "own", amount: value === "" ? "" : Number(value) } })}
							error={tried && isMissing(choices[field]) ? "Write a number." : undefined}
						/>
					</Group>
				))}
				{tenant.limits?.rate_limits !== undefined && (
					<Text size="sm" c="dimmed">
						It has rate limits of its own, set by the API. They stay as they are.
					</Text>
				)}
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<LeaveButton>Go back</LeaveButton>
					<Button type="submit" loading={action.pending}>
						Save these limits
					</Button>
				</Group>
			</Stack>
		</form>
	);
}
