import { NumberInput, Select, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { RateLimit } from "../../plans/plan-words.ts";
import { type RowProps, RowsField } from "../../ui/form/rows-field.tsx";
import { anotherLimit, type LimitFault, type OwnLimit, planPace, validateLimits, windowsFor, withWindow } from "./own-limits.ts";
import type { CreateValues } from "./values.ts";

const REQUESTS_MAX = 1_000_000_000;
/** Fits on one line on a phone. */
const NUMBER_WIDTH_PX = 96;
const WINDOW_WIDTH_PX = 128;

interface LimitsProps {
	readonly form: UseFormReturnType<CreateValues>;
	/** The plan's limits, shown to help with the choice. */
	readonly of_plan: readonly RateLimit[];
}

/** Whether this key gets lower limits than the plan's, and which. */
export function OwnLimitsField({ form, of_plan }: LimitsProps) {
	const limits = form.values.rate_limits;
	const shown = form.errors.rate_limits;
	return (
		<RowsField
			label="How many requests may it make?"
			description={planPace(of_plan) ?? "Your plan does not limit how many are made in a short time"}
			choices={{ none: "As many as the plan allows", own: "Fewer" }}
			what="limit"
			name="Limits of this key"
			rows={limits}
			onRows={(rate_limits: readonly OwnLimit[]) => form.setFieldValue("rate_limits", rate_limits)}
			another={anotherLimit(limits)}
			fault={shown === undefined ? null : validateLimits(limits, of_plan)}
			error={shown}
			renderRow={(props) => <LimitRow {...props} />}
		/>
	);
}

function LimitRow({ place, row: limit, onRow, fault_props }: RowProps<OwnLimit, LimitFault>) {
	return (
		<>
			<Text size="sm" visibleFrom="xs">
				At most
			</Text>
			<NumberInput
				aria-label={`Requests of limit ${place}`}
				w={NUMBER_WIDTH_PX}
				min={1}
				max={REQUESTS_MAX}
				allowDecimal={false}
				allowNegative={false}
				hideControls
				thousandSeparator=","
				value={limit.requests ?? ""}
				onChange={(requests) => onRow({ ...limit, requests: typeof requests === "number" ? requests : null })}
				{...fault_props}
			/>
			<Text size="sm" style={{ whiteSpace: "nowrap" }}>
				requests in
			</Text>
			<Select
				aria-label={`Time of limit ${place}`}
				maw={WINDOW_WIDTH_PX}
				flex={1}
				data={windowsFor(limit)}
				value={String(limit.window_seconds)}
				onChange={(value) => onRow(withWindow(limit, Number(value)))}
			/>
		</>
	);
}
