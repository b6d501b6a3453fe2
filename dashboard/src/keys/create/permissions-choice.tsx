import { Box, Checkbox, Group, Stack, Text, TextInput, UnstyledButton } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconChevronDown, IconChevronRight, IconSearch } from "@tabler/icons-react";
import { useId, useState } from "react";
import { type CapabilityGroup, groupPermissions } from "../../plans/capability-words.ts";
import type { Capability, Permission } from "../../plans/queries.ts";
import { type CreateValues, everything } from "./values.ts";

/** With more permissions than these the groups are closed at first, and can be searched. */
const UNFOLDED_MAX = 24;

interface ChoiceProps {
	readonly form: UseFormReturnType<CreateValues>;
	readonly offered: readonly Permission[];
	readonly capabilities: readonly Capability[];
}

/** Every permission as a checkbox, grouped by capability. */
export function PermissionsChoice({ form, offered, capabilities }: ChoiceProps) {
	const [find, setFind] = useState("");
	const chosen = form.values.permissions ?? everything(offered);
	const included = new Set(offered.filter((permission) => permission.included).map((permission) => permission.name));
	const groups = groupPermissions(capabilities, offered).filter(({ permissions }) => permissions.length > 0);
	const first = groups.flatMap(({ permissions }) => permissions).find((permission) => permission.included)?.name;
	const fault = form.errors.permissions;
	const foldable = offered.length > UNFOLDED_MAX;
	const wanted = find.trim().toLowerCase();
	const found = groups
		.map((group) => ({ ...group, permissions: group.permissions.filter((one) => `${one.description} ${one.name}`.toLowerCase().includes(wanted)) }))
		.filter(({ permissions }) => permissions.length > 0);
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
			{foldable && (
				<TextInput
					mb={8}
					aria-label="Search the permissions"
					placeholder={`Search ${offered.length} permissions`}
					leftSection={<IconSearch size={14} aria-hidden="true" />}
					value={find}
					onChange={(event) => setFind(event.currentTarget.value)}
				/>
			)}
			{found.length === 0 && (
				<Text size="sm" c="dimmed" role="status">
					No permission matches.
				</Text>
			)}
			<Stack gap={foldable ? 4 : "md"}>
				{found.map((group) => (
					<PermissionGroup
						key={group.id}
						group={group}
						chosen={group.permissions.filter(({ name }) => chosen.includes(name)).length}
						foldable={foldable && wanted === ""}
						fault_at={fault === undefined ? undefined : first}
					/>
				))}
			</Stack>
		</Checkbox.Group>
	);
}

interface GroupProps {
	readonly group: CapabilityGroup;
	/** How many of the group are chosen. */
	readonly chosen: number;
	readonly foldable: boolean;
	readonly fault_at: string | undefined;
}

function PermissionGroup({ group, chosen, foldable, fault_at }: GroupProps) {
	const { id, name, included, permissions } = group;
	const [opened, setOpened] = useState(false);
	const list_id = useId();
	const heading = `capability-${id}`;
	// A fault must be shown where it is mended.
	const shown = !foldable || opened || permissions.some((permission) => permission.name === fault_at);
	const Chevron = shown ? IconChevronDown : IconChevronRight;
	const title = (
		<Text id={heading} size="sm" fw={500} className="kw-wrap" {...(foldable ? { truncate: true, title: name, flex: 1 } : {})}>
			{name}
		</Text>
	);
	return (
		<Box role="group" aria-labelledby={heading} data-capability={id}>
			{foldable ? (
				<UnstyledButton w="100%" aria-expanded={shown} aria-controls={list_id} onClick={() => setOpened(!opened)}>
					<Group gap={8} wrap="nowrap" mih={32}>
						<Chevron size={16} aria-hidden="true" />
						{title}
						<Text span size="sm" c="dimmed" className="kw-figures">
							{chosen} of {permissions.length}
						</Text>
					</Group>
				</UnstyledButton>
			) : (
				title
			)}
			{!included && (
				<Text size="xs" c="dimmed">
					Not included in your plan; see Plan and limits
				</Text>
			)}
			<div id={list_id}>
				{shown && (
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
				)}
			</div>
		</Box>
	);
}
