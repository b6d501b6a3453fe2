import { Alert, Autocomplete, Button, Group, List, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { useAccess } from "../../access/session.ts";
import { answered, api } from "../../http/api.ts";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { Problem } from "../../ui/problem.tsx";
import { SheetFoot } from "../../ui/sheet-foot.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { type Choices, CreateMore } from "../create/more.tsx";
import { type CreateValues, type PlanBounds, validateValues } from "../create/values.ts";
import { type ApiKey, useKeysChanged } from "../queries.ts";
import { EditLabels } from "./labels.tsx";
import { NarrowingPreview, NarrowingSuggestion } from "./narrowing.tsx";
import {
	type EditValues,
	fieldsThatDiffer,
	formatField,
	type Label,
	type Meanwhile,
	mergedWith,
	toNarrowing,
	toPatch,
	toValues,
	validateLabels,
	withPermissions,
} from "./values.ts";

const NAME_CHARACTERS_MAX = 200;
const EMAIL_CHARACTERS_MAX = 254;
const ONE = "/api/v1/tenants/{tenant_id}/api-keys/{key_id}";

export interface Around {
	readonly choices: Choices;
	readonly people: readonly { readonly id: string; readonly name: string; readonly email: string | null }[];
}

export interface FormProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly around: Around;
	/** Whether closing would lose changes. */
	readonly onFilled: (filled: boolean) => void;
	readonly onSaved: () => void;
	readonly onCancel: () => void;
	readonly at?: "expiry";
	/** Takes away at once what the key did not need. */
	readonly narrows?: boolean;
}

/** The fields shared with the create form, in its shape. */
function toFormValues(values: EditValues): CreateValues {
	const { owner_email: _email, labels: _labels, ...rest } = values;
	return { ...rest, way: "show", email: "" };
}

/** Validates changed fields only: a key may have values that could not be chosen today. */
function faultsOfChanged(values: EditValues, before: EditValues, plan: PlanBounds): Partial<Record<keyof CreateValues, string>> {
	const changed = new Set<string>(fieldsThatDiffer(before, values));
	const faults = validateValues(toFormValues(values), plan, Date.now());
	const kept = Object.entries(faults).filter(([field]) => changed.has(field) && field !== "integration");
	return Object.fromEntries(kept);
}

