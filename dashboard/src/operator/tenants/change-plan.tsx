import { Button, Group, Select, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { getDifferences } from "../plans/changes.ts";
import { PlanChanges } from "../plans/impact.tsx";
import { type Plan, plansQuery } from "../plans/queries.ts";
import { useCapabilityNames } from "../plans/use-capability-names.ts";
import { patchTenant, planPreviewQuery, type Tenant, useTenantsChanged } from "./queries.ts";

const SEARCHED_FROM = 8;

interface ChangeProps {
	readonly tenant: Tenant;
	readonly onClose: () => void;
}

/** Moves the tenant to another plan, after showing what changes and what stops. */
export function ChangePlan({ tenant, onClose }: ChangeProps) {
	const { data: plans, error } = useQuery(plansQuery);
	const nameOf = useCapabilityNames();
	const [chosen, setChosen] = useState<string | null>(null);
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = useTenantsChanged();
	const before = plans?.find(({ id }) => id === tenant.plan_id);
	const after = plans?.find(({ id }) => id === chosen);
	const preview = useQuery({ ...planPreviewQuery(tenant.id, chosen ?? ""), enabled: chosen !== null });
	async function move(plan: Plan): Promise<void> {
		const moved = await action.run(() => confirmed(() => patchTenant(tenant.id, { plan_id: plan.id })));
		changed();
		if (!moved) return;
		toaster.done(`${tenant.name} is on the plan ${plan.name} from the next request on.`);
		onClose();
	}
	return (
		<Stack gap="md">
			<Text size="sm" className="kw-wrap">
				<b className="kw-name" title={tenant.name}>
					<bdi>{tenant.name}</bdi>
				</b>{" "}
				has the plan{" "}
				<b className="kw-name" title={before?.name}>
					<bdi>{before?.name ?? "…"}</bdi>
				</b>
				. Another one holds from the next request on.
			</Text>
			<Select
				label="New plan"
				placeholder="Choose a plan"
				data={(plans ?? []).filter(({ id }) => id !== tenant.plan_id).map(({ id, name }) => ({ value: id, label: name }))}
				value={chosen}
				onChange={setChosen}
				searchable={(plans?.length ?? 0) > SEARCHED_FROM}
				data-autofocus
			/>
			<Problem error={error ?? preview.error} />
			{chosen !== null && preview.isPending && <Skeleton height={120} aria-busy="true" />}
			{preview.data && before && after && <PlanChanges differences={getDifferences(before, after, nameOf)} impact={preview.data} />}
			{tenant.limits !== null && (
				<Text size="sm" c="dimmed">
					Limits of its own stay as they are.
				</Text>
			)}
			<Problem error={action.error} />
			<Group justify="flex-end" gap={8}>
				<Button variant="default" onClick={onClose}>
					Keep this plan
				</Button>
				<Button disabled={after === undefined || preview.data === undefined} loading={action.pending} onClick={() => after && void move(after)}>
					{after === undefined ? "Move to the plan" : `Move to ${after.name}`}
				</Button>
			</Group>
		</Stack>
	);
}
