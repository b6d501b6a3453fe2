import { Button, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconBan } from "@tabler/icons-react";
import { useState } from "react";
import { useAccess } from "../../access/session.ts";
import { Section } from "../../ui/page.tsx";
import type { ApiKey } from "../queries.ts";
import { RevokeDialog } from "../revoke/dialog.tsx";
import { PauseKey } from "../revoke/pause.tsx";

/** Revokes the key for good; pausing is offered beside it. */
export function KeyDanger({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const { may } = useAccess();
	const [revoking, setRevoking] = useState(false);
	const canPause = may.manage_keys && (apiKey.status === "active" || apiKey.status === "paused");
	return (
		<Section title="Stop this key">
			<SimpleGrid cols={{ base: 1, xs: canPause ? 2 : 1 }} spacing="lg">
				{canPause && (
					<Stack gap={8} align="flex-start">
						<Title order={3}>For a while</Title>
						<Text size="sm" c="dimmed">
							{apiKey.status === "paused"
								? "It is paused: every request is refused. Resume it and the same key works again."
								: "Requests are refused until you resume it. The same key works again then; nothing has to be deployed."}
						</Text>
						<PauseKey tenant_id={tenant_id} apiKey={apiKey} />
					</Stack>
				)}
				<Stack gap={8} align="flex-start">
					<Title order={3}>For good</Title>
					<Text size="sm" c="dimmed">
						From the moment you confirm, no request with it is let through anywhere. There is no way back: whatever needs access gets another key.
					</Text>
					<Group>
						<Button color="red" variant="light" leftSection={<IconBan size={16} aria-hidden="true" />} onClick={() => setRevoking(true)}>
							Revoke for good
						</Button>
					</Group>
				</Stack>
			</SimpleGrid>
			<RevokeDialog tenant_id={tenant_id} apiKey={revoking ? apiKey : null} onClose={() => setRevoking(false)} hasResult />
		</Section>
	);
}
