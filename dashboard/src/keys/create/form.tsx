import { Autocomplete, Box, Button, Group, Radio, SimpleGrid, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { useAccess, useSession } from "../../access/session.ts";
import { answered, api } from "../../http/api.ts";
import { formatRequirements } from "../../plans/key-policy.ts";
import type { Member } from "../../tenants/team-queries.ts";
import { ChoiceCard } from "../../ui/choice-card.tsx";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { Labelled } from "../../ui/form/labelled.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SheetFoot } from "../../ui/sheet-foot.tsx";
import { useAction } from "../../ui/use-action.ts";
import { type ApiKey, choicesQuery, useKeysChanged } from "../queries.ts";
import type { Warning } from "../show-once/panel.tsx";
import type { Made } from "../show-once/sheet.tsx";
import { ENVIRONMENT_WORDS, ENVIRONMENTS, type Environment } from "../words.ts";
import { toBody } from "./body.ts";
import { ExpirySelect, RotationSelect } from "./end-fields.tsx";
import { faultsByField, validateKeyPolicy } from "./key-policy.ts";
import type { Choices } from "./more.tsx";
import { NameField } from "./name-field.tsx";
import { CreateOther, OTHER_FIELDS } from "./other-fields.tsx";
import { PermissionsField } from "./permissions-field.tsx";
import { SitesField } from "./sites-field.tsx";
import { type CreateValues, formatSentence, getName, sitesAtFirst, validateValues, valuesAtFirst } from "./values.ts";
import { CreateWay } from "./way.tsx";

const NAME_CHARACTERS_MAX = 200;

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

interface FormProps {
	readonly tenant_id: string;
	readonly choices: Choices;
	readonly members: readonly Member[];
	readonly onMade: (made: Made) => void;
	readonly onFilled: (filled: boolean) => void;
	readonly onCancel: () => void;
}

/** The main settings on one screen, rarely changed ones collapsed, and one sentence that says what will be created. */
export function CreateForm({ tenant_id, choices, members, onMade, onFilled, onCancel }: FormProps) {
	const { person, mail } = useSession();
	const { plan, key_policy } = useAccess();
	const { data: names } = useQuery(choicesQuery(tenant_id));
	const { offered, sites, plan_limits } = choices;
	const [other, setOther] = useState(false);
	const confirmed = useConfirmed();
	const changed = useKeysChanged(tenant_id);
	const action = useAction();
	const form = useForm<CreateValues>({
		mode: "controlled",
		initialValues: valuesAtFirst({ owner: person.name, max_key_lifetime_days: plan.max_key_lifetime_days, offered, sites }),
		validate: (values) => ({
			...validateKeyPolicy(key_policy, values, { offered, members }),
			...validateValues(values, { ...plan, rate_limits: plan_limits }, Date.now()),
		}),
		onValuesChange: () => action.error !== null && action.reset(),
	});
	const { values } = form;
	const filled = form.isDirty();
	// Before the next event: an Esc must find it.
	useLayoutEffect(() => onFilled(filled), [filled, onFilled]);

	async function create(): Promise<void> {
		const people = [...members, { name: person.name, email: person.email }];
		const body = toBody(form.values, { people, plan_limits, now_ms: Date.now() });
		const made = await action.run(() =>
			confirmed(() => answered(api.POST("/api/v1/tenants/{tenant_id}/api-keys", { params: { path: { tenant_id } }, body }))).catch(
				(error: unknown) => {
					const faults = faultsByField(error);
					if (OTHER_FIELDS.some((field) => field in faults)) setOther(true);
					form.setErrors(faults);
					throw error;
				},
			),
		);
		if (!made) return;
		changed();
		onFilled(false);
		onMade(madeFrom(made));
	}

	function setEnvironment(environment: Environment): void {
		const site_ids = values.site_ids === null ? null : sitesAtFirst(sites, environment);
		form.setValues({ environment, site_ids: sites.length === 0 ? null : site_ids });
	}

	return (
		<form
			noValidate
			className="kw-sheet-form"
			onSubmit={form.onSubmit(create, (errors, _values, event) => {
				if (OTHER_FIELDS.some((field) => field in errors)) setOther(true);
				if (event) goToFirstFault(event.currentTarget);
			})}
		>
			<Stack gap={12} flex={1} pb={12}>
				<NameField form={form} integrations={names?.integrations ?? []} />
				<Radio.Group
					label={<Labelled text="Which environment?" by="It works only at sites of this environment" />}
					value={values.environment}
					onChange={(value) => setEnvironment(ENVIRONMENTS.find((known) => known === value) ?? "prod")}
				>
					<SimpleGrid cols={{ base: 1, xs: 3 }} spacing={8} mt={4}>
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
				{values.environment === "prod" && key_policy.length > 0 && (
					<Text size="sm" data-key-policy>
						Production keys must have <b>{formatRequirements(key_policy)}</b>.
					</Text>
				)}
				<SimpleGrid cols={{ base: 1, xs: 2 }} spacing={12} verticalSpacing={12}>
					<Autocomplete
						label="Who is responsible?"
						openOnFocus={false}
						data={[...new Set([person.name, ...members.map((member) => member.name)])]}
						maxLength={NAME_CHARACTERS_MAX}
						required
						withAsterisk={false}
						{...form.getInputProps("owner")}
					/>
					<SitesField form={form} sites={sites} />
				</SimpleGrid>
				<PermissionsField form={form} offered={offered} capabilities={choices.capabilities} />
				<SimpleGrid cols={{ base: 1, xs: 2 }} spacing={12} verticalSpacing={12}>
					<ExpirySelect form={form} max_days={plan.max_key_lifetime_days} />
					<RotationSelect form={form} />
				</SimpleGrid>
				<CreateWay way={form.getInputProps("way")} email={mail && values.way === "handover" ? form.getInputProps("email") : null} />
				<CreateOther form={form} mail={mail} plan_limits={plan_limits} opened={other} onOpened={setOther} />
				<Problem error={action.error} />
			</Stack>
			<SheetFoot>
				<Sentence values={values} choices={choices} />
				{names?.live_names.includes(getName(values)) && (
					<Text size="sm" mt={4} c="var(--kw-attention)" role="status" className="kw-wrap">
						<span aria-hidden="true">◐ </span>Another live key has this name. Add what distinguishes this one, so that the wrong key is not revoked.
					</Text>
				)}
				<Group gap={8} mt="sm" wrap="nowrap">
					<Button type="submit" loading={action.pending} size="md" flex={1}>
						{values.way === "handover" ? "Create the key and make the link" : "Create the key and show it once"}
					</Button>
					<Button variant="default" size="md" onClick={onCancel} visibleFrom="xs">
						Cancel
					</Button>
				</Group>
			</SheetFoot>
		</form>
	);
}

function Sentence({ values, choices }: { values: CreateValues; choices: Choices }) {
	const sites = new Map(choices.sites.map(({ id, name }) => [id, name]));
	const names = { sites, offered: choices.offered, formatDate: (time: string) => day.format(new Date(time)) };
	const sentence = formatSentence(values, names, Date.now());
	return (
		<Box className="kw-sentence" data-sentence>
			<Text size="sm" className="kw-wrap">
				{sentence === null ? (
					"Say what the key is for, and its name is made of that."
				) : (
					<>
						<b className="kw-name" title={sentence.name}>
							{sentence.name}
						</b>
						: {sentence.text}
					</>
				)}
			</Text>
		</Box>
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
