import { Anchor, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { RemoveDialog } from "../remove-dialog.tsx";
import { deletePlan, type Plan, usePlansChanged } from "./queries.ts";
import type { PlanUse } from "./table.tsx";

interface RetireProps {
	readonly plan: Plan;
	readonly use: PlanUse | undefined;
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Deletes a plan without tenants, or lists the tenants that have it. */
export function RetirePlan({ plan, use, opened, onClose }: RetireProps) {
	const changed = usePlansChanged();
	const tenants = use?.tenants ?? 0;
	const name = (
		<b>
			<bdi>{plan.name}</bdi>
		</b>
	);
	return (
		<RemoveDialog
			name="retire"
			opened={opened}
			onClose={onClose}
			title="Retire this plan"
			closing="Close without retiring"
			keep="Keep this plan"
			remove="Retire this plan"
			{...(tenants > 0 && {
				instead: <Anchor renderRoot={(props) => <Link to="/operator/tenants" search={{ plan: plan.id }} {...props} />}>See its tenants</Anchor>,
			})}
			request={() => deletePlan(plan.id)}
			onTried={changed}
			done={`The plan ${plan.name} is retired.`}
		>
			<Text size="sm" className="kw-wrap">
				{tenants > 0 ? (
					<>
						{tenants === 1 ? "1 tenant has" : `${tenants} tenants have`} the plan {name}. Give {tenants === 1 ? "it" : "them"} another plan first;
						then it can be retired.
					</>
				) : (
					<>No tenant has the plan {name}. It is deleted; nothing stops by that.</>
				)}
			</Text>
		</RemoveDialog>
	);
}
