import { Box, Group, Radio, Text } from "@mantine/core";

/** One of several choices, as a card: its title names it, its text says what it means. Must be inside a `Radio.Group`. */
export function ChoiceCard({ value, title, text }: { value: string; title: string; text: string }) {
	return (
		<Radio.Card value={value} p="sm" radius="md" aria-label={`${title}: ${text}`} className="kw-choice">
			<Group wrap="nowrap" align="flex-start" gap="sm">
				<Radio.Indicator mt={2} />
				<Box miw={0}>
					<Text fw={500}>{title}</Text>
					<Text size="sm" c="dimmed">
						{text}
					</Text>
				</Box>
			</Group>
		</Radio.Card>
	);
}
