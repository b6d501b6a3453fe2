import { Box, Button, SimpleGrid, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { groupPermissions, type PermissionOfPlan } from "../../plans/capability-words.ts";
import { capabilitiesQuery, permissionsQuery } from "../../plans/queries.ts";
import { Card } from "../../ui/page.tsx";

/** More than these are shown on request, so that a key with every permission is no long page. */
const SHOWN_MAX = 24;

interface Group {
	readonly name: string | null;
	readonly permissions: readonly PermissionOfPlan[];
}

/** The first permissions of the groups in order, `rows_max` in all. */
function getFirst(groups: readonly Group[], rows_max: number): Group[] {
	let left = rows_max;
	const shown: Group[] = [];
	for (const group of groups) {
		if (left <= 0) break;
		shown.push({ ...group, permissions: group.permissions.slice(0, left) });
		left -= group.permissions.length;
	}
	return shown;
}

/** The key's permissions, grouped by capability. */
export function KeyPermissions({ tenant_id, names }: { tenant_id: string; names: readonly string[] }) {
	const { data: permissions } = useQuery(permissionsQuery(tenant_id));
	const { data: capabilities } = useQuery(capabilitiesQuery(tenant_id));
	const [all, setAll] = useState(false);
	const held = (permissions?.data ?? []).filter(({ name }) => names.includes(name));
	const known = groupPermissions(capabilities?.data ?? [], held).filter((group) => group.permissions.length > 0);
	const shown = new Set(known.flatMap((group) => group.permissions.map(({ name }) => name)));
	const others = names.filter((name) => !shown.has(name)).map((name) => ({ name, description: "", capability: "", included: true }));
	const groups: readonly Group[] =
		others.length === 0 ? known : [...known, { name: known.length === 0 ? null : "No longer known", permissions: others }];
	return (
		<Card title="Permissions" count={names.length}>
			{(all ? groups : getFirst(groups, SHOWN_MAX)).map((group) => (
				<Listed key={group.name ?? ""} heading={group.name} permissions={group.permissions} />
			))}
			{names.length === 0 && <Text size="sm">Nothing: it has no permission.</Text>}
			{names.length > SHOWN_MAX && (
				<Button variant="default" size="xs" aria-expanded={all} onClick={() => setAll(!all)}>
					{all ? "Show fewer" : `Show all ${names.length} permissions`}
				</Button>
			)}
		</Card>
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
				verticalSpacing={6}
				m={0}
				p={0}
				style={{ listStyle: "none" }}
				aria-label={heading ?? "Permissions"}
			>
				{permissions.map(({ name, description, included }) => (
					<Box component="li" key={name} miw={0}>
						<Text size="sm" className="kw-wrap">
							{description}
						</Text>
						<Text size="xs" c="dimmed" className="kw-wrap">
							<span className="kw-mono">{name}</span>
							{!included && " Not included in your plan any more."}
						</Text>
					</Box>
				))}
			</SimpleGrid>
		</Box>
	);
}
