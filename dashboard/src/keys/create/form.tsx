import { Autocomplete, Box, Button, Collapse, Radio, SimpleGrid, Stack, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { useAccess, useSession } from "../../access/session.ts";
import { answered, api } from "../../http/api.ts";
import { capabilitiesQuery, limitsQuery, permissionsQuery } from "../../plans/queries.ts";
import { sitesQuery } from "../../tenants/site-queries.ts";
import { membersQuery } from "../../tenants/team-queries.ts";
import { ChoiceCard } from "../../ui/choice-card.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SheetFoot } from "../../ui/sheet-foot.tsx";
import { useAction } from "../../ui/use-action.ts";
import { type ApiKey, choicesQuery, useKeysChanged } from "../queries.ts";
import type { Warning } from "../show-once/panel.tsx";
import type { Made } from "../show-once/sheet.tsx";
import { ENVIRONMENT_WORDS, ENVIRONMENTS } from "../words.ts";
import { bodyOf } from "./body.ts";
import { CreateMore } from "./more.tsx";
import { type CreateValues, composeName, formatSentence, getName, validateValues, valuesAtFirst } from "./values.ts";
import { CreateWay } from "./way.tsx";

const NAME_CHARACTERS_MAX = 200;
const MORE_FIELDS: readonly (keyof CreateValues)[] = ["name", "permissions", "site_ids", "allowed_ips", "rate_limits", "expiry"];

const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });

/** Three questions, a collapsed section with the rest, the way of delivery, and one sentence that says what will be created. */
export function CreateForm({ tenant_id, onMade }: { tenant_id: string; onMade: (made: Made) => void }) {
	const { person, mail } = useSession();
	const { plan } = useAccess();
	const { data: permissions } = useQuery(permissionsQuery(tenant_id));
	const { data: capabilities } = useQuery(capabilitiesQuery(tenant_id));
	const { data: limits } = useQuery(limitsQuery(tenant_id));
	const { data: sites } = useQuery(sitesQuery(tenant_id));
	const { data: members } = useQuery(membersQuery(tenant_id));
	const { data: choices } = useQuery(choicesQuery(tenant_id));
	const plan_limits = limits?.rate_limits ?? [];
	const [more, setMore] = useState(false);
	const confirmed = useConfirmed();
	const changed = useKeysChanged(tenant_id);
	const action = useAction();
	const form = useForm<CreateValues>({
		mode: "controlled",
		initialValues: valuesAtFirst(person.name, plan.max_key_lifetime_days),
		validate: (values) => validateValues(values, { ...plan, rate_limits: plan_limits }, Date.now()),
		onValuesChange: () => action.error !== null && action.reset(),
	});
	const { values } = form;
	const offered = permissions?.data ?? [];

	async function create(): Promise<void> {
		const people = [...(members?.data ?? []), { name: person.name, email: person.email }];
		const body = bodyOf(form.values, { people, plan_limits, now_ms: Date.now() });
		const made = await action.run(() =>
			confirmed(() => answered(api.POST("/api/v1/tenants/{tenant_id}/api-keys", { params: { path: { tenant_id } }, body }))),
		);
		if (!made) return;
		changed();
		onMade(madeFrom(made));
	}

	return (
		<form
			noValidate
			onSubmit={form.onSubmit(create, (errors) => {
				if (MORE_FIELDS.some((field) => field in errors)) setMore(true);
			})}
		>
			<Stack gap="lg">
				<Autocomplete
					label="What is it for?"
					description="The program that will use it, such as: order bot"
					placeholder="order bot"
					data={choices?.integrations ?? []}
					openOnFocus={false}
					maxLength={NAME_CHARACTERS_MAX}
					required
					withAsterisk={false}
					data-autofocus
					{...form.getInputProps("integration")}
				/>
				<Radio.Group label="Which environment?" description="A key works only at sites of its own environment" {...form.getInputProps("environment")}>
					<SimpleGrid cols={{ base: 1, xs: 3 }} spacing={8} mt={8}>
						{ENVIRONMENTS.map((environment) => (
							<ChoiceCard
								key={environment}
								value={environment}
								title={ENVIRONMENT_WORDS[environment].name}
								text={ENVIRONMENT_WORDS[environment].means}
							/>
						))}
					</SimpleGrid>
				</Radio.Group>
				<Autocomplete
					label="Who is responsible?"
					description="Who is asked when something about it has to be decided"
					openOnFocus={false}
					data={[...new Set([person.name, ...(members?.data ?? []).map((member) => member.name)])]}
					maxLength={NAME_CHARACTERS_MAX}
					required
					withAsterisk={false}
					{...form.getInputProps("owner")}
				/>
				<Box>
					<UnstyledButton onClick={() => setMore(!more)} aria-expanded={more} aria-controls="create-more" fw={500} fz="md">
						{more ? <IconChevronDown size={14} aria-hidden="true" /> : <IconChevronRight size={14} aria-hidden="true" />} More: name, permissions,
						sites, addresses, limits, expiry
					</UnstyledButton>
					<Collapse expanded={more} id="create-more">
						<Stack gap="lg" pt="md">
							<TextInput
								label="Name"
								description="Composed of environment and purpose unless you write another"
								value={values.name ?? composeName(values.integration, values.environment)}
								maxLength={NAME_CHARACTERS_MAX}
								onChange={(event) => form.setFieldValue("name", event.currentTarget.value)}
								error={form.errors.name}
							/>
							<CreateMore
								form={form}
								choices={{ offered, capabilities: capabilities?.data ?? [], sites: sites?.data ?? [], plan_limits }}
								max_days={plan.max_key_lifetime_days}
							/>
						</Stack>
					</Collapse>
				</Box>
				<CreateWay way={form.getInputProps("way")} email={mail && values.way === "handover" ? form.getInputProps("email") : null} />
				<Problem error={action.error} />
				<SheetFoot>
					<Text size="sm" className="kw-wrap" data-sentence>
						{formatSentence(
							values,
							{ sites: new Map((sites?.data ?? []).map(({ id, name }) => [id, name])), offered, formatDate: (time) => day.format(new Date(time)) },
							Date.now(),
						)}
					</Text>
					{choices?.live_names.includes(getName(values)) && (
						<Text size="sm" mt={4} c="var(--kw-attention)" role="status" className="kw-wrap">
							<span aria-hidden="true">◐ </span>Another live key has this name. Add what distinguishes this one, so that the wrong key is not revoked.
						</Text>
					)}
					<Button type="submit" loading={action.pending} size="md" fullWidth mt="sm">
						{values.way === "handover" ? "Create key and make the link" : "Create key and show it once"}
					</Button>
				</SheetFoot>
			</Stack>
		</form>
	);
}

/** The response to a creation: with a link or with a raw key. */
type Answer = { readonly key: ApiKey; readonly warnings?: readonly Warning[] } & (
	| { readonly raw_key: string }
	| { readonly handover_url: string; readonly mailed: boolean }
);

function madeFrom(answer: Answer): Made {
	const { key, warnings = [] } = answer;
	if ("raw_key" in answer) return { kind: "shown", key, raw_key: answer.raw_key, warnings };
	return { kind: "handed", key, url: answer.handover_url, mailed: answer.mailed, warnings };
}
