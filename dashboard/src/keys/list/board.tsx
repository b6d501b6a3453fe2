import { Box, Button, Group, List, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconKey, IconPlugConnected, IconSend } from "@tabler/icons-react";

const STEPS = [
	{ icon: IconKey, title: "Say what the key is for", text: "A program, its environment and a responsible person. The name is made of that." },
	{
		icon: IconSend,
		title: "Hand it over, or see it once",
		text: "A one-time link for the person who deploys it, so that no chat or screenshot ever holds the key.",
	},
	{ icon: IconPlugConnected, title: "See the first request arrive", text: "Snippets for your language, and a line that turns green when it works." },
] as const;

/** Shown instead of the list before the first key: the steps and the button that creates one. */
export function ListBoard({ onCreate }: { onCreate: () => void }) {
	return (
		<Box className="kw-surface" p="xl" component="section" aria-label="Your first key">
			<Stack gap="lg" align="flex-start">
				<Title order={2}>Your first key in three steps</Title>
				<List listStyleType="none" spacing="md" center={false} type="ordered">
					{STEPS.map(({ icon: Icon, title, text }, index) => (
						<List.Item
							key={title}
							icon={
								<ThemeIcon variant="light" size={32} radius="xl">
									<Icon size={18} stroke={1.6} aria-hidden="true" />
								</ThemeIcon>
							}
						>
							<Group gap={0}>
								<div>
									<Text fw={500}>
										{index + 1}. {title}
									</Text>
									<Text size="sm" c="dimmed">
										{text}
									</Text>
								</div>
							</Group>
						</List.Item>
					))}
				</List>
				<Button size="md" onClick={onCreate}>
					Create your first key
				</Button>
			</Stack>
		</Box>
	);
}
