import { Box, SimpleGrid, Text, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { groupPermissions, type PermissionOfPlan } from "../../plans/capability-words.ts";
import { capabilitiesQuery, permissionsQuery } from "../../plans/queries.ts";
import { type LongListEntry, SearchedList } from "../../ui/long-list/long-list.tsx";
import { Card } from "../../ui/page.tsx";

/** More than these are shown as groups with their numbers, so that a key with every permission is no long page. */
const SHOWN_MAX = 12;

interface Group {
	readonly id: string;
	readonly name: string | null;
	readonly permissions: readonly PermissionOfPlan[];
	/** How many of the group the key could have. */
	readonly of: number;
}

/** The key's permissions, grouped by capability. */
export function KeyPermissions({ tenant_id, names }: { tenant_id: string; names: readonly string[] }) {
	const { data: permissions } = useQuery(permissionsQuery(tenant_id));
	const { data: capabilities } = useQuery(capabilitiesQuery(tenant_id));
	const held = new Set(names);
	const known: Group[] = groupPermissions(capabilities?.data ?? [], permissions?.data ?? [])
		.map(({ id, name, permissions: all }) => ({ id, name, of: all.length, permissions: all.filter((one) => held.has(one.name)) }))
		.filter((group) => group.permissions.length > 0);
	const shown = new Set(known.flatMap((group) => group.permissions.map(({ name }) => name)));
	const others = names.filter((name) => !shown.has(name)).map((name) => ({ name, description: "", capability: "", included: true }));
	const groups =
		others.length === 0 ? known : [...known, { id: "", name: known.length === 0 ? null : "No longer known", permissions: others, of: others.length }];
	return (
		<Card title="Permissions" count={names.length}>
			{names.length === 0 && <Text size="sm">Nothing: it has no permission.</Text>}
			{names.length > SHOWN_MAX ? (
				<SimpleGrid cols={{ base: 1, xs: 2 }} spacing={32} verticalSpacing={0}>
					{groups.map((group) => (
						<Folded key={group.id} group={group} />
					))}
				</SimpleGrid>
			) : (
				groups.map((group) => <Listed key={group.id} heading={group.name} permissions={group.permissions} />)
			)}
		</Card>
	);
}

/** One line with the group's number of permissions; the permissions on request. */
function Folded({ group }: { group: Group }) {
	const [opened, setOpened] = useState(false);
	const list_id = useId();
	const name = group.name ?? "Permissions";
	const Chevron = opened ? IconChevronDown : IconChevronRight;
	return (
		<Box miw={0} className="kw-permission-group" data-group={group.name ?? undefined}>
			<UnstyledButton className="kw-permission-head" aria-expanded={opened} aria-controls={list_id} onClick={() => setOpened(!opened)}>
				<Chevron size={16} aria-hidden="true" />
				<Text span size="sm" fw={500} truncate title={name} flex={1}>
					{name}
				</Text>
				<Text span size="sm" c="dimmed" className="kw-figures">
					{group.permissions.length === group.of ? `all ${group.of}` : `${group.permissions.length} of ${group.of}`}
				</Text>
			</UnstyledButton>
			<div id={list_id}>{opened && <SearchedList what="permissions" entries={group.permissions.map(entryOf)} />}</div>
		</Box>
	);
}

function entryOf(permission: PermissionOfPlan): LongListEntry {
	return { id: permission.name, text: `${permission.description} ${permission.name}`, shown: <Permission {...permission} /> };
}

function Permission({ name, description, included }: PermissionOfPlan) {
	return (
		<Text size="sm" className="kw-wrap">
			{description}{" "}
			<Text span size="xs" c="dimmed">
				<span className="kw-mono">{name}</span>
				{!included && " Not included in your plan any more."}
			</Text>
		</Text>
	);
}

function Listed({ heading, permissions }: { heading: string | null; permissions: readonly PermissionOfPlan[] }) {
	return (
		<Box mb={12} {...(heading === null ? {} : { "data-group": heading })}>
			{heading !== null && (
				<Text size="sm" fw={600} mb={4} className="kw-wrap">
					{heading}
				</Text>
			)}
			<SimpleGrid
				component="ul"
				cols={{ base: 1, xs: 2 }}
				spacing={32}
				verticalSpacing={4}
				m={0}
				p={0}
				style={{ listStyle: "none" }}
				aria-label={heading ?? "Permissions"}
			>
				{permissions.map((permission) => (
					<Box component="li" key={permission.name} miw={0}>
						<Permission {...permission} />
					</Box>
				))}
			</SimpleGrid>
		</Box>
	);
}
