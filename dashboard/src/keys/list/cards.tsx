import { Box, Group, Stack, Text } from "@mantine/core";
import { Time } from "../../ui/time.tsx";
import { DueTime } from "../due-badge.tsx";
import type { ApiKey } from "../queries.ts";
import { getDates, lastFour } from "../words.ts";
import { Activity, KeyName, KeyState, type Row } from "./columns.tsx";
import { type Allowed, ListMenu } from "./menu.tsx";

interface CardsProps {
	readonly tenant_id: string;
	readonly rows: readonly Row[];
	readonly may: Allowed;
	readonly onRevoke: (key: ApiKey) => void;
}

/** The list on narrow screens: the same data, one card per key. */
export function ListCards({ tenant_id, rows, may, onRevoke }: CardsProps) {
	return (
		<Stack gap={8} component="ul" p={0} m={0} aria-label="API keys" style={{ listStyle: "none" }}>
			{rows.map(({ key, hours }) => {
				const { expires_at, rotation_due_at } = getDates(key);
				return (
					<Box key={key.id} component="li" className="kw-surface kw-card" p="md" data-key={key.id}>
						<Group justify="space-between" align="flex-start" wrap="nowrap" gap={8}>
							<KeyName tenant_id={tenant_id} apiKey={key} />
							<ListMenu tenant_id={tenant_id} apiKey={key} may={may} onRevoke={onRevoke} />
						</Group>
						<Group gap={8} mt={8}>
							<KeyState row={{ key, hours }} />
							<Text span c="dimmed" className="kw-mono">
								{lastFour(key.secrets) ?? ""}
							</Text>
							<Text size="sm" c="dimmed" className="kw-wrap">
								{key.owner.name}
							</Text>
						</Group>
						<Group justify="space-between" align="flex-end" mt={8}>
							<Text size="sm" component="div">
								Last used <Time value={key.last_used_at} never="not yet" />
								{expires_at !== null && (
									<div>
										Expires <DueTime kind="expiry" value={expires_at} never="never" />
									</div>
								)}
								{rotation_due_at !== null && (
									<div>
										Replacement <DueTime kind="replacement" value={rotation_due_at} never="no date" />
									</div>
								)}
							</Text>
							<Activity hours={hours} />
						</Group>
					</Box>
				);
			})}
		</Stack>
	);
}
