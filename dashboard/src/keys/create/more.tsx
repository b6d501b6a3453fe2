import { Box, Group, MultiSelect, Radio, TagsInput, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useSession } from "../../access/session.ts";
import type { RateLimit } from "../../plans/plan-words.ts";
import type { Capability, Permission } from "../../plans/queries.ts";
import type { Site } from "../../tenants/site-queries.ts";
import { BudgetsField } from "../budgets/field.tsx";
import { ENVIRONMENT_WORDS } from "../words.ts";
import { EndMails, ExpirySelect, RotationSelect, ScheduleSelect } from "./end-fields.tsx";
import { OwnLimitsField } from "./own-limits-field.tsx";
import { PermissionsField } from "./permissions-field.tsx";
import { type CreateValues, counted, usableSites } from "./values.ts";

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
	readonly of: { readonly tenant_id: string; readonly key_id: string };
	/** Shown below permissions, sites and addresses. */
	readonly below_scope?: React.ReactNode;
}

/** The settings of a key below its name and its responsible person, as the sheet that edits it shows them. */
export function CreateMore({ form, choices, max_days, begins_at_expiry = false, of, below_scope }: MoreProps) {
	const { offered, capabilities, sites, plan_limits } = choices;
	const { mail } = useSession();
	return (
		<>
			<PermissionsField form={form} offered={offered} capabilities={capabilities} />
			<Sites form={form} sites={sites} />
			<AddressesField form={form} />
			{below_scope}
			<OwnLimitsField form={form} of_plan={plan_limits} />
			<BudgetsField
				budgets={form.values.budgets}
				onBudgets={(budgets) => form.setFieldValue("budgets", budgets)}
				error={form.errors.budgets}
				of={of}
			/>
			<ExpirySelect form={form} max_days={max_days} begins={begins_at_expiry} />
			<RotationSelect form={form} />
			<ScheduleSelect form={form} mail={mail} />
			<EndMails form={form} />
		</>
	);
}

/** The addresses from which the key may be used. */
export function AddressesField({ form }: { form: Form }) {
	return (
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
	);
}

function Sites({ form, sites }: { form: Form; sites: readonly Site[] }) {
	const { environment, site_ids } = form.values;
	const usable = usableSites(sites, environment);
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
