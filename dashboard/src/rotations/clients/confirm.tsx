import { Button, Group, Stack, Text } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useAccess } from "../../access/session.ts";
import { answered, api } from "../../http/api.ts";
import { useKeysChanged } from "../../keys/queries.ts";
import { formatActor } from "../../keys/text.ts";
import { Problem } from "../../ui/problem.tsx";
import { Time } from "../../ui/time.tsx";
import { useAction } from "../../ui/use-action.ts";
import type { RotationProps } from "../props.ts";
import type { RotationSource } from "../queries.ts";
import { formatClient } from "../words.ts";

interface ConfirmProps extends RotationProps {
	readonly source: RotationSource;
}

/** Confirms by hand that a client has moved, where traffic cannot prove it. */
export function RotationConfirm(props: ConfirmProps) {
	const { source } = props;
	const { confirmation } = source;
	if (confirmation !== null && !confirmation.void) {
		return (
			<Text size="xs" lh="16px" c="dimmed" mt={4} className="kw-wrap" data-confirmation="stands">
				{formatActor(confirmation.by)} confirmed <Time value={confirmation.at} /> that everything there has the new key. Void if the old key is seen
				there again.
			</Text>
		);
	}
	if (!source.may_be_confirmed) return null;
	return (
		<Stack gap={8} mt={8} data-confirmation={confirmation === null ? "none" : "void"}>
			{confirmation !== null && (
				<Text size="sm" c="var(--kw-ended)" className="kw-wrap">
					{formatActor(confirmation.by)} confirmed <Time value={confirmation.at} /> that everything there has the new key, but the old key was seen
					there again.
				</Text>
			)}
			<ConfirmButton {...props} />
		</Stack>
	);
}

function ConfirmButton({ tenant_id, apiKey, rotation, source }: ConfirmProps) {
	const { may } = useAccess();
	const action = useAction();
	const changed = useKeysChanged(tenant_id);
	if (!may.manage_keys || rotation.successor === null) return null;

	async function confirm(): Promise<void> {
		const path = { tenant_id, key_id: apiKey.id, rotation_id: rotation.id, source_id: source.id };
		await action.run(() =>
			answered(api.POST("/api/v1/tenants/{tenant_id}/api-keys/{key_id}/rotations/{rotation_id}/sources/{source_id}/confirm", { params: { path } })),
		);
		changed();
	}
	return (
		<>
			<Group gap="8px 12px">
				<Button
					className="kw-confirm"
					variant="default"
					size="xs"
					leftSection={<IconCheck size={14} aria-hidden="true" />}
					loading={action.pending}
					aria-label={`Everything there has the new key: ${formatClient(source)}`}
					onClick={() => void confirm()}
				>
					Everything there has the new key
				</Button>
				<Text size="xs" c="var(--kw-attention)" className="kw-wrap">
					Kept with your name. Void if the old key is seen there again.
				</Text>
			</Group>
			<Problem error={action.error} />
		</>
	);
}
