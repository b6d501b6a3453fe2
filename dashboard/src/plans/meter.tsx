import { Box, Group, Progress, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { MEANINGS } from "../ui/theme.ts";
import { getLevel, getPercent, type Level, type Use } from "./meter.ts";

/** A function, because the theme may be in a chunk that is evaluated later. */
const getColors = (): Readonly<Record<Level, string>> => ({
	fine: "indigo",
	unlimited: "indigo",
	near: MEANINGS.attention.color,
	full: MEANINGS.ended.color,
});

interface MeterProps {
	readonly name: string;
	readonly use: Use;
	/** False where usage is not counted because there is no limit. */
	readonly isKnown?: boolean;
	/** False where the plan lacks the capability that it belongs to: then no maximum is shown, because none applies. */
	readonly isIncluded?: boolean;
	readonly format: (amount: number) => string;
	/** What happens when it is used up. */
	readonly full: string;
	readonly children?: ReactNode;
}

/** Usage as a number and a bar. */
export function Meter({ name, use, isKnown = true, isIncluded = true, format, full, children }: MeterProps) {
	if (!isIncluded) return <NotIncluded name={name} used={use.used} format={format} />;
	const level = getLevel(use);
	const words = use.max === null ? (isKnown ? `${format(use.used)}, without limit` : "Without limit") : `${format(use.used)} of ${format(use.max)}`;
	return (
		<Box data-meter={name} data-level={level}>
			<Group justify="space-between" gap="xs" mb={6} align="baseline">
				<Text fw={500}>{name}</Text>
				<Text size="sm" className="kw-figures">
					{words}
				</Text>
			</Group>
			{use.max !== null && (
				<Progress.Root size="md" radius="sm">
					<Progress.Section value={getPercent(use)} color={getColors()[level]} aria-label={`${name}: ${words}`} />
				</Progress.Root>
			)}
			<Text size="sm" c="dimmed" mt={6} component="div">
				{level === "near" && (
					<>
						<span aria-hidden="true">{MEANINGS.attention.shape}</span> Nearly used up.{" "}
					</>
				)}
				{level === "full" && (
					<>
						<span aria-hidden="true">{MEANINGS.ended.shape}</span> {use.max === 0 ? "Not in your plan." : `Used up. ${full}`}{" "}
					</>
				)}
				{children}
			</Text>
		</Box>
	);
}

/** What was used before the plan lost the capability is still stored. */
function NotIncluded({ name, used, format }: Pick<MeterProps, "name" | "format"> & { readonly used: number }) {
	return (
		<Box data-meter={name} data-level="missing">
			<Group justify="space-between" gap="xs" align="baseline">
				<Text fw={500}>{name}</Text>
				<Text size="sm" c="dimmed" className="kw-figures">
					{used === 0 ? "Not in your plan" : `${format(used)} kept, not in your plan`}
				</Text>
			</Group>
		</Box>
	);
}
