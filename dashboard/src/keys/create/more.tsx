import { Box, Group, MultiSelect, Radio, Select, TagsInput, Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useEffect, useRef } from "react";
import type { RateLimit } from "../../plans/plan-words.ts";
import type { Capability, Permission } from "../../plans/queries.ts";
import type { Site } from "../../tenants/site-queries.ts";
import { DAY_MS } from "../../ui/time-units.ts";
import { ENVIRONMENT_WORDS } from "../words.ts";
import { OwnLimitsField } from "./own-limits-field.tsx";
import { PermissionsField } from "./permissions-field.tsx";
import { type CreateValues, counted, EXPIRY_DAYS, type Expiry, getDay, ROTATION_DAYS } from "./values.ts";

type Form = UseFormReturnType<CreateValues>;

/** The tenant's sites and permissions to choose from. */
export interface Choices {
	readonly offered: readonly Permission[];
	readonly capabilities: readonly Capability[];
	readonly sites: readonly Site[];
	readonly plan_limits: readonly RateLimit[];
}

interface MoreProps {
	readonly form: Form;
	readonly choices: Choices;
	readonly max_days: number | null;
	/** Whether the sheet was opened to change the date only. */
	readonly begins_at_expiry?: boolean;
}

/** Settings that most keys leave at their defaults. */
export function CreateMore({ form, choices, max_days, begins_at_expiry = false }: MoreProps) {
	const { offered, capabilities, sites, plan_limits } = choices;
	return (
		<>
			<PermissionsField form={form} offered={offered} capabilities={capabilities} />
			<Sites form={form} sites={sites} />
			<TagsInput
				label="Addresses"
				description="Only from these addresses or networks; from anywhere when empty"
				placeholder={form.values.allowed_ips.length === 0 ? "203.0.113.0/24" : ""}
				splitChars={[",", " ", ";"]}
				acceptValueOnBlur
				value={[...form.values.allowed_ips]}
				onChange={(allowed_ips) => form.setFieldValue("allowed_ips", allowed_ips)}
				onBlur={() => form.values.allowed_ips.length > 0 && form.validateField("allowed_ips")}
				error={form.errors.allowed_ips}
			/>
			<OwnLimitsField form={form} of_plan={plan_limits} />
			<ExpirySelect form={form} max_days={max_days} begins={begins_at_expiry} />
			<RotationSelect form={form} />
		</>
	);
}

function Sites({ form, sites }: { form: Form; sites: readonly Site[] }) {
	const { environment, site_ids } = form.values;
	const usable = sites.filter((site) => site.environment === null || site.environment === environment);
	const others = sites.length - usable.length;
	const word = ENVIRONMENT_WORDS[environment].name.toLowerCase();
	const elsewhere = others === 0 ? "" : ` ${counted(others, "site")} of other environments cannot be used by it.`;
	return (
		<Box>
			<Radio.Group
				label="At which sites?"
				value={site_ids === null ? "all" : "some"}
				onChange={(value) => form.setFieldValue("site_ids", value === "all" ? null : [])}
			>
				<Group gap="lg" mt={6}>
					<Radio value="all" label="All sites, also those to come" />
					<Radio value="some" label="Only these" disabled={usable.length === 0} />
				</Group>
			</Radio.Group>
			<Text size="xs" c="dimmed" mt={6}>
				{usable.length === 0 ? `There is no site for ${word} yet.` : `${counted(usable.length, "site")} for ${word}.`}
				{elsewhere}
			</Text>
			{site_ids !== null && (
				<MultiSelect
					mt={8}
					aria-label="Sites"
					placeholder={site_ids.length === 0 ? "Choose sites" : ""}
					searchable
					data={usable.map(({ id, name }) => ({ value: id, label: name === id ? id : `${name} (${id})` }))}
					value={[...site_ids]}
					onChange={(chosen) => form.setFieldValue("site_ids", chosen)}
					error={form.errors.site_ids}
				/>
			)}
		</Box>
	);
}

const NEVER = "never";
const DATE = "date";

function expiryFrom(value: string | null): Expiry {
	if (value === NEVER || value === null) return { kind: "never" };
	return value === DATE ? { kind: "date", date: "" } : { kind: "days", days: Number(value) };
}

function ExpirySelect({ form, max_days, begins }: { form: Form; max_days: number | null; begins: boolean }) {
	const field = useRef<HTMLInputElement>(null);
	useEffect(() => {
		if (begins) field.current?.focus();
	}, [begins]);
	const { expiry } = form.values;
	const periods = [...EXPIRY_DAYS.filter((days) => max_days === null || days <= max_days)];
	const days = expiry.kind === "days" && !periods.some((period) => period === expiry.days) ? [expiry.days, ...periods] : periods;
	return (
		<Group align="flex-start" grow preventGrowOverflow={false} gap="sm">
			<Select
				ref={field}
				data-autofocus={begins || undefined}
				label="When does it expire?"
				description={max_days === null ? "An end that is known beforehand" : `In your plan after ${counted(max_days, "day")} at the latest`}
				data={[
					...(max_days === null ? [{ value: NEVER, label: "Never" }] : []),
					...days.map((count) => ({ value: String(count), label: `After ${counted(count, "day")}` })),
					{ value: DATE, label: "On a date" },
				]}
				value={expiry.kind === "days" ? String(expiry.days) : expiry.kind}
				onChange={(value) => form.setFieldValue("expiry", expiryFrom(value))}
				error={expiry.kind === "date" ? undefined : form.errors.expiry}
			/>
			{expiry.kind === "date" && (
				<TextInput
					type="date"
					label="Last day"
					description="It works until the end of this day"
					min={getDay(Date.now())}
					{...(max_days === null ? {} : { max: getDay(Date.now() + (max_days - 1) * DAY_MS) })}
					value={expiry.date}
					onChange={(event) => form.setFieldValue("expiry", { kind: "date", date: event.currentTarget.value })}
					error={form.errors.expiry}
				/>
			)}
		</Group>
	);
}

function RotationSelect({ form }: { form: Form }) {
	const { rotate_every_days } = form.values;
	const periods = [...new Set([...ROTATION_DAYS, ...(rotate_every_days === null ? [] : [rotate_every_days])])].sort((a, b) => a - b);
	return (
		<Select
			label="How often is it replaced?"
			description="The list and the key's page show when it is due; nothing stops working by itself"
			data={[
				...periods.map((days) => ({ value: String(days), label: `Every ${counted(days, "day")}` })),
				{ value: NEVER, label: "Not on a schedule" },
			]}
			value={rotate_every_days === null ? NEVER : String(rotate_every_days)}
			onChange={(value) => form.setFieldValue("rotate_every_days", value === NEVER || value === null ? null : Number(value))}
		/>
	);
}
