import { Box, Stack, Text, UnstyledButton } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import type { RateLimit } from "../../plans/plan-words.ts";
import { formatBudgets } from "../budgets/budgets.ts";
import { BudgetsField } from "../budgets/field.tsx";
import { getSchedule } from "../schedule-words.ts";
import { EndMails, ScheduleSelect } from "./end-fields.tsx";
import { AddressesField } from "./more.tsx";
import { formatLimits } from "./own-limits.ts";
import { OwnLimitsField } from "./own-limits-field.tsx";
import { type CreateValues, counted } from "./values.ts";

export const OTHER_FIELDS: readonly (keyof CreateValues)[] = ["auto_rotate", "allowed_ips", "rate_limits", "budgets"];

interface OtherProps {
	readonly form: UseFormReturnType<CreateValues>;
	/** Whether the server can mail a link. */
	readonly mail: boolean;
	readonly plan_limits: readonly RateLimit[];
	readonly opened: boolean;
	readonly onOpened: (opened: boolean) => void;
}

function formatDue(auto_rotate: CreateValues["auto_rotate"]): string {
	const { name } = getSchedule(auto_rotate);
	return name.charAt(0).toLowerCase() + name.slice(1);
}

/** Settings that most keys leave at their defaults, collapsed to a line that summarizes them. */
export function CreateOther({ form, mail, plan_limits, opened, onOpened }: OtherProps) {
	const { allowed_ips, rate_limits, budgets, rotate_every_days, auto_rotate } = form.values;
	const addresses = allowed_ips.length === 0 ? "anywhere" : counted(allowed_ips.length, "network");
	const Chevron = opened ? IconChevronDown : IconChevronRight;
	return (
		<Box>
			<UnstyledButton
				onClick={() => onOpened(!opened)}
				aria-expanded={opened}
				aria-controls="create-other"
				style={{ display: "flex", gap: 8, alignItems: "center" }}
			>
				<Chevron size={16} aria-hidden="true" />
				<Text span size="sm" fw={600}>
					More
				</Text>
				<Text span size="xs" c="dimmed" className="kw-wrap">
					{rotate_every_days !== null && `when due: ${formatDue(auto_rotate)} · `}addresses: {addresses} · limits:{" "}
					{[formatLimits(rate_limits), formatBudgets(budgets)].filter((part) => part !== null).join(", ") || "those of your plan"}
				</Text>
			</UnstyledButton>
			<div id="create-other">
				{opened && (
					<Stack gap="md" pt="sm">
						<ScheduleSelect form={form} mail={mail} />
						<EndMails form={form} />
						<AddressesField form={form} />
						<OwnLimitsField form={form} of_plan={plan_limits} />
						<BudgetsField budgets={budgets} onBudgets={(next) => form.setFieldValue("budgets", next)} error={form.errors.budgets} />
					</Stack>
				)}
			</div>
		</Box>
	);
}
