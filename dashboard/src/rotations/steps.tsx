import { Box, Group, Text, ThemeIcon, VisuallyHidden } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { Section } from "../ui/page.tsx";
import { Time } from "../ui/time.tsx";
import { isOpen, type Rotation } from "./queries.ts";
import { formatStep } from "./words.ts";

type Step = Rotation["steps"][number];

const MARK_PX = 24;

/** The five steps of a rotation with evidence and times. Evidence completes them, in any order. */
export function RotationSteps({ rotation }: { rotation: Rotation }) {
	const { steps } = rotation;
	const next = isOpen(rotation) ? steps.find((step) => !step.done)?.name : undefined;
	return (
		<Section title="Steps">
			<ol style={{ margin: 0, padding: 0, listStyle: "none" }} data-steps>
				{steps.map((step, index) => (
					<OneStep
						key={step.name}
						step={step}
						rotation={rotation}
						number={index + 1}
						isNext={step.name === next}
						isLast={index === steps.length - 1}
					/>
				))}
			</ol>
		</Section>
	);
}

interface StepProps {
	readonly step: Step;
	readonly rotation: Rotation;
	readonly number: number;
	readonly isNext: boolean;
	readonly isLast: boolean;
}

function OneStep({ step, rotation, number, isNext, isLast }: StepProps) {
	const { name, done, at } = step;
	const words = formatStep(name, rotation);
	const strong = done || isNext;
	return (
		<Group component="li" gap="sm" wrap="nowrap" align="stretch" data-step={name} data-done={done}>
			<Mark number={number} done={done} isNext={isNext} isLast={isLast} />
			<Box pb={isLast ? 0 : "md"} miw={0}>
				<Text fw={strong ? 600 : 400} {...(strong ? {} : { c: "dimmed" })}>
					{words.title}
					<VisuallyHidden>{done ? ": done" : isNext ? ": next" : ": not yet"}</VisuallyHidden>
				</Text>
				{(done || isOpen(rotation)) && (
					<Text size="sm" c="dimmed" className="kw-wrap">
						{done ? words.done : words.open}
					</Text>
				)}
				{done && at !== null && (
					<Text size="xs" c="dimmed" className="kw-figures">
						<Time value={at} />
					</Text>
				)}
			</Box>
		</Group>
	);
}

/** The number of a step or a tick, and the line to the next step. */
function Mark({ number, done, isNext, isLast }: Omit<StepProps, "step" | "rotation"> & { readonly done: boolean }) {
	return (
		<Box pos="relative" aria-hidden="true">
			<ThemeIcon size={MARK_PX} radius="xl" variant={done ? "filled" : "default"} {...(done ? { color: "teal.8" } : {})}>
				{done ? (
					<IconCheck size={14} />
				) : (
					<Text span size="xs" fw={isNext ? 600 : 400} {...(isNext ? {} : { c: "dimmed" })}>
						{number}
					</Text>
				)}
			</ThemeIcon>
			{!isLast && <Box pos="absolute" top={MARK_PX} bottom={0} left={MARK_PX / 2 - 1} w={2} bg={done ? "teal.8" : "var(--kw-hairline)"} />}
		</Box>
	);
}
