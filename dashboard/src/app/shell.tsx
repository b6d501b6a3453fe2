import { AppShell, Box, Group, Menu, NavLink, Text, UnstyledButton } from "@mantine/core";
import { type Icon, IconMenu2 } from "@tabler/icons-react";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { type ReactNode, Suspense } from "react";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { Unreachable } from "./unreachable.tsx";

const RAIL_PX = 208;
const BAR_PX = 60;
const BAR_PLACES_MAX = 5;

export interface Place<To extends string> {
	readonly to: To;
	readonly label: string;
	/** A label short enough for below an icon on a phone. */
	readonly short: string;
	readonly icon: Icon;
}

interface ShellProps<To extends string> {
	readonly places: readonly Place<To>[];
	/** Renders the link with these props. */
	readonly link: (to: To, props: Readonly<Record<string, unknown>>) => ReactNode;
	/** What waits for a person on a page, beside its name; nothing for most pages. */
	readonly waiting?: Partial<Record<To, ReactNode>>;
	readonly switcher: ReactNode;
	readonly person: (compact: boolean) => ReactNode;
	/** Whether the person acts as the operator: every page then has a coloured edge. */
	readonly operator: boolean;
}

/** The longest path that is a prefix of the current one is active: not "/settings" on "/settings/api-access". */
function useOpenPlace<To extends string>(places: readonly Place<To>[]): To | undefined {
	const path = useRouterState({ select: (state) => state.location.pathname });
	return places
		.map((place) => place.to)
		.filter((to) => path === to || path.startsWith(`${to}/`))
		.sort((a, b) => b.length - a.length)[0];
}

/** Layout of every signed-in page: a rail at the left, on a phone a bar at the bottom. */
export function Shell<To extends string>({ places, link, waiting = {}, switcher, person, operator }: ShellProps<To>) {
	const open = useOpenPlace(places);
	return (
		<AppShell navbar={{ width: RAIL_PX, breakpoint: "sm", collapsed: { mobile: true } }} padding={0} transitionDuration={0}>
			{operator && <div className="kw-operator-edge kw-never-printed" aria-hidden="true" />}
			<AppShell.Navbar p="sm" className="kw-never-printed" withBorder>
				{switcher}
				<Box component="nav" aria-label="Pages" mt="md" flex={1}>
					{places.map(({ to, label, icon: PlaceIcon }) => (
						<NavLink
							key={to}
							renderRoot={(props) => link(to, props)}
							label={label}
							leftSection={<PlaceIcon size={16} stroke={1.75} aria-hidden="true" />}
							rightSection={waiting[to]}
							active={open === to}
							aria-current={open === to ? "page" : undefined}
							className="kw-place"
						/>
					))}
				</Box>
				{person(false)}
			</AppShell.Navbar>
			<AppShell.Main tabIndex={-1} className="kw-main">
				<Box hiddenFrom="sm" px="md" pt="md" className="kw-never-printed">
					<Group justify="space-between" wrap="nowrap">
						{switcher}
						{person(true)}
					</Group>
				</Box>
				<Unreachable />
				<Suspense fallback={<PageSkeleton />}>
					<Outlet />
				</Suspense>
			</AppShell.Main>
			<Bar places={places} open={open} link={link} waiting={waiting} />
		</AppShell>
	);
}

type BarProps<To extends string> = Required<Pick<ShellProps<To>, "places" | "link" | "waiting">> & { readonly open: To | undefined };

const BAR_ITEM = { position: "relative", display: "flex", flexDirection: "column", alignItems: "center", justifyContent: "center" } as const;

function barColor(is_open: boolean): string {
	return is_open ? "var(--mantine-primary-color-light-color)" : "dimmed";
}

/** The pages on a phone: five, or four and a menu with the rest. */
function Bar<To extends string>({ places, open, link, waiting }: BarProps<To>) {
	const shown = places.length > BAR_PLACES_MAX ? places.slice(0, BAR_PLACES_MAX - 1) : places;
	const rest = places.slice(shown.length);
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
				{shown.map(({ to, short, icon: PlaceIcon }) => (
					<UnstyledButton
						key={to}
						h="100%"
						c={barColor(open === to)}
						style={BAR_ITEM}
						aria-current={open === to ? "page" : undefined}
						renderRoot={(props) => link(to, props)}
					>
						<PlaceIcon size={20} stroke={1.6} aria-hidden="true" />
						<Text size="xs">{short}</Text>
						{waiting[to] !== undefined && <span className="kw-bar-count">{waiting[to]}</span>}
					</UnstyledButton>
				))}
				{rest.length > 0 && <MorePlaces places={rest} open={open} link={link} waiting={waiting} />}
			</Group>
		</Box>
	);
}

function MorePlaces<To extends string>({ places, open, link }: BarProps<To>) {
	return (
		<Menu position="top-end" width={220}>
			<Menu.Target>
				<UnstyledButton h="100%" c={barColor(places.some(({ to }) => to === open))} style={BAR_ITEM}>
					<IconMenu2 size={20} stroke={1.6} aria-hidden="true" />
					<Text size="xs">More</Text>
				</UnstyledButton>
			</Menu.Target>
			<Menu.Dropdown>
				{places.map(({ to, label, icon: PlaceIcon }) => (
					<Menu.Item
						key={to}
						leftSection={<PlaceIcon size={18} stroke={1.6} aria-hidden="true" />}
						aria-current={open === to ? "page" : undefined}
						renderRoot={(props) => link(to, props)}
					>
						{label}
					</Menu.Item>
				))}
			</Menu.Dropdown>
		</Menu>
	);
}
