import { Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { sessionQuery } from "../../access/session.ts";
import { answered, api } from "../../http/api.ts";
import { RemoveDialog } from "../remove-dialog.tsx";
import { OperatorEnding } from "./ending.tsx";
import { type Operator, operatorsQuery } from "./queries.ts";

interface RemoveProps {
	readonly operator: Operator;
	readonly opened: boolean;
	readonly onClose: () => void;
}

export function RemoveOperator({ operator, opened, onClose }: RemoveProps) {
	const { person_id, name, is_you } = operator;
	const queries = useQueryClient();
	return (
		<RemoveDialog
			name="remove"
			opened={opened}
			onClose={onClose}
			title="Remove an operator"
			closing="Close without removing"
			keep="Keep as an operator"
			remove="Remove this operator"
			request={() => answered(api.DELETE("/api/v1/operator/operators/{person_id}", { params: { path: { person_id } } }))}
			onTried={(removed) => {
				void queries.invalidateQueries({ queryKey: operatorsQuery.queryKey });
				if (removed && is_you) void queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
			}}
			done={`${name} does not run this instance any more.`}
		>
			<Text size="sm" className="kw-wrap">
				<b>{is_you ? "You" : name}</b> {is_you ? "lose" : "loses"} this area and every tenant that {is_you ? "you are" : "they are"} no member of,
				with the next request; the account stays.
			</Text>
			<OperatorEnding operator={operator} />
		</RemoveDialog>
	);
}
