import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { formatCount } from "../../plans/meter.ts";
import { GuardedModal, useFormGuard } from "../../ui/form/guarded-modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SheetFoot } from "../../ui/sheet-foot.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { getDifferences } from "./changes.ts";
import { PlanForm } from "./form.tsx";
import { PlanChanges } from "./impact.tsx";
import { type Plan, type PlanImpact, type PlanInput, previewPlan, putPlan, usePlansChanged } from "./queries.ts";
import type { PlanUse } from "./table.tsx";
import { useCapabilityNames } from "./use-capability-names.ts";
import { inputFrom, NEW_PLAN, type PlanValues, toContent, valuesFrom } from "./values.ts";

interface SheetProps {
	/** Null: a new plan. */
	readonly plan: Plan | null;
	readonly use: PlanUse | undefined;
	readonly opened: boolean;
	readonly onClose: () => void;
	readonly onRetire: () => void;
}

/** Creates or edits a plan. Before saving it shows the effect on tenants. */
export function PlanSheet({ plan, opened, onClose, ...rest }: SheetProps) {
	return (
		<GuardedModal
			name={plan === null ? "create" : "edit"}
			sheet
			opened={opened}
			onClose={onClose}
			size={600}
			title={plan === null ? "Create a plan" : `Edit the plan ${plan.name}`}
			undone={plan === null ? "The plan has not been created." : "The plan has not been changed."}
			closing="Close without saving"
		>
			<Steps plan={plan} onClose={onClose} {...rest} />
		</GuardedModal>
	);
}

interface Review {
	readonly input: PlanInput;
	readonly impact: PlanImpact;
}

function Steps({ plan, use, onClose, onRetire }: Omit<SheetProps, "opened">) {
	const [values, setValues] = useState<PlanValues>(() => (plan === null ? NEW_PLAN : valuesFrom(plan)));
	const [review, setReview] = useState<Review | null>(null);
	const { finish } = useFormGuard();
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = usePlansChanged();
	async function save(id: string, input: PlanInput): Promise<void> {
		const saved = await action.run(() => confirmed(() => putPlan(id, input)));
		changed();
		if (!saved) return;
		toaster.done(plan === null ? `The plan ${saved.name} is created.` : `The plan ${saved.name} holds as changed from the next request on.`);
		finish();
		onClose();
	}
	async function go(next: PlanValues): Promise<void> {
		setValues(next);
		const input = inputFrom(next);
		if (plan === null) return save(next.id.trim(), input);
		const impact = await action.run(() => previewPlan(plan.id, input));
		if (impact) setReview({ input, impact });
	}
	if (plan !== null && review !== null) {
		return <ReviewStep plan={plan} review={review} action={action} onBack={() => setReview(null)} onSave={() => void save(plan.id, review.input)} />;
	}
	return (
		<>
			{plan !== null && use !== undefined && use.tenants > 0 && (
				<Text size="sm" mb="md">
					{formatCount(use.tenants)} {use.tenants === 1 ? "tenant has" : "tenants have"} this plan, with {formatCount(use.keys)}{" "}
					{use.keys === 1 ? "key" : "keys"}. Before anything is saved you see what stops.
				</Text>
			)}
			<PlanForm
				is_new={plan === null}
				initial={values}
				pending={action.pending}
				error={action.error}
				onSubmit={(next) => void go(next)}
				{...(plan === null ? {} : { onRetire })}
			/>
		</>
	);
}

interface ReviewProps {
	readonly plan: Plan;
	readonly review: Review;
	readonly action: { readonly pending: boolean; readonly error: unknown };
	readonly onBack: () => void;
	readonly onSave: () => void;
}

function ReviewStep({ plan, review: { input, impact }, action, onBack, onSave }: ReviewProps) {
	const differences = getDifferences(plan, toContent(input), useCapabilityNames());
	const nothing = differences.length === 0 && input.name === plan.name;
	return (
		<Stack gap="md">
			<Text fw={600} fz={16} role="status" data-touched>
				{impact.tenants === 0
					? "No tenant has this plan, so none is touched."
					: `${formatCount(impact.tenants)} ${impact.tenants === 1 ? "tenant" : "tenants"} with ${formatCount(impact.keys)} ${impact.keys === 1 ? "key" : "keys"} ${impact.tenants === 1 ? "is" : "are"} touched.`}
			</Text>
			{nothing ? <Text size="sm">Nothing is different from what is saved.</Text> : <PlanChanges differences={differences} impact={impact} />}
			<Problem error={action.error} />
			<SheetFoot>
				<Group justify="flex-end" gap={8}>
					<Button variant="default" onClick={onBack} data-autofocus>
						Go back to the form
					</Button>
					<Button loading={action.pending} disabled={nothing} onClick={onSave}>
						Save this plan
					</Button>
				</Group>
			</SheetFoot>
		</Stack>
	);
}
