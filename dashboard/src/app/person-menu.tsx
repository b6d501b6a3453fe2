import { Box, Group, Menu, Text, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconKeyboard, IconLogout, IconMoon, IconSelector, IconSun } from "@tabler/icons-react";
import { useSession } from "../access/session.ts";
import { useSignOut } from "../access/sign-out.ts";
import { getInitial } from "./initial.ts";

interface PersonMenuProps {
	readonly role_name: string;
	readonly compact?: boolean;
	/** Lists the keyboard shortcuts, where the pages have some. */
	readonly onShortcuts?: () => void;
}

/** Shows the signed-in person and their role, and signs out. */
export function PersonMenu({ role_name, compact = false, onShortcuts }: PersonMenuProps) {
	const { person } = useSession();
	const signOut = useSignOut();
	const { setColorScheme } = useMantineColorScheme();
	const isDark = useComputedColorScheme() === "dark";
	return (
		<Menu position={compact ? "bottom-end" : "top-start"} width={220}>
			<Menu.Target>
				<UnstyledButton p={6} aria-label={`${person.name}, ${role_name}: account menu`} style={{ borderRadius: 8 }}>
					<Group wrap="nowrap" gap={8}>
						<span className="kw-initial" data-round aria-hidden="true">
							{getInitial(person.name)}
						</span>
						<Box miw={0} flex={1}>
							<Text size="sm" fw={500} truncate maw={compact ? 120 : 150}>
								{person.name}
							</Text>
							<Text size="xs" c="dimmed">
								{role_name}
							</Text>
						</Box>
						<IconSelector size={14} aria-hidden="true" />
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
				{onShortcuts !== undefined && !compact && (
					<Menu.Item leftSection={<IconKeyboard size={16} aria-hidden="true" />} onClick={onShortcuts}>
						Keyboard shortcuts
					</Menu.Item>
				)}
				<Menu.Item leftSection={<IconLogout size={16} aria-hidden="true" />} onClick={() => void signOut()}>
					{person.kind === "portal" ? "End this visit" : "Sign out"}
				</Menu.Item>
			</Menu.Dropdown>
		</Menu>
	);
}
