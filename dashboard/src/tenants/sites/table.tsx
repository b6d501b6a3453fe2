import { ActionIcon, Box, Group, Menu, Skeleton, Table, Text } from "@mantine/core";
import { IconDots, IconPencil, IconTrash } from "@tabler/icons-react";
import { useRef } from "react";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Sparkline } from "../../ui/sparkline.tsx";
import { Time } from "../../ui/time.tsx";
import type { Site, SiteActivity } from "../site-queries.ts";
import { formatEnvironment } from "./environment.ts";

export type SiteUse = SiteActivity["data"][number];

const exact = new Intl.NumberFormat("en");

interface TableProps {
	readonly sites: readonly Site[];
	/** By site; undefined while it loads. */
	readonly use: ReadonlyMap<string, SiteUse> | undefined;
	/** Null without the permission. */
	readonly onEdit: ((site: Site) => void) | null;
	readonly onDelete: ((site: Site) => void) | null;
}

const getEnvironment = (site: Site): string => (site.environment === null ? "Any" : formatEnvironment(site.environment));

/** The sites with their keys and requests, newest first. On a phone the environment and the keys stand below the name. */
export function SitesTable({ sites, use, onEdit, onDelete }: TableProps) {
	return (
		<Table className="kw-list" verticalSpacing={0} horizontalSpacing="md" highlightOnHover aria-label="Sites">
			<colgroup>
				<col />
				<col className="kw-from-sm" style={{ width: 120 }} />
				<col className="kw-from-sm" style={{ width: 72 }} />
				<col className="kw-requests" />
				<col className="kw-from-sm" style={{ width: 136 }} />
				{onEdit !== null && <col style={{ width: 60 }} />}
			</colgroup>
			<Table.Thead>
				<Table.Tr>
					<Table.Th>Site</Table.Th>
					<Table.Th visibleFrom="sm">Environment</Table.Th>
					<Table.Th visibleFrom="sm" ta="right">
						Keys
					</Table.Th>
					<Table.Th ta="right">24 hours</Table.Th>
					<Table.Th visibleFrom="sm">Added</Table.Th>
					{onEdit !== null && <Table.Th aria-label="Actions" />}
				</Table.Tr>
			</Table.Thead>
			<Table.Tbody>
				{sites.map((site) => (
					<Table.Tr key={site.id} data-site={site.id}>
						<Table.Th scope="row" fw={400} ta="left">
							<SiteName site={site} use={use?.get(site.id)} />
						</Table.Th>
						<Table.Td visibleFrom="sm" c="dimmed">
							{getEnvironment(site)}
						</Table.Td>
						<Table.Td visibleFrom="sm" ta="right" className="kw-figures" data-keys>
							{use === undefined ? <Skeleton height={12} width={20} ml="auto" /> : exact.format(use.get(site.id)?.keys ?? 0)}
						</Table.Td>
						<Table.Td>
							<Requests use={use === undefined ? undefined : (use.get(site.id)?.hours ?? [])} />
						</Table.Td>
						<Table.Td visibleFrom="sm" c="dimmed">
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
	);
}

function SiteName({ site, use }: { site: Site; use: SiteUse | undefined }) {
	return (
		<>
			<Text size="sm" lh="18px" fw={600} truncate title={site.name} dir="auto" ta="left">
				{site.name}
			</Text>
			<Group gap={4} wrap="nowrap" h={16}>
				<Text className="kw-mono" fz={12} lh="16px" c="dimmed" truncate title={site.id}>
					{site.id}
				</Text>
				<CopyButton value={site.id} what={`the id of ${site.name}`} size="compact-xs" className="kw-choose kw-from-sm" />
			</Group>
			<Text size="xs" lh="16px" c="dimmed" hiddenFrom="sm" mt={2}>
				{getEnvironment(site)}
				{use !== undefined && ` · ${exact.format(use.keys)} ${use.keys === 1 ? "key" : "keys"}`}
			</Text>
		</>
	);
}

function Requests({ use }: { use: SiteUse["hours"] | undefined }) {
	if (use === undefined) return <Skeleton height={20} width={120} ml="auto" />;
	const total = use.reduce((sum, hour) => sum + hour.allowed + hour.refused, 0);
	return (
		<Group gap={12} wrap="nowrap" justify="flex-end">
			<Box visibleFrom="xs">
				<Sparkline hours={use} />
			</Box>
			<Text component="span" size="sm" className="kw-figures" miw={36} ta="right" {...(total === 0 ? { c: "dimmed" } : {})}>
				{exact.format(total)}
			</Text>
		</Group>
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
