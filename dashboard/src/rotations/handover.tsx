import { Button, Group, Stack, Text } from "@mantine/core";
import { useAccess } from "../access/session.ts";
import { HandoverPanel } from "../keys/show-once/handover-panel.tsx";
import { Section } from "../ui/page.tsx";
import { Time } from "../ui/time.tsx";
import { RotationLive } from "./live.tsx";
import type { RotationProps } from "./props.ts";

/** The link that reveals the new key; hidden after the new key is used. */
export function RotationHandover({ tenant_id, apiKey, rotation, onAnother }: RotationProps & { readonly onAnother: () => void }) {
	const { may } = useAccess();
	if (rotation.handover === null || (rotation.status !== "waiting" && rotation.status !== "issued")) return null;
	const shown = { ...apiKey, handover: rotation.handover };
	const live = <RotationLive path={{ tenant_id, key_id: apiKey.id, rotation_id: rotation.id }} />;
	return (
		<Section title="Getting the new key to its server">
			{may.create_keys ? (
				<Stack gap="md">
					<HandoverPanel tenant_id={tenant_id} apiKey={shown} url={null} mailed={false} onUrl={() => undefined} live={live} />
					{rotation.status === "waiting" && (
						<Group gap={8}>
							<Button variant="default" onClick={onAnother}>
								Make another link
							</Button>
							<Text size="sm" c="dimmed">
								Where this one was lost. Cancelling it takes the replacement back.
							</Text>
						</Group>
					)}
				</Stack>
			) : (
				<Text size="sm" className="kw-wrap">
					{rotation.status === "waiting" ? (
						<>
							A link waits to be opened, until <Time value={rotation.handover.expires_at} />.
						</>
					) : (
						`The new key was revealed by ${rotation.handover.claimed_by ?? "somebody"}; no request has arrived with it yet.`
					)}
				</Text>
			)}
		</Section>
	);
}
