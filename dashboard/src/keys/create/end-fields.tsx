import { Group, Select, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useEffect, useRef } from "react";
import { Mailed } from "../../tenants/mailed.tsx";
import { FieldAside } from "../../ui/form/field-aside.tsx";
import { DAY_MS } from "../../ui/time-units.ts";
import { getSchedule, SCHEDULES, scheduleFrom } from "../schedule-words.ts";
import { formatMails } from "./mails.ts";
import { type CreateValues, counted, EXPIRY_DAYS, type Expiry, getDay, ROTATION_DAYS } from "./values.ts";

type Form = UseFormReturnType<CreateValues>;

const DATE_WIDTH_PX = 124;
const date_format = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** The date that a number of days leads to, at the right of its field. */
function dated(days: number) {
	return {
		rightSection: <FieldAside>{date_format.format(Date.now() + days * DAY_MS)}</FieldAside>,
		rightSectionWidth: DATE_WIDTH_PX,
		rightSectionPointerEvents: "none" as const,
	};
}

const NEVER = "never";
const DATE = "date";

function expiryFrom(value: string | null): Expiry {
	if (value === NEVER || value === null) return { kind: "never" };
	return value === DATE ? { kind: "date", date: "" } : { kind: "days", days: Number(value) };
}

interface ExpiryProps {
	readonly form: Form;
	readonly max_days: number | null;
	/** Whether it takes the focus first. */
	readonly begins?: boolean;
}

/** When the key ends: in some days, on a date, or never where the plan allows that. */
export function ExpirySelect({ form, max_days, begins = false }: ExpiryProps) {
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
				label="When does it end?"
				{...(max_days === null ? {} : { description: `In your plan after ${counted(max_days, "day")} at the latest` })}
				data={[
					...(max_days === null ? [{ value: NEVER, label: "Never" }] : []),
					...days.map((count) => ({ value: String(count), label: `In ${counted(count, "day")}` })),
					{ value: DATE, label: "On a date" },
				]}
				value={expiry.kind === "days" ? String(expiry.days) : expiry.kind}
				{...(expiry.kind === "days" ? dated(expiry.days) : {})}
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

/** How often the key is to be replaced. */
export function RotationSelect({ form }: { form: Form }) {
	const { rotate_every_days } = form.values;
	const periods = [...new Set([...ROTATION_DAYS, ...(rotate_every_days === null ? [] : [rotate_every_days])])].sort((a, b) => a - b);
	return (
		<Select
			label="Replace it every"
			data={[...periods.map((days) => ({ value: String(days), label: counted(days, "day") })), { value: NEVER, label: "Not on a schedule" }]}
			value={rotate_every_days === null ? NEVER : String(rotate_every_days)}
			{...(rotate_every_days === null ? {} : dated(rotate_every_days))}
			onChange={(value) => {
				form.setFieldValue("rotate_every_days", value === NEVER || value === null ? null : Number(value));
				if (value === NEVER) form.setFieldValue("auto_rotate", null);
			}}
		/>
	);
}

/** What happens when the key is due; nothing without a period. `mail`: whether the server can mail a link. */
export function ScheduleSelect({ form, mail }: { form: Form; mail: boolean }) {
	const { rotate_every_days, auto_rotate } = form.values;
	if (rotate_every_days === null) return null;
	return (
		<Select
			label="When it is due"
			description={getSchedule(auto_rotate).means}
			allowDeselect={false}
			data={SCHEDULES.map(({ value, name }) => ({
				value: value ?? "",
				label: name,
				disabled: value === "handover" && !mail && auto_rotate !== value,
			}))}
			value={auto_rotate ?? ""}
			onChange={(value) => form.setFieldValue("auto_rotate", scheduleFrom(value))}
		/>
	);
}

/** What is mailed about the end and the replacement, below their fields. */
export function EndMails({ form }: { form: Form }) {
	const mails = formatMails(form.values);
	return mails === null ? null : <Mailed>{mails}</Mailed>;
}
