import { Anchor, Autocomplete, Group, Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useEffect, useRef } from "react";
import { Labelled } from "../../ui/form/labelled.tsx";
import { type CreateValues, composeName, getName } from "./values.ts";

const NAME_CHARACTERS_MAX = 200;

interface NameProps {
	readonly form: UseFormReturnType<CreateValues>;
	/** Integrations that other keys name. */
	readonly integrations: readonly string[];
}

/** The purpose of the key, and the name that is generated from it, which can be replaced. Takes the focus first. */
export function NameField({ form, integrations }: NameProps) {
	const field = useRef<HTMLInputElement>(null);
	useEffect(() => field.current?.focus(), []);
	const { name, integration, environment } = form.values;
	const composed = getName(form.values);
	return (
		<>
			<Autocomplete
				ref={field}
				label={<Labelled text="What is it for?" by="The program that will use it" />}
				placeholder="order bot"
				data={[...integrations]}
				openOnFocus={false}
				maxLength={NAME_CHARACTERS_MAX}
				required
				withAsterisk={false}
				data-autofocus
				{...form.getInputProps("integration")}
				{...(name === null && composed !== ""
					? {
							rightSection: <Composed name={composed} onChange={() => form.setFieldValue("name", composed)} />,
							rightSectionWidth: "52%",
							rightSectionPointerEvents: "all",
						}
					: {})}
			/>
			{name !== null && (
				<TextInput
					label="Name"
					value={name}
					maxLength={NAME_CHARACTERS_MAX}
					onChange={(event) => form.setFieldValue("name", event.currentTarget.value)}
					error={form.errors.name}
					rightSection={
						<Anchor component="button" type="button" size="sm" onClick={() => form.setFieldValue("name", null)}>
							Compose it
						</Anchor>
					}
					rightSectionWidth={104}
					{...(composeName(integration, environment) === "" ? {} : { placeholder: composeName(integration, environment) })}
				/>
			)}
		</>
	);
}

function Composed({ name, onChange }: { name: string; onChange: () => void }) {
	return (
		<Group gap={8} wrap="nowrap" justify="flex-end" w="100%" miw={0} px={12}>
			<Text size="xs" c="dimmed" truncate title={name}>
				name: <span className="kw-mono">{name}</span>
			</Text>
			<Anchor component="button" type="button" size="sm" onClick={onChange} aria-label="Change the name">
				Change
			</Anchor>
		</Group>
	);
}
