import { Alert, Button, Group, List, Stack, Text, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { answered, api } from "../http/api.ts";
import { useKeysChanged } from "../keys/queries.ts";
import { Modal } from "../ui/dialog/modal.tsx";
import { Problem } from "../ui/problem.tsx";
import { Time } from "../ui/time.tsx";
import { toaster } from "../ui/toaster.tsx";
import { useAction } from "../ui/use-action.ts";
import { CLIENTS_SHOWN_MAX, OtherClients } from "./clients/others.tsx";
import type { RotationProps } from "./props.ts";
import { formatClient } from "./words.ts";

const REASON_CHARACTERS_MAX = 1_000;
const WIDTH_PX = 560;

interface DialogProps extends RotationProps {
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Ends the old key before everything has moved: names the clients that are refused then, and asks for a reason. */
export function CompleteDialog({ opened, ...props }: DialogProps) {
	return (
		<Modal
			name="complete"
			opened={opened}
			onClose={props.onClose}
			size={WIDTH_PX}
			title="End the old key before everything has moved"
			closeButtonProps={{ "aria-label": "Close without ending it" }}
		>
			<CompleteForm {...props} />
		</Modal>
	);
}

function CompleteForm({ tenant_id, apiKey, rotation, onClose }: Omit<DialogProps, "opened">) {
	const [reason, setReason] = useState("");
	const action = useAction();
	const changed = useKeysChanged(tenant_id);
	const given = reason.trim();

	async function complete(event: FormEvent): Promise<void> {
		event.preventDefault();
		if (given === "") return;
		const path = { tenant_id, key_id: apiKey.id, rotation_id: rotation.id };
		const body = { force: true, reason: given };
		const done = await action.run(() =>
			answered(api.POST("/api/v1/tenants/{tenant_id}/api-keys/{key_id}/rotations/{rotation_id}/complete", { params: { path }, body })),
		);
		changed();
		if (done === undefined) return;
		toaster.done(`The old key of ${apiKey.name} has ended: it is refused everywhere.`);
		onClose();
	}
	return (
		<form onSubmit={(event) => void complete(event)}>
			<Stack gap="md">
				<Stragglers rotation={rotation} />
				<Textarea
					label="Why now?"
					description="Shown on this page from then on"
					autosize
					minRows={2}
					maxLength={REASON_CHARACTERS_MAX}
					value={reason}
					onChange={(event) => setReason(event.currentTarget.value)}
					data-autofocus
				/>
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<Button variant="default" onClick={onClose}>
						Keep both working
					</Button>
					<Button type="submit" color="red" disabled={given === ""} loading={action.pending}>
						End the old key now
					</Button>
				</Group>
			</Stack>
		</form>
	);
}

function Stragglers({ rotation }: Pick<DialogProps, "rotation">) {
	const left = rotation.sources.filter((source) => source.old !== null && !source.moved);
	if (left.length === 0) {
		return (
			<Text size="sm">
				The new key has not been used yet, and nothing has used the old one lately. Whatever still has it is refused from the moment you confirm.
			</Text>
		);
	}
	return (
		<Alert color="red" variant="light" role="note" title="Refused from the moment you confirm" data-stragglers>
			<List size="sm" className="kw-wrap">
				{left.slice(0, CLIENTS_SHOWN_MAX).map((source) => (
					<List.Item key={source.id}>
						<b>{formatClient(source)}</b> {source.new === null ? "has only used the old key" : "has begun to use the new key; the old one"}
						{source.old !== null && (
							<>
								, last <Time value={source.old.last_seen_at} />
							</>
						)}
					</List.Item>
				))}
				<OtherClients clients={left.length} />
			</List>
		</Alert>
	);
}
