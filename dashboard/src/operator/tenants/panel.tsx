import { ActionIcon, Avatar, Box, Button, Group, Menu, Skeleton, Text, Title } from "@mantine/core";
import { IconDots, IconLink, IconPlayerPause, IconPlayerPlay, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { PanelBody, SidePanel } from "../../ui/panel/side-panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Time } from "../../ui/time.tsx";
import { TenantDialogs } from "./dialogs.tsx";
import { BringBack } from "./ending/suspend.tsx";
import { PanelActivity, PanelPeople, PanelPlan } from "./panel-blocks.tsx";
import { PanelChanges } from "./panel-changes.tsx";
import { type Tenant, tenantQuery } from "./queries.ts";
import type { TenantDialog, TenantsSearch } from "./search.ts";

const PLACEHOLDERS = ["requests", "keys", "sites", "documents", "storage", "people"];

interface PanelProps {
	readonly tenant_id: string;
	readonly dialog: TenantDialog | undefined;
	readonly search: TenantsSearch;
	readonly onSearch: (next: TenantsSearch) => void;
}

/** One tenant beside the list: its data, its usage and all actions on it. Escape closes it. */
export function TenantPanel({ tenant_id, dialog, search, onSearch }: PanelProps) {
	const { data: tenant, error } = useQuery(tenantQuery(tenant_id));
	const { open: _open, dialog: _dialog, ...closed } = search;
	const { dialog: _shown, ...without_dialog } = search;
	const close = () => onSearch(closed);
	const show = (next: TenantDialog) => onSearch({ ...search, dialog: next });
	const row = () => document.querySelector<HTMLElement>(`tr[data-tenant="${CSS.escape(tenant_id)}"] button`);
	return (
		<SidePanel label={tenant?.name ?? "Tenant"} of={tenant_id} opener={row} onClose={close}>
			{tenant === undefined && error === null && <PanelSkeleton />}
			{tenant === undefined && error !== null && (
				<Box p="md">
					<Problem error={error} />
					<Button variant="default" mt="md" onClick={close}>
						Back to the list
					</Button>
				</Box>
			)}
			{tenant !== undefined && (
				<>
					<PanelHead tenant={tenant} onShow={show} onClose={close} />
					<PanelBody>
						<Group gap={8} mb={12}>
							<Button
								variant="default"
								flex="1 0 auto"
								renderRoot={(props) => <Link to="/settings/api-access" search={{ tenant: tenant.id }} {...props} />}
							>
								Open as its people see it
							</Button>
							<Button variant="default" leftSection={<IconLink size={16} aria-hidden="true" />} onClick={() => show("portal")}>
								Portal link
							</Button>
						</Group>
						<PanelPlan tenant={tenant} onShow={show} />
						<PanelPeople tenant={tenant} onShow={show} />
						<PanelActivity tenant={tenant} onShow={show} />
						<PanelChanges tenant_id={tenant.id} />
					</PanelBody>
					<PanelFoot tenant={tenant} onShow={show} />
					<TenantDialogs tenant={tenant} dialog={dialog} onClose={() => onSearch(without_dialog)} onDeleted={close} />
				</>
			)}
		</SidePanel>
	);
}

interface PartProps {
	readonly tenant: Tenant;
	readonly onShow: (dialog: TenantDialog) => void;
}

function PanelHead({ tenant, onShow, onClose }: PartProps & { onClose: () => void }) {
	const { id, name, status, created_at, external_id } = tenant;
	return (
		<Group wrap="nowrap" align="flex-start" gap="sm" p="12px 12px 12px 20px" style={{ borderBottom: "1px solid var(--kw-hairline)" }}>
			<Avatar radius={8} size={36} color="indigo" aria-hidden="true">
				{[...name.trim()][0]?.toUpperCase()}
			</Avatar>
			<Box flex={1} miw={0}>
				<Group gap={8} wrap="nowrap">
					<Title order={2} fz={16} lineClamp={2} title={name} miw={0}>
						<bdi>{name}</bdi>
					</Title>
					{status === "active" ? <StateBadge meaning="good">Active</StateBadge> : <StateBadge meaning="ended">Suspended</StateBadge>}
				</Group>
				<Text fz={12} c="dimmed" className="kw-wrap">
					<span className="kw-mono">{id}</span> · since <Time value={created_at} />
					{external_id !== null && (
						<>
							{" "}
							· yours: <bdi className="kw-mono">{external_id}</bdi>
						</>
					)}
				</Text>
			</Box>
			<Menu position="bottom-end" zIndex={200}>
				<Menu.Target>
					<ActionIcon variant="subtle" color="gray" aria-label="More actions">
						<IconDots size={18} aria-hidden="true" />
					</ActionIcon>
				</Menu.Target>
				<Menu.Dropdown>
					<Menu.Item onClick={() => onShow("details")}>Change name or own id</Menu.Item>
					<Menu.Item onClick={() => onShow("limits")}>Set its own limits</Menu.Item>
					<Menu.Item onClick={() => onShow("invite")}>Invite a person</Menu.Item>
				</Menu.Dropdown>
			</Menu>
			<ActionIcon variant="subtle" color="gray" aria-label="Close the panel" onClick={onClose}>
				<IconX size={18} aria-hidden="true" />
			</ActionIcon>
		</Group>
	);
}

function PanelFoot({ tenant, onShow }: PartProps) {
	return (
		<Group gap={8} px={20} py={12} style={{ borderTop: "1px solid var(--kw-hairline)" }}>
			{tenant.status === "active" ? (
				<Button variant="default" leftSection={<IconPlayerPause size={16} aria-hidden="true" />} onClick={() => onShow("suspend")}>
					Suspend
				</Button>
			) : (
				<BringBack tenant={tenant} icon={<IconPlayerPlay size={16} aria-hidden="true" />} />
			)}
			<Button variant="default" c="var(--kw-ended)" onClick={() => onShow("delete")}>
				Delete…
			</Button>
			<Text fz={12} c="dimmed" flex="1 0 120px" ta="right">
				{tenant.status === "active" ? "Both show first what would break" : "Its keys are refused until then"}
			</Text>
		</Group>
	);
}

function PanelSkeleton() {
	return (
		<Box p={20} role="status" aria-busy="true" aria-label="Loading the tenant">
			<Skeleton height={36} mb={20} />
			<Skeleton height={32} mb={20} />
			{PLACEHOLDERS.map((row) => (
				<Skeleton key={row} height={20} mb={12} />
			))}
		</Box>
	);
}
