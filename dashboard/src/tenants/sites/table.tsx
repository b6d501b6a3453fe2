import { ActionIcon, Badge, Box, Group, Menu, Table, Text } from "@mantine/core";
import { IconDots, IconPencil, IconTrash } from "@tabler/icons-react";
import { useRef } from "react";
import type { paths } from "../../http/openapi.gen.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Time } from "../../ui/time.tsx";
import { formatEnvironment } from "./environment.ts";

export type Site = paths["/api/v1/tenants/{tenant_id}/sites"]["get"]["responses"][200]["content"]["application/json"]["data"][number];

interface TableProps {
	readonly sites: readonly Site[];
	/** Null without the permission. */
	readonly onEdit: ((site: Site) => void) | null;
	readonly onDelete: ((site: Site) => void) | null;
}

/** The sites, newest first. */
export function SitesTable({ sites, onEdit, onDelete }: TableProps) {
	return (
		<Box className="kw-surface">
			<Table verticalSpacing="sm" horizontalSpacing="md" highlightOnHover aria-label="Sites">
				<Table.Thead>
					<Table.Tr>
						<Table.Th>Site</Table.Th>
						<Table.Th>Environment</Table.Th>
						<Table.Th visibleFrom="sm">Added</Table.Th>
						{onEdit !== null && <Table.Th aria-label="Actions" />}
					</Table.Tr>
				</Table.Thead>
				<Table.Tbody>
					{sites.map((site) => (
						<Table.Tr key={site.id} data-site={site.id}>
							<Table.Th scope="row" fw={400}>
								<Text fw={500} className="kw-wrap">
									{site.name}
								</Text>
								<Group gap={8} mt={2}>
									<span className="kw-mono kw-wrap">{site.id}</span>
									<CopyButton value={site.id} what={`the id of ${site.name}`} size="compact-xs" />
								</Group>
							</Table.Th>
							<Table.Td>
								<Badge color="gray">{site.environment === null ? "Any" : formatEnvironment(site.environment)}</Badge>
							</Table.Td>
							<Table.Td visibleFrom="sm">
								<Time value={site.created_at} />
							</Table.Td>
							{onEdit !== null && onDelete !== null && (
								<Table.Td ta="right">
									<SiteMenu name={site.name} onEdit={() => onEdit(site)} onDelete={() => onDelete(site)} />
								</Table.Td>
							)}
						</Table.Tr>
					))}
				</Table.Tbody>
			</Table>
		</Box>
	);
}

function SiteMenu({ name, onEdit, onDelete }: { name: string; onEdit: () => void; onDelete: () => void }) {
	const opener = useRef<HTMLButtonElement>(null);
	/** Where the dialog returns the focus: the menu item that had it is unmounted by then. */
	function after(open: () => void): () => void {
		return () => {
			opener.current?.focus();
			open();
		};
	}
	return (
		<Menu position="bottom-end" width={180}>
			<Menu.Target>
				<ActionIcon ref={opener} variant="subtle" color="gray" aria-label={`Actions for ${name}`}>
					<IconDots size={18} aria-hidden="true" />
				</ActionIcon>
			</Menu.Target>
			<Menu.Dropdown>
				<Menu.Item leftSection={<IconPencil size={16} aria-hidden="true" />} onClick={after(onEdit)}>
					Edit this site
				</Menu.Item>
				<Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden="true" />} onClick={after(onDelete)}>
					Delete this site
				</Menu.Item>
			</Menu.Dropdown>
		</Menu>
	);
}
