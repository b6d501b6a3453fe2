import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useConfirmed } from "../access/confirm.tsx";
import { EMAIL_FAULT, isEmail } from "../access/email.ts";
import { answered, api } from "../http/api.ts";
import { goToFirstFault } from "../ui/first-fault.ts";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import { operatorsQuery } from "./people-data.ts";

export function AddOperator({ opened, onClose }: { opened: boolean; onClose: () => void }) {
	return (
		<Modal opened={opened} onClose={onClose} title="Add an operator" closeButtonProps={{ "aria-label": "Close without adding" }}>
			<AddForm onClose={onClose} />
		</Modal>
	);
}

function AddForm({ onClose }: { onClose: () => void }) {
	const [email, setEmail] = useState("");
	const [tried, setTried] = useState(false);
	const action = useAction();
	const confirmed = useConfirmed();
	const queries = useQueryClient();
	const address = email.trim();
	const fault = tried && !isEmail(address) ? EMAIL_FAULT : undefined;

	async function add(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		setTried(true);
		if (!isEmail(address)) return goToFirstFault(event.currentTarget);
		const operator = await action.run(() => confirmed(() => answered(api.POST("/api/v1/operator/operators", { body: { email: address } }))));
		if (!operator) return;
		void queries.invalidateQueries({ queryKey: operatorsQuery.queryKey });
		notifications.show({ message: `${operator.name} runs this instance from the next sign-in on.`, color: "teal" });
		onClose();
	}
	return (
		<form noValidate onSubmit={(event) => void add(event)}>
			<Stack gap="md">
				<Text size="sm">
					For somebody who has an account here already. Whoever joins by a link may write any address: make sure that the account is theirs. Their
					sign-ins end, and they sign in again as an operator.
				</Text>
				<TextInput
					label="E-mail address"
					type="email"
					value={email}
					onChange={(event) => setEmail(event.currentTarget.value)}
					error={fault}
					autoComplete="off"
					data-autofocus
				/>
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<Button variant="default" onClick={onClose}>
						Close without adding
					</Button>
					<Button type="submit" loading={action.pending}>
						Add this operator
					</Button>
				</Group>
			</Stack>
		</form>
	);
}
