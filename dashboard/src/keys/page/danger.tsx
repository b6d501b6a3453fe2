import { Button, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconBan } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useAccess } from "../../access/session.ts";
import { Card } from "../../ui/page.tsx";
import { formatRequests } from "../../usage/ranges.ts";
import { type ApiKey, previewQuery } from "../queries.ts";
import { PauseKey } from "../revoke/pause.tsx";

interface DangerProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly onRevoke: () => void;
}

/** Revokes the key for good; pausing is offered beside it. */
export function KeyDanger({ tenant_id, apiKey, onRevoke }: DangerProps) {
	const { may } = useAccess();
	const { data: preview } = useQuery(previewQuery(tenant_id, apiKey.id));
	const canPause = may.manage_keys && (apiKey.status === "active" || apiKey.status === "paused");
	return (
		<Card title="Stop this key">
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
						{preview !== undefined && preview.requests.last_hour > 0 && ` In the last hour it made ${formatRequests(preview.requests.last_hour)}.`}
					</Text>
					<Button color="red" variant="light" leftSection={<IconBan size={16} aria-hidden="true" />} onClick={onRevoke}>
						Revoke for good
					</Button>
				</Stack>
			</SimpleGrid>
		</Card>
	);
}
