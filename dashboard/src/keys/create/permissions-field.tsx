import { Box, Checkbox, Radio, SimpleGrid, Stack, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useState } from "react";
import { type CapabilityGroup, groupPermissions } from "../../plans/capability-words.ts";
import type { Capability, Permission } from "../../plans/queries.ts";
import { ChoiceCard } from "../../ui/choice-card.tsx";
import { type CreateValues, counted, everything, getPreset, type Preset, permissionsOfPreset } from "./values.ts";

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
			{preset === "choose" && <Choice form={form} offered={offered} capabilities={capabilities} />}
		</Box>
	);
}

function presetFrom(value: string): Preset {
	return value === "everything" || value === "choose" ? value : "read";
}

function Choice({ form, offered, capabilities }: PermissionsProps) {
	const chosen = form.values.permissions ?? everything(offered);
	const included = new Set(offered.filter((permission) => permission.included).map((permission) => permission.name));
	const groups = groupPermissions(capabilities, offered).filter(({ permissions }) => permissions.length > 0);
	const first = groups.flatMap(({ permissions }) => permissions).find((permission) => permission.included)?.name;
	const fault = form.errors.permissions;
	return (
		<Checkbox.Group
			aria-label="Permissions"
			mt="md"
			value={[...chosen]}
			onChange={(names) =>
				form.setFieldValue(
					"permissions",
					names.filter((name) => included.has(name)),
				)
			}
			error={fault}
		>
			<Stack gap="md">
				{groups.map((group) => (
					<Group key={group.id} group={group} fault_at={fault === undefined ? undefined : first} />
				))}
			</Stack>
		</Checkbox.Group>
	);
}

function Group({ group, fault_at }: { group: CapabilityGroup; fault_at: string | undefined }) {
	const { id, name, included, permissions } = group;
	const heading = `capability-${id}`;
	return (
		<Box role="group" aria-labelledby={heading} data-capability={id}>
			<Text id={heading} size="sm" fw={500} className="kw-wrap">
				{name}
			</Text>
			{!included && (
				<Text size="xs" c="dimmed">
					Not included in your plan; see Plan and limits
				</Text>
			)}
			<Stack gap={8} mt={6}>
				{permissions.map((permission) => (
					<Checkbox
						key={permission.name}
						value={permission.name}
						disabled={!permission.included}
						label={permission.description || permission.name}
						description={permission.description === "" ? undefined : <span className="kw-mono kw-wrap">{permission.name}</span>}
						aria-label={permission.description === "" ? permission.name : `${permission.description} (${permission.name})`}
						data-fault={permission.name === fault_at || undefined}
					/>
				))}
			</Stack>
		</Box>
	);
}