/** Edits a key. Shows concurrent changes before saving overwrites them. */
export function EditForm({ tenant_id, apiKey, around, onFilled, onSaved, onCancel, at, narrows = false }: FormProps) {
	const { plan } = useAccess();
	const { plan_limits } = around.choices;
	const [before, setBefore] = useState(apiKey);
	const [email, setEmail] = useState(apiKey.owner.email ?? "");
	const [labels, setLabels] = useState<readonly Label[]>(toValues(apiKey).labels);
	const [meanwhile, setMeanwhile] = useState<readonly Meanwhile[]>([]);
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = useKeysChanged(tenant_id);
	const complete = (values: CreateValues): EditValues => withPermissions({ ...values, owner_email: email, labels }, around.choices.offered);
	const form = useForm<CreateValues>({
		mode: "controlled",
		initialValues: toFormValues(toValues(apiKey)),
		validate: (values) => faultsOfChanged(complete(values), toValues(before), { ...plan, rate_limits: plan_limits }),
	});
	const field = useRef<HTMLInputElement>(null);
	useEffect(() => {
		if (at === undefined) field.current?.focus();
	}, [at]);
	const labelFault = validateLabels(labels);
	const of = { tenant_id, key_id: apiKey.id };
	const filled = fieldsThatDiffer(toValues(before), complete(form.values)).length > 0;
	// Before the next event: an Esc must find it.
	useLayoutEffect(() => onFilled(filled), [filled, onFilled]);

	async function save(): Promise<void> {
		if (labelFault !== null) return;
		const path = { tenant_id, key_id: apiKey.id };
		const outcome = await action.run(async () => {
			const now = await answered(api.GET(ONE, { params: { path } }));
			const merged = mergedWith(complete(form.values), before, now);
			if (merged.changes.length > 0) return { now, merged };
			const body = toPatch(now, merged.values, { people: around.people, plan_limits, now_ms: Date.now() });
			await confirmed(() => answered(api.PATCH(ONE, { params: { path }, body })));
			return "saved" as const;
		});
		if (outcome === undefined) return;
		changed();
		if (outcome === "saved") {
			toaster.done(`${form.values.name?.trim()} is saved.`);
			onSaved();
			return;
		}
		setBefore(outcome.now);
		setMeanwhile(outcome.merged.changes);
		form.setValues(toFormValues(outcome.merged.values));
		setEmail(outcome.merged.values.owner_email);
		setLabels(outcome.merged.values.labels);
	}

	return (
		<form
			noValidate
			className="kw-sheet-form"
			onSubmit={form.onSubmit(
				() => void save(),
				(_errors, _values, event) => event && goToFirstFault(event.currentTarget),
			)}
		>
			<Stack gap="md" flex={1} pb="md">
				<TextInput
					ref={field}
					label="Name"
					required
					withAsterisk={false}
					maxLength={NAME_CHARACTERS_MAX}
					data-autofocus={at === undefined || undefined}
					{...form.getInputProps("name")}
				/>
				<TextInput
					label="What is it for?"
					description="The program that uses it"
					maxLength={NAME_CHARACTERS_MAX}
					{...form.getInputProps("integration")}
				/>
				<Autocomplete
					label="Who is responsible?"
					data={[...new Set(around.people.map((person) => person.name))]}
					maxLength={NAME_CHARACTERS_MAX}
					required
					withAsterisk={false}
					{...form.getInputProps("owner")}
					onOptionSubmit={(name) => setEmail(around.people.find((person) => person.name === name)?.email ?? "")}
				/>
				<TextInput
					label="Their e-mail address"
					description="Optional; who is written to when something about the key has to be decided"
					type="email"
					autoComplete="off"
					maxLength={EMAIL_CHARACTERS_MAX}
					value={email}
					onChange={(event) => setEmail(event.currentTarget.value)}
				/>
				{!apiKey.canary && (
					<CreateMore
						form={form}
						choices={around.choices}
						max_days={plan.max_key_lifetime_days}
						begins_at_expiry={at === "expiry"}
						of={of}
						below_scope={
							<>
								<NarrowingSuggestion
									of={of}
									at_once={narrows}
									onNarrow={(narrower) => form.setValues(narrower)}
									onNetworks={form.values.allowed_ips.length > 0 ? null : (networks) => form.setFieldValue("allowed_ips", networks)}
								/>
								<NarrowingPreview of={of} narrowing={toNarrowing(before, complete(form.values))} />
							</>
						}
					/>
				)}
				<EditLabels labels={labels} onLabels={setLabels} fault={labelFault} />
				{!apiKey.canary && (
					<Text size="sm" c="dimmed">
						What you save holds from that moment on, for every request. The raw key stays as it is: nothing has to be deployed.
					</Text>
				)}
				<ChangedMeanwhile changes={meanwhile} theirs={toValues(before)} />
				<Problem error={action.error} />
			</Stack>
			<SheetFoot>
				<Group justify="flex-end" gap={8}>
					<Button variant="default" onClick={onCancel}>
						Close without saving
					</Button>
					<Button type="submit" loading={action.pending}>
						{meanwhile.length > 0 ? "Save all the same" : "Save changes"}
					</Button>
				</Group>
			</SheetFoot>
		</form>
	);
}

function ChangedMeanwhile({ changes, theirs }: { changes: readonly Meanwhile[]; theirs: EditValues }) {
	if (changes.length === 0) return null;
	return (
		<Alert color="yellow" variant="light" role="alert" title="This key was changed while you edited it" data-meanwhile>
			<Text size="sm">Nothing of yours is saved yet. Since you opened this, the key has:</Text>
			<List size="sm" mt={4} className="kw-wrap">
				{changes.map(({ field, both }) => (
					<List.Item key={field}>
						{formatField(field, theirs)}
						{both ? "; saving writes yours in its place" : "; that stays"}
					</List.Item>
				))}
			</List>
		</Alert>
	);
}
