import { Button, Stack, Text } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useState } from "react";
import { useAccess } from "../../access/session.ts";
import { ReplaceKey } from "../../rotations/replace/replace-key.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { formatRequests } from "../../usage/ranges.ts";
import { EditKey } from "../edit/edit-key.tsx";
import { ListMissing } from "../missing.tsx";
import type { ApiKey } from "../queries.ts";
import { PauseKey } from "../revoke/pause.tsx";
import { stateMeans } from "../text.ts";

/** The key's state and the actions on it other than revoking. */
export function KeyActions({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const { may, missing } = useAccess();
	const [editing, setEditing] = useState(false);
	const isOver = apiKey.status === "revoked";
	return (
		<Stack gap="lg">
			<Section title="Right now">
				<Stack gap="sm">
					<Text size="sm">{stateMeans(apiKey)}</Text>
					<Text size="sm" c="dimmed">
						{apiKey.last_used_at === null ? (
							"Never used yet."
						) : (
							<>
								Last used <Time value={apiKey.last_used_at} />; {formatRequests(apiKey.usage_24h)} let through in 24 hours.
							</>
						)}
					</Text>
					{may.manage_keys && !isOver && (
						<Stack gap={8} mt={4}>
							<Button variant="default" leftSection={<IconPencil size={16} aria-hidden="true" />} onClick={() => setEditing(true)}>
								Edit this key
							</Button>
							<ReplaceKey tenant_id={tenant_id} apiKey={apiKey} />
							{(apiKey.status === "active" || apiKey.status === "paused") && <PauseKey tenant_id={tenant_id} apiKey={apiKey} />}
						</Stack>
					)}
				</Stack>
			</Section>
			{!may.manage_keys && <ListMissing missing={missing.filter(({ kind }) => kind !== "plan")} />}
			<EditKey tenant_id={tenant_id} apiKey={apiKey} opened={editing} onClose={() => setEditing(false)} />
		</Stack>
	);
}
