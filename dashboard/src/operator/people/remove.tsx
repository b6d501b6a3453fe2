import { Button, Group, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useConfirmed } from "../../access/confirm.tsx";
import { sessionQuery } from "../../access/session.ts";
import { answered, api } from "../../http/api.ts";
import { Modal } from "../../ui/dialog/modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { OperatorEnding } from "./ending.tsx";
import { type Operator, operatorsQuery } from "./queries.ts";

interface RemoveProps {
	readonly operator: Operator;
	readonly onClose: () => void;
}

export function RemoveOperator({ opened, ...props }: RemoveProps & { opened: boolean }) {
	return (
		<Modal
			name="remove"
			opened={opened}
			onClose={props.onClose}
			title="Remove an operator"
			closeButtonProps={{ "aria-label": "Close without removing" }}
		>
			<Decide {...props} />
		</Modal>
	);
}

function Decide({ operator, onClose }: RemoveProps) {
	const { person_id, name, is_you } = operator;
	const action = useAction();
	const confirmed = useConfirmed();
	const queries = useQueryClient();
	async function remove(): Promise<void> {
		const done = await action.run(async () => {
			await confirmed(() => answered(api.DELETE("/api/v1/operator/operators/{person_id}", { params: { path: { person_id } } })));
			return true;
		});
		void queries.invalidateQueries({ queryKey: operatorsQuery.queryKey });
		if (!done) return;
		toaster.done(`${name} does not run this instance any more.`);
		onClose();
		if (is_you) void queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
	}
	return (
		<Stack gap="md">
			<Text size="sm" className="kw-wrap">
				<b>{is_you ? "You" : name}</b> {is_you ? "lose" : "loses"} this area and every tenant that {is_you ? "you are" : "they are"} no member of,
				with the next request; the account stays.
			</Text>
			<OperatorEnding operator={operator} />
			<Problem error={action.error} />
			<Group justify="flex-end" gap={8}>
				<Button variant="default" onClick={onClose}>
					Keep as an operator
				</Button>
				<Button color="red" loading={action.pending} onClick={() => void remove()}>
					Remove this operator
				</Button>
			</Group>
		</Stack>
	);
}
