import { Anchor, Stack, Text, Title } from "@mantine/core";

export function NotFoundPage() {
	return (
		<Stack className="kw-page" align="flex-start" gap="xs">
			<Title order={1}>There is no page at this address</Title>
			<Text c="dimmed">It may have moved, or the link was cut off where it was copied.</Text>
			<Anchor href="/settings/api-access">Go to API Access</Anchor>
		</Stack>
	);
}
