import { Text } from "@mantine/core";

/** The label of a field with a short explanation behind it, on the same line. */
export function Labelled({ text, by }: { text: string; by: string }) {
	return (
		<>
			{text}{" "}
			<Text span size="xs" c="dimmed" fw={400} ml={4}>
				{by}
			</Text>
		</>
	);
}
