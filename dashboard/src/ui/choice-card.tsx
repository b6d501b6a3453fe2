import { Box, Group, Radio, Text } from "@mantine/core";

/** A radio option as a card with a title and an explanation. Must be inside a `Radio.Group`. */
export function ChoiceCard({ value, title, text }: { value: string; title: string; text: string }) {
	return (
		<Radio.Card value={value} px={12} py={8} radius="md" aria-label={`${title}: ${text}`} className="kw-choice">
			<Group wrap="nowrap" align="flex-start" gap={8}>
				<Radio.Indicator size="xs" mt={2} />
				<Box miw={0}>
					<Text size="sm" fw={600}>
						{title}
					</Text>
					<Text size="xs" c="dimmed">
						{text}
					</Text>
				</Box>
			</Group>
		</Radio.Card>
	);
}
