import { Badge } from "@mantine/core";
import { MEANINGS, type Meaning } from "./theme.ts";

/** A state as a word with a colour and a shape. */
export function StateBadge({ meaning, children }: { meaning: Meaning; children: string }) {
	const { color, shape } = MEANINGS[meaning];
	return (
		<Badge color={color} miw="max-content" leftSection={<span aria-hidden="true">{shape}</span>}>
			{children}
		</Badge>
	);
}
