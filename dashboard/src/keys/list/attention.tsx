import { Group, Text } from "@mantine/core";
import { MEANINGS } from "../../ui/theme.ts";
import type { ApiKey, KeyHour } from "../queries.ts";
import { getAttention } from "./attention-words.ts";

const COLORS = {
	good: "dimmed",
	resting: "dimmed",
	coming: "dimmed",
	attention: "var(--kw-attention)",
	last: "var(--kw-ended)",
	ended: "var(--kw-ended)",
} as const;
const SHAPE_COLORS = { ...COLORS, good: "var(--kw-good)" } as const;

/** The state as a shape and a word on one line; coloured only where a person has to act. */
export function Attention({ apiKey, hours }: { apiKey: ApiKey; hours: readonly KeyHour[] | undefined }) {
	const { meaning, word } = getAttention(apiKey, hours ?? [], Date.now());
	const over = (apiKey.status === "revoked" || apiKey.status === "expired") && word !== "Still presented";
	return (
		<Group gap={6} wrap="nowrap" miw={0} title={word}>
			<Text span size="xs" c={over ? "dimmed" : SHAPE_COLORS[meaning]} aria-hidden="true">
				{MEANINGS[meaning].shape}
			</Text>
			<Text span size="sm" truncate c={over ? "dimmed" : COLORS[meaning]} fw={COLORS[meaning] === "dimmed" || over ? 400 : 500}>
				{word}
			</Text>
		</Group>
	);
}
