import { Box, Radio, SimpleGrid } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useState } from "react";
import type { Capability, Permission } from "../../plans/queries.ts";
import { ChoiceCard } from "../../ui/choice-card.tsx";
import { PermissionsChoice } from "./permissions-choice.tsx";
import { type CreateValues, counted, getPreset, type Preset, permissionsOfPreset } from "./values.ts";

interface PermissionsProps {
	readonly form: UseFormReturnType<CreateValues>;
	readonly offered: readonly Permission[];
	readonly capabilities: readonly Capability[];
}

/** The permissions of a key: reading, a choice of the person's own, or everything. The choice begins with reading. */
export function PermissionsField({ form, offered, capabilities }: PermissionsProps) {
	const [preset, setPreset] = useState<Preset>(() => getPreset(form.values.permissions, offered) ?? "choose");
	const included = offered.filter((permission) => permission.included);
	return (
		<Box>
			<Radio.Group
				label="What may it do?"
				value={preset}
				onChange={(value) => {
					const next = presetFrom(value);
					setPreset(next);
					form.setFieldValue("permissions", permissionsOfPreset(next, offered));
				}}
			>
				<SimpleGrid cols={{ base: 1, xs: 3 }} spacing={8} mt={4}>
					<ChoiceCard value="read" title="Read only" text="Looks, changes nothing" />
					<ChoiceCard value="choose" title="Choose" text={`Pick from ${counted(included.length, "permission")}`} />
					<ChoiceCard value="everything" title="Everything" text="All in your plan, also writing and deleting" />
				</SimpleGrid>
			</Radio.Group>
			{preset === "choose" && <PermissionsChoice form={form} offered={offered} capabilities={capabilities} />}
		</Box>
	);
}

function presetFrom(value: string): Preset {
	return value === "everything" || value === "choose" ? value : "read";
}
