import { Badge, Box, Button, Group, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useDialog, useKept, useStaying } from "../../ui/dialog/use-dialog.ts";
import { Page } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { AddOperator } from "./add.tsx";
import { OperatorInvitations } from "./invitations.tsx";
import { operatorsQuery } from "./queries.ts";
import { RemoveOperator } from "./remove.tsx";

const LEAD = "Who runs this instance: everything in this area and every tenant is open to them. The operator token works as well.";

/** The operators of the instance. */
export default function PeoplePage() {
	const { data } = useSuspenseQuery(operatorsQuery);
	const adding = useDialog("add");
	const removal = useDialog("remove");
	const asked = data.data.find(({ person_id }) => person_id === removal.of);
	const removing = useKept(asked);
	const removes = useStaying(removal.opened, asked !== undefined);
	return (
		<Page
			title="Operators"
			lead={LEAD}
			action={
				<Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => adding.open()}>
					Invite an operator
				</Button>
			}
		>
			<Box className="kw-surface" p="lg">
				{data.data.length === 0 && <Text>No operators yet. The operator token is the only way in.</Text>}
				{data.data.map((operator) => (
					<Group key={operator.person_id} className="kw-row" justify="space-between" data-operator={operator.email}>
						<Box miw={0}>
							<Group gap={8}>
								<Text fw={500} className="kw-wrap">
									<bdi>{operator.name}</bdi>
								</Text>
								{operator.is_you && <Badge color="gray">You</Badge>}
							</Group>
							<Text size="sm" c="dimmed" className="kw-wrap">
								{operator.email}
							</Text>
							<Text size="xs" c="dimmed">
								Operator since <Time value={operator.created_at} />, account since <Time value={operator.account_created_at} />; added by{" "}
								<bdi>{operator.created_by.name}</bdi>
							</Text>
						</Box>
						<Button variant="default" size="xs" aria-label={`Remove ${operator.name}`} onClick={() => removal.open(operator.person_id)}>
							Remove
						</Button>
					</Group>
				))}
				<OperatorInvitations />
			</Box>
			<AddOperator opened={adding.opened} onClose={adding.close} />
			{removing !== null && <RemoveOperator opened={removes} operator={removing} onClose={removal.close} />}
		</Page>
	);
}
