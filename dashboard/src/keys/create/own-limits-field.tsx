import { ActionIcon, Box, Button, Group, Input, NumberInput, Radio, Select, Stack, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useId } from "react";
import type { RateLimit } from "../../plans/plan-words.ts";
import { anotherLimit, type OwnLimit, planPace, validateLimits, windowsFor, withWindow } from "./own-limits.ts";
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
	const fault_id = useId();
	const shown = form.errors.rate_limits;
	const fault = shown === undefined ? null : validateLimits(limits, of_plan);
	const another = anotherLimit(limits);
	const set = (next: readonly OwnLimit[]) => form.setFieldValue("rate_limits", next);
	const pace = planPace(of_plan);
	return (
		<Box>
			<Radio.Group
				label="How many requests may it make?"
				description={pace ?? "Your plan does not limit how many are made in a short time"}
				value={limits.length === 0 ? "plan" : "own"}
				onChange={(value) => set(value === "plan" || another === null ? [] : [another])}
			>
				<Group gap="lg" mt={6}>
					<Radio value="plan" label="As many as the plan allows" />
					<Radio value="own" label="Fewer" />
				</Group>
			</Radio.Group>
			{limits.length > 0 && (
				<Stack gap={8} mt={8} role="group" aria-label="Limits of this key">
					{limits.map((limit, index) => (
						<LimitRow
							// biome-ignore lint/suspicious/noArrayIndexKey: a limit has no stable id while it is edited
							key={index}
							place={index + 1}
							limit={limit}
							fault_id={fault?.index === index ? fault_id : null}
							onLimit={(changed) => set(limits.map((other, at) => (at === index ? changed : other)))}
							onRemove={() => set(limits.filter((_, at) => at !== index))}
						/>
					))}
					{shown !== undefined && (
						<Input.Error id={fault_id} role="alert">
							{shown}
						</Input.Error>
					)}
					{another !== null && (
						<Group>
							<Button
								variant="default"
								size="compact-sm"
								leftSection={<IconPlus size={14} aria-hidden="true" />}
								onClick={() => set([...limits, another])}
							>
								Add a limit
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
	readonly limit: OwnLimit;
	/** Id of the element with the error text. */
	readonly fault_id: string | null;
	readonly onLimit: (limit: OwnLimit) => void;
	readonly onRemove: () => void;
}

function LimitRow({ place, limit, fault_id, onLimit, onRemove }: RowProps) {
	return (
		<Group gap={8} wrap="nowrap">
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
				onChange={(requests) => onLimit({ ...limit, requests: typeof requests === "number" ? requests : null })}
				error={fault_id !== null}
				{...(fault_id === null ? {} : { "aria-describedby": fault_id })}
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
				onChange={(value) => onLimit(withWindow(limit, Number(value)))}
			/>
			<ActionIcon variant="subtle" color="gray" aria-label={`Remove limit ${place}`} onClick={onRemove}>
				<IconTrash size={16} aria-hidden="true" />
			</ActionIcon>
		</Group>
	);
}
