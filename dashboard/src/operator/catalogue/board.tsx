import { Box, Button, Code, Group, List, Text, Title } from "@mantine/core";
import { IconListCheck, IconPlus } from "@tabler/icons-react";

const WIDTH_PX = 640;

interface BoardProps {
	readonly onCapability: () => void;
	readonly onPermission: () => void;
}

/** Shown instead of an empty list: what capabilities and permissions are, and which to create first. */
export function CatalogueBoard({ onCapability, onPermission }: BoardProps) {
	return (
		<Box className="kw-surface" p="xl" data-board>
			<IconListCheck size={28} stroke={1.6} aria-hidden="true" />
			<Title order={2} mt="sm">
				Nothing of your own API yet
			</Title>
			<Text mt={4} maw={WIDTH_PX}>
				Below is what comes with Keywright. Your API can do more: say what, and people choose it when they create a key.
			</Text>
			<List type="ordered" size="sm" spacing={6} my="md" maw={WIDTH_PX}>
				<List.Item>
					Add a capability: something that a plan includes, such as <b>Orders</b>.
				</List.Item>
				<List.Item>
					Add its permissions: what a key may do with it, such as <Code className="kw-mono">orders:read</Code>, in the words that people read.
				</List.Item>
				<List.Item>
					Include the capability in a plan, and ask for the permission where your API is guarded: in a guard, in a rule for forwarded requests, or in
					the verify call.
				</List.Item>
			</List>
			<Group gap={8}>
				<Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={onCapability}>
					Add a capability
				</Button>
				<Button variant="default" onClick={onPermission}>
					Add a permission
				</Button>
			</Group>
		</Box>
	);
}
