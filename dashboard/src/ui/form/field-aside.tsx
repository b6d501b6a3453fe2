import { Group, Text } from "@mantine/core";
import { IconSelector } from "@tabler/icons-react";

/** A detail at the right of a select, before its arrows. */
export function FieldAside({ children }: { children: string }) {
	return (
		<Group gap={4} wrap="nowrap" justify="flex-end" w="100%" pr={8}>
			<Text size="xs" c="dimmed">
				{children}
			</Text>
			<IconSelector size={14} aria-hidden="true" />
		</Group>
	);
}
