import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useAccess } from "../../access/session.ts";
import { ReissueSheet } from "../../handovers/reissue-sheet.tsx";
import { useDialog, useStaying } from "../../ui/dialog/use-dialog.ts";
import { Card } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import type { ApiKey } from "../queries.ts";
import { HandoverPanel } from "../show-once/handover-panel.tsx";

/** Delivery of the key to its server; shown until the first request with it. */
export function KeyDelivery({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const { may } = useAccess();
	const [url, setUrl] = useState<string | null>(null);
	const { opened, open, close } = useDialog("issue-again");
	const { handover, last_used_at, status, secrets, rotation } = apiKey;
	const issuing = useStaying(opened, may.create_keys && last_used_at === null);
	if (status !== "active" || rotation !== null || (last_used_at !== null && !issuing)) return null;
	return (
		<Card title="Getting it to its server">
			{may.create_keys ? (
				<Stack gap="md">
					{handover === null ? (
						<Text size="sm">
							It was shown once, and no request was made with it yet. If it was lost or went to the wrong place, issue it again: the one before never
							works again.
						</Text>
					) : (
						<HandoverPanel tenant_id={tenant_id} apiKey={apiKey} url={url} mailed={false} onUrl={setUrl} />
					)}
					{secrets.length > 0 && (
						<Group>
							<Button variant="default" onClick={() => open()}>
								Issue it again
							</Button>
						</Group>
					)}
					<ReissueSheet tenant_id={tenant_id} apiKey={apiKey} opened={issuing} onClose={close} />
				</Stack>
			) : (
				<Text size="sm" className="kw-wrap">
					{handover?.status === "waiting" ? (
						<>
							A link waits to be opened, until <Time value={handover.expires_at} />.
						</>
					) : (
						"No request has arrived with it yet."
					)}
				</Text>
			)}
		</Card>
	);
}
