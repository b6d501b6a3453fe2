import { AppShell, Box, Group, Menu, NavLink, Select, Text, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconBuildingStore, IconChevronUp, IconGauge, IconKey, IconLogout, IconMoon, IconSettings, IconSun, IconUsers } from "@tabler/icons-react";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Suspense, useEffect } from "react";
import { ConfirmProvider } from "../access/confirm.tsx";
import { ROLE_WORDS } from "../access/roles.ts";
import { rememberTenant, TenantOfFrame, useChooseTenant, useProfile, useSession, useTenant, useTenantIfAny } from "../access/session.ts";
import { useSignOut } from "../access/sign-out.ts";
import { NoTenantPage } from "../tenants/no-tenant-page.tsx";
import { PageSkeleton } from "./page-skeleton.tsx";

const RAIL_PX = 216;
const BAR_PX = 60;

const PLACES = [
	{ to: "/settings/api-access", label: "API Access", short: "Keys", icon: IconKey },
	{ to: "/sites", label: "Sites", short: "Sites", icon: IconBuildingStore },
	{ to: "/plan", label: "Plan and limits", short: "Plan", icon: IconGauge },
	{ to: "/team", label: "Team", short: "Team", icon: IconUsers },
	{ to: "/settings", label: "Settings", short: "Settings", icon: IconSettings },
] as const;

/** "/settings" is not open while "/settings/api-access" is: the longest place that begins the path is. */
function useOpenPlace(): string | undefined {
	const path = useRouterState({ select: (state) => state.location.pathname });
	return PLACES.map((place) => place.to)
		.filter((to) => path === to || path.startsWith(`${to}/`))
		.sort((a, b) => b.length - a.length)[0];
}

/** What surrounds every page of the signed-in part: a rail at the left, on a phone a bar at the bottom. */
export function Frame() {
	const tenant = useTenantIfAny();
	if (tenant === null) return <NoTenantPage />;
	return (
		<TenantOfFrame value={tenant}>
			<ConfirmProvider>
				<FrameOfTenant />
			</ConfirmProvider>
		</TenantOfFrame>
	);
}

function FrameOfTenant() {
	const tenant = useTenant();
	const open = useOpenPlace();
	useEffect(() => rememberTenant(tenant.id), [tenant.id]);
	return (
		<AppShell navbar={{ width: RAIL_PX, breakpoint: "sm", collapsed: { mobile: true } }} padding={0} transitionDuration={0}>
			<AppShell.Navbar p="sm" className="kw-never-printed" withBorder>
				<TenantSwitcher />
				<Box component="nav" aria-label="Pages" mt="md" flex={1}>
					{PLACES.map(({ to, label, icon: Icon }) => (
						<NavLink
							key={to}
							renderRoot={(props) => <Link to={to} activeOptions={{ exact: true }} search={{ tenant: tenant.id }} {...props} />}
							label={label}
							leftSection={<Icon size={18} stroke={1.6} aria-hidden="true" />}
							active={open === to}
							aria-current={open === to ? "page" : undefined}
							variant="light"
							style={{ borderRadius: 8 }}
						/>
					))}
				</Box>
				<PersonMenu />
			</AppShell.Navbar>
			<AppShell.Main>
				<Box hiddenFrom="sm" px="md" pt="md" className="kw-never-printed">
					<Group justify="space-between" wrap="nowrap">
						<TenantSwitcher />
						<PersonMenu compact />
					</Group>
				</Box>
				<Suspense fallback={<PageSkeleton />}>
					<Outlet />
				</Suspense>
			</AppShell.Main>
			<Bar open={open} tenant_id={tenant.id} />
		</AppShell>
	);
}

function Bar({ open, tenant_id }: { open: string | undefined; tenant_id: string }) {
	return (
		<Box
			component="nav"
			aria-label="Pages"
			hiddenFrom="sm"
			className="kw-never-printed"
			pos="fixed"
			bottom={0}
			left={0}
			right={0}
			h={BAR_PX}
			bg="var(--kw-surface)"
			style={{ borderTop: "1px solid var(--kw-hairline)", zIndex: 100 }}
		>
			<Group grow gap={0} h="100%" wrap="nowrap">
				{PLACES.map(({ to, short, icon: Icon }) => (
					<UnstyledButton
						key={to}
						h="100%"
						c={open === to ? "var(--mantine-primary-color-light-color)" : "dimmed"}
						style={{ display: "flex", flexDirection: "column", alignItems: "center", justifyContent: "center" }}
						aria-current={open === to ? "page" : undefined}
						renderRoot={(props) => <Link to={to} activeOptions={{ exact: true }} search={{ tenant: tenant_id }} {...props} />}
					>
						<Icon size={20} stroke={1.6} aria-hidden="true" />
						<Text size="xs">{short}</Text>
					</UnstyledButton>
				))}
			</Group>
		</Box>
	);
}

function TenantSwitcher() {
	const { tenants } = useSession();
	const tenant = useTenant();
	const profile = useProfile();
	const choose = useChooseTenant();
	return (
		<Box miw={0}>
			<Group gap={8} mb={6} wrap="nowrap">
				{profile?.logo_url && <img src={profile.logo_url} alt="" height={20} />}
				<Text fw={600} truncate>
					{profile?.product_name ?? ""}
				</Text>
			</Group>
			{tenants.length > 1 ? (
				<Select
					aria-label="Tenant"
					size="xs"
					data={tenants.map(({ id, name }) => ({ value: id, label: name }))}
					value={tenant.id}
					onChange={(id) => id !== null && choose(id)}
					searchable={tenants.length > 8}
				/>
			) : (
				<Text size="sm" c="dimmed" truncate>
					{tenant.name}
				</Text>
			)}
		</Box>
	);
}

function PersonMenu({ compact = false }: { compact?: boolean }) {
	const { person } = useSession();
	const tenant = useTenant();
	const signOut = useSignOut();
	const { setColorScheme } = useMantineColorScheme();
	const isDark = useComputedColorScheme() === "dark";
	return (
		<Menu position={compact ? "bottom-end" : "top-start"} width={220}>
			<Menu.Target>
				<UnstyledButton p={6} aria-label={`${person.name}, ${ROLE_WORDS[tenant.role].name}: account menu`} style={{ borderRadius: 8 }}>
					<Group wrap="nowrap" gap={8}>
						<Box miw={0} flex={1}>
							<Text size="sm" fw={500} truncate maw={compact ? 120 : 150}>
								{person.name}
							</Text>
							<Text size="xs" c="dimmed">
								{ROLE_WORDS[tenant.role].name}
							</Text>
						</Box>
						<IconChevronUp size={16} aria-hidden="true" />
					</Group>
				</UnstyledButton>
			</Menu.Target>
			<Menu.Dropdown>
				{person.email !== null && <Menu.Label>{person.email}</Menu.Label>}
				<Menu.Item
					leftSection={isDark ? <IconSun size={16} aria-hidden="true" /> : <IconMoon size={16} aria-hidden="true" />}
					onClick={() => setColorScheme(isDark ? "light" : "dark")}
				>
					{isDark ? "Use light colours" : "Use dark colours"}
				</Menu.Item>
				<Menu.Item leftSection={<IconLogout size={16} aria-hidden="true" />} onClick={() => void signOut()}>
					{person.kind === "portal" ? "End this visit" : "Sign out"}
				</Menu.Item>
			</Menu.Dropdown>
		</Menu>
	);
}
