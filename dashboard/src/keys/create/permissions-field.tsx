import { Box, Checkbox, Radio, SimpleGrid, Stack, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { type CapabilityGroup, groupPermissions } from "../../plans/capability-words.ts";
import type { Capability, Permission } from "../../plans/queries.ts";
import { type CreateValues, everything, getPreset, PRESETS, permissionsOfPreset } from "./values.ts";

interface PermissionsProps {
	readonly form: UseFormReturnType<CreateValues>;
	readonly offered: readonly Permission[];
	readonly capabilities: readonly Capability[];
}

/** The permissions of a key: three presets, and below them every permission, grouped by capability. */
export function PermissionsField({ form, offered, capabilities }: PermissionsProps) {
	const chosen = form.values.permissions ?? everything(offered);
	const preset = getPreset(form.values.permissions, offered);
	const included = offered.filter((permission) => permission.included).map((permission) => permission.name);
	const groups = groupPermissions(capabilities, offered).filter(({ permissions }) => permissions.length > 0);
	return (
		<Box>
			<Radio.Group
				label="What may it do?"
				value={preset ?? "own"}
				onChange={(value) => {
					const found = PRESETS.find(({ id }) => id === value);
					if (found) form.setFieldValue("permissions", permissionsOfPreset(found.id, offered));
				}}
			>
				<SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm" mt={6}>
					{PRESETS.map(({ id, label, means }) => (
						<Radio key={id} value={id} label={label} description={means} />
					))}
				</SimpleGrid>
			</Radio.Group>
			<Checkbox.Group
				aria-label="Permissions"
				mt="md"
				value={[...chosen]}
				onChange={(names) =>
					form.setFieldValue(
						"permissions",
						names.filter((name) => included.includes(name)),
					)
				}
				error={form.errors.permissions}
			>
				<Stack gap="md">
					{groups.map((group) => (
						<Group key={group.id} group={group} />
					))}
				</Stack>
			</Checkbox.Group>
		</Box>
	);
}

function Group({ group }: { group: CapabilityGroup }) {
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
					/>
				))}
			</Stack>
		</Box>
	);
}
