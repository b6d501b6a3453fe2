import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useConfirmed } from "../../access/confirm.tsx";
import { Modal } from "../../ui/dialog/modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
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
	const action = useAction();
	const confirmed = useConfirmed();
	const changed = usePlansChanged();
	const tenants = use?.tenants ?? 0;
	async function retire(): Promise<void> {
		const done = await action.run(() => confirmed(() => deletePlan(plan.id)));
		changed();
		if (!done) return;
		toaster.done(`The plan ${plan.name} is retired.`);
		onClose();
	}
	return (
		<Modal name="retire" opened={opened} onClose={onClose} title="Retire this plan" closeButtonProps={{ "aria-label": "Close without retiring" }}>
			<Stack gap="md">
				<Text size="sm" className="kw-wrap">
					{tenants > 0 ? (
						<>
							{tenants === 1 ? "1 tenant has" : `${tenants} tenants have`} the plan{" "}
							<b>
								<bdi>{plan.name}</bdi>
							</b>
							. Give {tenants === 1 ? "it" : "them"} another plan first; then it can be retired.
						</>
					) : (
						<>
							No tenant has the plan{" "}
							<b>
								<bdi>{plan.name}</bdi>
							</b>
							. It is deleted; nothing stops by that.
						</>
					)}
				</Text>
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<Button variant="default" onClick={onClose}>
						Keep this plan
					</Button>
					{tenants > 0 ? (
						<Anchor renderRoot={(props) => <Link to="/operator/tenants" search={{ plan: plan.id }} {...props} />}>See its tenants</Anchor>
					) : (
						<Button color="red" loading={action.pending} onClick={() => void retire()}>
							Retire this plan
						</Button>
					)}
				</Group>
			</Stack>
		</Modal>
	);
}
