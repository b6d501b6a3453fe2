import { Alert, Button, Group, List, Stack, Text } from "@mantine/core";
import { answered, api, isApiError } from "../http/api.ts";
import { useKeysChanged } from "../keys/queries.ts";
import { Modal } from "../ui/dialog/modal.tsx";
import { Problem } from "../ui/problem.tsx";
import { toaster } from "../ui/toaster.tsx";
import { useAction } from "../ui/use-action.ts";
import { CLIENTS_SHOWN_MAX, OtherClients } from "./clients/others.tsx";
import { formatDay } from "./moment.ts";
import type { RotationProps } from "./props.ts";
import { getMovers } from "./words.ts";

const WIDTH_PX = 560;

interface DialogProps extends RotationProps {
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Cancels the rotation, after showing what stops with the new key. */
export function CancelDialog({ opened, ...props }: DialogProps) {
	return (
		<Modal
			name="cancel"
			opened={opened}
			onClose={props.onClose}
			size={WIDTH_PX}
			title="Take this replacement back"
			closeButtonProps={{ "aria-label": "Close without taking it back" }}
		>
			<CancelForm {...props} />
		</Modal>
	);
}

function CancelForm({ tenant_id, apiKey, rotation, onClose }: Omit<DialogProps, "opened">) {
	const action = useAction();
	const changed = useKeysChanged(tenant_id);
	// The first use may arrive between the page's last fetch and the response.
	const used = rotation.status === "proving" || rotation.status === "moved" || isApiError(action.error, "successor_in_use");

	async function cancel(): Promise<void> {
		const path = { tenant_id, key_id: apiKey.id, rotation_id: rotation.id };
		const body = used ? { force: true } : {};
		const done = await action.run(() =>
			answered(api.POST("/api/v1/tenants/{tenant_id}/api-keys/{key_id}/rotations/{rotation_id}/cancel", { params: { path }, body })),
		);
		changed();
		if (done === undefined) return;
		toaster.done(`${apiKey.name} keeps its old key; the new one is refused everywhere.`);
		onClose();
	}
	return (
		<Stack gap="md">
			<Text size="sm" className="kw-wrap">
				{rotation.status === "waiting"
					? "The link stops working, and no new key is made. The old key keeps working as before."
					: "The old key keeps working as before, and the new one is refused from the moment you confirm."}{" "}
				{expiryBack(rotation)}
			</Text>
			{used && <Breaks rotation={rotation} />}
			{!isApiError(action.error, "successor_in_use") && <Problem error={action.error} />}
			<Group justify="flex-end" gap={8}>
				<Button variant="default" onClick={onClose} data-autofocus>
					Go on replacing
				</Button>
				<Button {...(used ? { color: "red" } : {})} loading={action.pending} onClick={() => void cancel()}>
					{used ? "Take it back and refuse the new key" : "Take it back"}
				</Button>
			</Group>
		</Stack>
	);
}

function expiryBack({ expires_at, expires_at_before }: DialogProps["rotation"]): string {
	if (expires_at === expires_at_before) return "";
	return expires_at_before === null ? "The key has no end again." : `The key expires ${formatDay(expires_at_before)} again.`;
}

function Breaks({ rotation }: Pick<DialogProps, "rotation">) {
	const movers = getMovers(rotation);
	return (
		<Alert color="red" variant="light" role="note" title="The new key is in use: this stops working" data-movers>
			{movers.length === 0 ? (
				<Text size="sm">Something has used the new key a moment ago. It is refused until it has the old key again.</Text>
			) : (
				<>
					<List size="sm" className="kw-wrap">
						{movers.slice(0, CLIENTS_SHOWN_MAX).map((name) => (
							<List.Item key={name}>{name}</List.Item>
						))}
						<OtherClients clients={movers.length} />
					</List>
					<Text size="sm" mt={4}>
						Give {movers.length === 1 ? "it" : "them"} the old key again first, or end the old key instead.
					</Text>
				</>
			)}
		</Alert>
	);
}
