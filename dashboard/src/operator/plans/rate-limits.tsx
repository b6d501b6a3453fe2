import { ActionIcon, Box, Button, Checkbox, Group, NumberInput, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconX } from "@tabler/icons-react";
import { NEW_RATE, type PlanValues, RATE_LIMITS_MAX } from "./values.ts";

const WINDOW_SECONDS_MAX = 3_600;
const REQUESTS_MAX = 1_000_000_000;
const PER = [
	{ value: "key", label: "each key" },
	{ value: "tenant", label: "the tenant" },
];

/** The rate limits of a plan, at most eight; a request has to fit all of them. */
export function RateLimits({ form }: { form: UseFormReturnType<PlanValues> }) {
	const { rate_limits } = form.values;
	return (
		<Box component="section" aria-label="Rate limits">
			<Title order={3}>How fast</Title>
			<Text size="sm" c="dimmed" mb="xs">
				{rate_limits.length === 0 ? "Nothing limits how many requests are made in a short time." : "A request has to fit each of these."}
			</Text>
			<Stack gap="sm">
				{rate_limits.map((_limit, index) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: the form addresses its rows by index, and they hold no state
					<Group key={index} gap={8} align="flex-start" wrap="wrap" role="group" aria-label={`Rate limit ${index + 1}`}>
						<TextInput
							label="Name"
							w={96}
							maxLength={32}
							spellCheck={false}
							autoComplete="off"
							classNames={{ input: "kw-mono" }}
							{...form.getInputProps(`rate_limits.${index}.name`)}
						/>
						<NumberInput
							label="Requests"
							w={88}
							min={1}
							max={REQUESTS_MAX}
							allowDecimal={false}
							thousandSeparator=","
							hideControls
							{...form.getInputProps(`rate_limits.${index}.requests`)}
						/>
						<NumberInput
							label="Seconds"
							w={68}
							min={1}
							max={WINDOW_SECONDS_MAX}
							allowDecimal={false}
							hideControls
							{...form.getInputProps(`rate_limits.${index}.window_seconds`)}
						/>
						<Select label="For" w={110} data={PER} {...form.getInputProps(`rate_limits.${index}.per`)} />
						<Checkbox label="Only when named" size="xs" mt={32} {...form.getInputProps(`rate_limits.${index}.named_only`, { type: "checkbox" })} />
						<ActionIcon
							variant="subtle"
							color="gray"
							mt={26}
							aria-label={`Remove rate limit ${index + 1}`}
							onClick={() => form.removeListItem("rate_limits", index)}
						>
							<IconX size={16} aria-hidden="true" />
						</ActionIcon>
					</Group>
				))}
			</Stack>
			{rate_limits.length < RATE_LIMITS_MAX && (
				<Button
					variant="default"
					size="xs"
					mt="sm"
					leftSection={<IconPlus size={14} aria-hidden="true" />}
					onClick={() => form.insertListItem("rate_limits", NEW_RATE)}
				>
					Add a rate limit
				</Button>
			)}
		</Box>
	);
}
