import { Badge, Box, Button, Group, Text, Title } from "@mantine/core";
import { useState } from "react";
import type { CataloguePermission, CatalogueGroup as Shown } from "./catalogue.ts";

const SHOWN_MAX = 8;
const SHOWN_OF_MANY = 3;

interface GroupProps {
	readonly group: Shown;
	/** Whether all permissions are shown, because they were searched for. */
	readonly unfolded: boolean;
	/** Whether the catalogue has many permissions, so that few of each capability are shown. */
	readonly crowded: boolean;
	readonly onEdit: () => void;
	readonly onDelete: () => void;
	readonly onPermission: (permission: CataloguePermission) => void;
	readonly onDeletePermission: (permission: CataloguePermission) => void;
}

/** One capability with its permissions and the actions on each. */
export function CatalogueGroup({ group, unfolded, crowded, onEdit, onDelete, onPermission, onDeletePermission }: GroupProps) {
	const { capability, heading, means, included, permissions } = group;
	const [all, setAll] = useState(false);
	const shown_max = crowded ? SHOWN_OF_MANY : SHOWN_MAX;
	const shown = all || unfolded ? permissions : permissions.slice(0, shown_max);
	const described = capability.description !== "";
	return (
		<Box component="section" className="kw-surface" p="lg" aria-label={heading} data-capability={capability.name}>
			<Group justify="space-between" align="flex-start" gap="sm" mb="xs">
				<Box miw={0}>
					<Group gap={8}>
						<Title order={2} className="kw-wrap">
							{heading}
						</Title>
						{capability.built_in && <Badge color="gray">Comes with Keywright</Badge>}
					</Group>
					<Text size="sm" c="dimmed" className="kw-wrap">
						<span className="kw-mono">{capability.name}</span>
						{means !== null && ` · ${means}`}
					</Text>
					<Text size="sm" c="dimmed" className="kw-wrap" lineClamp={2} title={included} data-included>
						{included}
					</Text>
					{!described && (
						<Text size="sm" mt={4}>
							A plan or a permission names it, but it has no description: people read its technical name.
						</Text>
					)}
				</Box>
				{!capability.built_in && (
					<Group gap={8}>
						<Button variant="default" size="xs" aria-label={`${described ? "Edit" : "Describe"} the capability ${capability.name}`} onClick={onEdit}>
							{described ? "Edit" : "Describe"}
						</Button>
						{described && (
							<Button variant="default" size="xs" aria-label={`Delete the capability ${capability.name}`} onClick={onDelete}>
								Delete
							</Button>
						)}
					</Group>
				)}
			</Group>
			{permissions.length === 0 && (
				<Text size="sm" c="dimmed">
					It has no permissions: keys can have nothing of it.
				</Text>
			)}
			{shown.map((permission) => (
				<PermissionRow
					key={permission.name}
					permission={permission}
					onEdit={() => onPermission(permission)}
					onDelete={() => onDeletePermission(permission)}
				/>
			))}
			{permissions.length > shown_max && !unfolded && (
				<Button variant="default" size="xs" mt="sm" aria-expanded={all} onClick={() => setAll(!all)}>
					{all ? "Show fewer" : `Show all ${permissions.length} permissions`}
				</Button>
			)}
		</Box>
	);
}

function PermissionRow({ permission, onEdit, onDelete }: { permission: CataloguePermission; onEdit: () => void; onDelete: () => void }) {
	const { name, description, built_in } = permission;
	return (
		<Group className="kw-row" justify="space-between" gap="sm" data-permission={name}>
			<Box miw={0}>
				<Text className="kw-wrap">{description === "" ? "No description yet" : description}</Text>
				<Text size="sm" c="dimmed" className="kw-mono kw-wrap">
					{name}
				</Text>
			</Box>
			{!built_in && (
				<Group gap={8}>
					<Button variant="default" size="xs" aria-label={`Edit the permission ${name}`} onClick={onEdit}>
						Edit
					</Button>
					<Button variant="default" size="xs" aria-label={`Delete the permission ${name}`} onClick={onDelete}>
						Delete
					</Button>
				</Group>
			)}
		</Group>
	);
}
