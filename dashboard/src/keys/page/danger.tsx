import { Box, Button, Group, Text, Title } from "@mantine/core";
import { IconBan } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
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
	const last_hour = preview?.requests.last_hour ?? 0;
	const in_last_hour = last_hour > 0 ? ` In the last hour it made ${formatRequests(last_hour)}.` : "";
	const canPause = may.manage_keys && (apiKey.status === "active" || apiKey.status === "paused");
	return (
		<Card title="Stop this key">
			{canPause && (
				<Way
					title="For a while"
					text={
						apiKey.status === "paused"
							? "It is paused: every request is refused. Resume it and the same key works again."
							: "Requests are refused until you resume it. The same key works again then; nothing has to be deployed."
					}
				>
					<PauseKey tenant_id={tenant_id} apiKey={apiKey} />
				</Way>
			)}
			<Way
				title="For good"
				text={`From the moment you confirm, no request with it is let through anywhere. There is no way back: whatever needs access gets another key.${in_last_hour}`}
			>
				<Button color="red" variant="light" leftSection={<IconBan size={16} aria-hidden="true" />} onClick={onRevoke}>
					Revoke for good
				</Button>
			</Way>
		</Card>
	);
}

function Way({ title, text, children }: { title: string; text: string; children: ReactNode }) {
	return (
		<Group className="kw-row" justify="space-between" gap="8px 24px">
			<Box flex="1 1 280px" miw={0} maw={720}>
				<Title order={3}>{title}</Title>
				<Text size="sm" c="dimmed">
					{text}
				</Text>
			</Box>
			{children}
		</Group>
	);
}
