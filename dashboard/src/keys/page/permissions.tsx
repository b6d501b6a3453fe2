import { Box, SimpleGrid, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { groupPermissions, type PermissionOfPlan } from "../../plans/capability-words.ts";
import { capabilitiesQuery, permissionsQuery } from "../../plans/queries.ts";

/** The key's permissions, grouped by capability. */
export function KeyPermissions({ tenant_id, names }: { tenant_id: string; names: readonly string[] }) {
	const { data: permissions } = useQuery(permissionsQuery(tenant_id));
	const { data: capabilities } = useQuery(capabilitiesQuery(tenant_id));
	const held = (permissions?.data ?? []).filter(({ name }) => names.includes(name));
	const groups = groupPermissions(capabilities?.data ?? [], held).filter((group) => group.permissions.length > 0);
	const shown = new Set(groups.flatMap((group) => group.permissions.map(({ name }) => name)));
	const others = names.filter((name) => !shown.has(name)).map((name) => ({ name, description: "", capability: "", included: true }));
	return (
		<Box mt="lg">
			<Text size="sm" c="dimmed" mb={4}>
				Permissions
			</Text>
			{groups.map((group) => (
				<Listed key={group.id} heading={group.name} permissions={group.permissions} />
			))}
			{others.length > 0 && <Listed heading={groups.length === 0 ? null : "No longer known"} permissions={others} />}
			{names.length === 0 && <Text size="sm">Nothing: it has no permission.</Text>}
		</Box>
	);
}

function Listed({ heading, permissions }: { heading: string | null; permissions: readonly PermissionOfPlan[] }) {
	return (
		<Box mb="md" {...(heading === null ? {} : { "data-group": heading })}>
			{heading !== null && (
				<Text fw={500} mb={4} className="kw-wrap">
					{heading}
				</Text>
			)}
			<SimpleGrid
				component="ul"
				cols={{ base: 1, xs: 2 }}
				spacing="xl"
				verticalSpacing={8}
				m={0}
				p={0}
				style={{ listStyle: "none" }}
				aria-label={heading ?? "Permissions"}
			>
				{permissions.map(({ name, description, included }) => (
					<Box component="li" key={name} miw={0}>
						<Text className="kw-wrap">{description}</Text>
						<Text size="sm" c="dimmed" className="kw-wrap">
							<span className="kw-mono">{name}</span>
							{!included && " Not included in your plan any more."}
						</Text>
					</Box>
				))}
			</SimpleGrid>
		</Box>
	);
}
