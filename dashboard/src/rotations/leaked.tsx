import { Button, Group, Stack, Text } from "@mantine/core";
import { useAccess } from "../access/session.ts";
import { ReissueSheet } from "../handovers/reissue-sheet.tsx";
import { HandoverPanel } from "../keys/show-once/handover-panel.tsx";
import { useDialog, useStaying } from "../ui/dialog/use-dialog.ts";
import { Card } from "../ui/page.tsx";
import { RotationLive } from "./live.tsx";
import { isLeaked } from "./progress.ts";
import type { RotationProps } from "./props.ts";

/** Issues the new key of a replacement that a leak began, by a link or shown once. Hidden after its first use. */
export function IssueNewKey(props: RotationProps) {
	const { tenant_id, apiKey, rotation } = props;
	const { may } = useAccess();
	const { opened, open, close } = useDialog("issue-again");
	const can = may.create_keys && rotation.status === "issued" && isLeaked(props);
	const issuing = useStaying(opened, can);
	if (!can && !issuing) return null;
	const live = <RotationLive path={{ tenant_id, key_id: apiKey.id, rotation_id: rotation.id }} />;
	const waits = apiKey.handover?.status === "waiting";
	return (
		<Card title="Getting the new key to its server">
			<Stack gap="md">
				<Text size="sm" maw={720}>
					The old key was reported by a finder, so a new one was made at once, without showing it to anyone. Issue it now, by a link or shown to you
					once. You can issue it again until its first use; what was issued before then never works.
				</Text>
				{waits && <HandoverPanel tenant_id={tenant_id} apiKey={apiKey} url={null} mailed={false} onUrl={() => undefined} live={live} />}
				<Group>
					<Button onClick={() => open()}>Issue the new key</Button>
				</Group>
			</Stack>
			<ReissueSheet
				tenant_id={tenant_id}
				apiKey={apiKey}
				opened={issuing}
				onClose={close}
				replacing={{ live, given_up: "The new key is given up: issue it again on the page of the replacement, before the old one ends" }}
			/>
		</Card>
	);
}
