import { Button, Radio, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useLayoutEffect } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { useSession } from "../../access/session.ts";
import { answered, api } from "../../http/api.ts";
import { CreateWay } from "../../keys/create/way.tsx";
import { type ApiKey, previewQuery, useKeysChanged } from "../../keys/queries.ts";
import { isInUse, WhatUses } from "../../keys/revoke/what-uses.tsx";
import type { Made } from "../../keys/show-once/sheet.tsx";
import { useKeyUnchanged } from "../../keys/unchanged.ts";
import { ChoiceCard } from "../../ui/choice-card.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SheetFoot } from "../../ui/sheet-foot.tsx";
import { useAction } from "../../ui/use-action.ts";
import { formatMoment } from "../moment.ts";
import type { Rotation } from "../queries.ts";
import { formatButton, getLastDay, OVERLAPS, type ReplaceValues, toBody, UNTIL, VALUES_AT_FIRST, withUntil } from "./choice.ts";
import { madeFrom } from "./made.tsx";
import { ReplaceStays } from "./stays.tsx";

interface FormProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly onMade: (made: Made, rotation: Rotation) => void;
	/** Whether closing would lose input. */
	readonly onFilled: (filled: boolean) => void;
}

/** Asks how long the old key keeps working and how the new one is delivered, and shows what changes. */
export function ReplaceForm({ tenant_id, apiKey, onMade, onFilled }: FormProps) {
	const { mail } = useSession();
	const { data: preview } = useQuery(previewQuery(tenant_id, apiKey.id));
	const confirmed = useConfirmed();
	const changed = useKeysChanged(tenant_id);
	const assertUnchanged = useKeyUnchanged(tenant_id);
	const action = useAction();
	const form = useForm<ReplaceValues>({
		mode: "controlled",
		initialValues: VALUES_AT_FIRST,
		onValuesChange: () => action.error !== null && action.reset(),
	});
	const { values } = form;
	const filled = form.isDirty();
	// Before the next event: an Esc must find it.
	useLayoutEffect(() => onFilled(filled), [filled, onFilled]);
	const now_ms = Date.now();
	const typing = values.until === "now" && isInUse(apiKey, preview, now_ms);
	const ready = !typing || values.typed.trim() === apiKey.name.trim();

	async function begin(): Promise<void> {
		const params = { path: { tenant_id, key_id: apiKey.id } };
		const body = toBody(form.values);
		const made = await action.run(async () => {
			await assertUnchanged(apiKey);
			return confirmed(() => answered(api.POST("/api/v1/tenants/{tenant_id}/api-keys/{key_id}/rotate", { params, body })));
		});
		if (!made) return;
		changed();
		onMade(madeFrom(tenant_id, made), made.rotation);
	}

	return (
		<form noValidate onSubmit={form.onSubmit(() => (ready ? begin() : undefined))}>
			<Stack gap="lg">
				<Text size="sm" className="kw-wrap">
					A new key takes the place of the old one. What uses <b>{apiKey.name}</b> gets the new key, client by client, and a page shows who has moved.
				</Text>
				<Radio.Group
					label="How long does the old key keep working?"
					value={values.until}
					onChange={(value) => form.setValues(withUntil(form.values, UNTIL.find((known) => known === value) ?? "moved"))}
				>
					<Stack gap={8} mt={8}>
						<ChoiceCard value="moved" title="Until everything has moved" text={untilMoved(now_ms, mail)} />
						<ChoiceCard value="time" title="For a fixed time" text="Both work until then. Then the old key ends, even if it is still in use." />
						<ChoiceCard
							value="now"
							title="Not at all: it may have leaked"
							text="The old key ends at once, everywhere. What still uses it is refused until it has the new one."
						/>
					</Stack>
				</Radio.Group>
				{values.until === "time" && <FixedTime form={form} now_ms={now_ms} />}
				{values.until === "now" && <WhatUses tenant_id={tenant_id} apiKey={apiKey} action="replace" />}
				<CreateWay way={form.getInputProps("way")} email={mail && values.way === "handover" ? form.getInputProps("email") : null} />
				{values.way === "handover" && <AboutTheLink until={values.until} />}
				<ReplaceStays apiKey={apiKey} preview={preview} />
				<Problem error={action.error} />
				<SheetFoot>
					{typing && (
						<TextInput
							mb="sm"
							label={`Type "${apiKey.name}" to confirm`}
							description="It was used in the last day"
							autoComplete="off"
							className="kw-wrap"
							{...form.getInputProps("typed")}
						/>
					)}
					<Button
						type="submit"
						size="md"
						fullWidth
						h="auto"
						mih={42}
						py={8}
						styles={{ label: { whiteSpace: "normal" } }}
						disabled={!ready}
						loading={action.pending}
						{...(values.until === "now" ? { color: "red" } : {})}
					>
						{formatButton(values)}
					</Button>
				</SheetFoot>
			</Stack>
		</form>
	);
}

function untilMoved(now_ms: number, mail: boolean): string {
	const last = formatMoment(getLastDay({ ...VALUES_AT_FIRST, until: "moved" }, now_ms) ?? now_ms);
	const shown = `The page of the replacement shows who is missing${mail ? ", as does a daily mail to owners and admins" : ""}`;
	return `Both work meanwhile. ${shown}, and the old key ends by itself when all have moved: at the latest ${last}.`;
}

function FixedTime({ form, now_ms }: { form: ReturnType<typeof useForm<ReplaceValues>>; now_ms: number }) {
	const { values } = form;
	const ends_ms = getLastDay(values, now_ms);
	return (
		<Select
			label="Both work for"
			description={
				ends_ms === null
					? ""
					: `The old key ends ${formatMoment(ends_ms)}${values.way === "handover" ? ", counted from when the new key is revealed" : ""}.`
			}
			inputWrapperOrder={["label", "input", "description"]}
			data={OVERLAPS.map(({ seconds, label }) => ({ value: String(seconds), label }))}
			value={String(values.overlap_seconds)}
			onChange={(value) =>
				form.setFieldValue("overlap_seconds", OVERLAPS.find(({ seconds }) => String(seconds) === value)?.seconds ?? values.overlap_seconds)
			}
		/>
	);
}

/** With a link the old key's overlap starts at the reveal, which is wrong for an exposed key. */
function AboutTheLink({ until }: { until: ReplaceValues["until"] }) {
	if (until === "now") {
		return (
			<Text size="sm" c="var(--kw-attention)" role="status">
				<span aria-hidden="true">◐ </span>With a link the old key works until the new one is revealed. Show it once instead, or pause this key until
				the new one is in place.
			</Text>
		);
	}
	return (
		<Text size="sm" c="dimmed">
			The new key is made when its recipient reveals it, and only then does the time begin in which both work.
		</Text>
	);
}
