import { ActionIcon, Button, Group, Input, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { Label } from "./values.ts";

const NAME_CHARACTERS_MAX = 64;
const VALUE_CHARACTERS_MAX = 256;

interface LabelsProps {
	readonly labels: readonly Label[];
	readonly onLabels: (labels: readonly Label[]) => void;
	readonly fault: string | null;
}

/** The tenant's labels on a key, such as team = checkout. */
export function EditLabels({ labels, onLabels, fault }: LabelsProps) {
	function set(index: number, change: Partial<Label>): void {
		onLabels(labels.map((label, at) => (at === index ? { ...label, ...change } : label)));
	}
	return (
		<Stack gap={8} role="group" aria-label="Labels">
			<div>
				<Text size="sm" fw={500}>
					Labels
				</Text>
				<Text size="xs" c="dimmed">
					Notes of your own, such as team = checkout
				</Text>
			</div>
			{labels.map((label, index) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: a label has no stable id while it is edited
				<Group key={index} gap={8} wrap="nowrap">
					<TextInput
						aria-label={`Name of label ${index + 1}`}
						flex={1}
						maxLength={NAME_CHARACTERS_MAX}
						value={label.name}
						onChange={(event) => set(index, { name: event.currentTarget.value })}
					/>
					<TextInput
						aria-label={`Value of label ${index + 1}`}
						flex={1}
						maxLength={VALUE_CHARACTERS_MAX}
						value={label.value}
						onChange={(event) => set(index, { value: event.currentTarget.value })}
					/>
					<ActionIcon
						variant="subtle"
						color="gray"
						aria-label={`Remove label ${index + 1}`}
						onClick={() => onLabels(labels.filter((_, at) => at !== index))}
					>
						<IconTrash size={16} aria-hidden="true" />
					</ActionIcon>
				</Group>
			))}
			{fault !== null && <Input.Error role="alert">{fault}</Input.Error>}
			<Group>
				<Button
					variant="default"
					size="compact-sm"
					leftSection={<IconPlus size={14} aria-hidden="true" />}
					onClick={() => onLabels([...labels, { name: "", value: "" }])}
				>
					Add a label
				</Button>
			</Group>
		</Stack>
	);
}
