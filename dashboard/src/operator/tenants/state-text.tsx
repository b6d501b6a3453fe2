import { Group, Text } from "@mantine/core";
import { MEANINGS, type Meaning } from "../../ui/theme.ts";
import type { TenantState } from "./state.ts";

const COLORS: Readonly<Record<Meaning, string>> = {
	good: "var(--kw-good)",
	attention: "var(--kw-attention)",
	ended: "var(--kw-ended)",
	resting: "var(--mantine-color-dimmed)",
	coming: "var(--mantine-color-dimmed)",
	last: "var(--kw-ended)",
};

/** A state in a row: the shape in its colour, the text grey unless a person has to act. */
export function TenantStateText({ state: { meaning, text, acts } }: { state: TenantState }) {
	return (
		<Group gap={6} wrap="nowrap">
			<Text component="span" fz={12} lh="18px" c={COLORS[meaning]} aria-hidden="true">
				{MEANINGS[meaning].shape}
			</Text>
			<Text component="span" fz={13} lh="18px" fw={acts ? 500 : 400} c={acts ? COLORS[meaning] : "dimmed"} truncate>
				{text}
			</Text>
		</Group>
	);
}
