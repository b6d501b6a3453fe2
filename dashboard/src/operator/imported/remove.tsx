import { Button, Group, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useConfirmed } from "../../access/confirm.tsx";
import { answered, api } from "../../http/api.ts";
import { Modal } from "../../ui/dialog/modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { formatsQuery, type LegacyFormat } from "./queries.ts";

interface RemoveProps {
	readonly format: LegacyFormat;
	readonly onClose: () => void;
}

export function LegacyRemove({ opened, ...props }: RemoveProps & { opened: boolean }) {
	return (
		<Modal
			name="delete"
			opened={opened}
			onClose={props.onClose}
			title="Delete this format"
			closeButtonProps={{ "aria-label": "Close without deleting" }}
		>
			<Decide {...props} />
		</Modal>
	);
}

function Decide({ format, onClose }: RemoveProps) {
	const { name, keys } = format;
	const action = useAction();
	const confirmed = useConfirmed();
	const queries = useQueryClient();
	async function remove(): Promise<void> {
		const done = await action.run(async () => {
			await confirmed(() => answered(api.DELETE("/api/v1/operator/legacy-formats/{name}", { params: { path: { name } } })));
			return true;
		});
		void queries.invalidateQueries({ queryKey: formatsQuery.queryKey });
		if (!done) return;
		toaster.done(`The format ${name} is deleted.`);
		onClose();
	}
	return (
		<Stack gap="md">
			<Text size="sm" className="kw-wrap">
				{keys === 0
					? "Keys that look like this are then refused as wrong keys."
					: `${keys} imported keys may still be used under it. A format is deleted once they have been replaced or revoked.`}
			</Text>
			<Problem error={action.error} />
			<Group justify="flex-end" gap={8}>
				<Button variant="default" onClick={onClose}>
					Keep this format
				</Button>
				<Button color="red" loading={action.pending} disabled={keys > 0} onClick={() => void remove()}>
					Delete this format
				</Button>
			</Group>
		</Stack>
	);
}
