import { Text, VisuallyHidden } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { formatActor } from "../keys/text.ts";
import { Card } from "../ui/page.tsx";
import { Instant } from "../ui/time.tsx";
import { isOpen, type Rotation } from "./queries.ts";
import { formatStep } from "./words.ts";

type Step = Rotation["steps"][number];

/** The five steps of a rotation with evidence and times. Evidence completes them, in any order. */
export function RotationSteps({ rotation }: { rotation: Rotation }) {
	const { steps } = rotation;
	const next = isOpen(rotation) ? steps.find((step) => !step.done)?.name : undefined;
	return (
		<Card flush title="Steps">
			<ol className="kw-steps" data-steps>
				{steps.map((step, index) => (
					<OneStep key={step.name} step={step} rotation={rotation} number={index + 1} isNext={step.name === next} />
				))}
			</ol>
		</Card>
	);
}

interface StepProps {
	readonly step: Step;
	readonly rotation: Rotation;
	readonly number: number;
	readonly isNext: boolean;
}

function OneStep({ step, rotation, number, isNext }: StepProps) {
	const { name, done, at } = step;
	const words = formatStep(name, rotation);
	const strong = done || isNext;
	return (
		<li data-step={name} data-done={done} data-next={isNext || undefined}>
			<span className="kw-step-mark" aria-hidden="true">
				{done ? <IconCheck size={12} stroke={3} /> : number}
			</span>
			<div>
				<Text size="sm" lh="20px" fw={strong ? 600 : 500} {...(strong ? {} : { c: "dimmed" })}>
					{words.title}
					<VisuallyHidden>{done ? ": done" : isNext ? ": next" : ": not yet"}</VisuallyHidden>
				</Text>
				{(done || isOpen(rotation)) && (
					<Text size="xs" lh="16px" c="dimmed" className="kw-wrap">
						{done ? words.done : words.open}
					</Text>
				)}
				{done && at !== null && (
					<Text size="xs" lh="16px" c="dimmed" className="kw-figures kw-wrap">
						{name === "created" && `${formatActor(rotation.started_by)}, `}
						<Instant value={at} />
					</Text>
				)}
			</div>
		</li>
	);
}
