import { Box, Group, Stack, Text } from "@mantine/core";
import { Time } from "../../ui/time.tsx";
import { DueText } from "../due-badge.tsx";
import { replacementDue } from "../due-words.ts";
import type { ApiKey } from "../queries.ts";
import { getDates, lastFour, type Reason } from "../words.ts";
import { Attention } from "./attention.tsx";
import { Activity, KeyName, type Row } from "./columns.tsx";
import { type Allowed, ListMenu } from "./menu.tsx";

interface CardsProps {
	readonly tenant_id: string;
	readonly rows: readonly Row[];
	readonly may: Allowed;
	readonly onRevoke: (key: ApiKey, reason?: Reason) => void;
}

/** The list on narrow screens: the same data, one card per key. */
export function ListCards({ tenant_id, rows, may, onRevoke }: CardsProps) {
	return (
		<Stack gap={8} component="ul" miw={0} p={0} m={0} aria-label="API keys" style={{ listStyle: "none" }}>
			{rows.map(({ key, hours }) => {
				const { expires_at, rotation_due_at } = getDates(key);
				return (
					<Box key={key.id} component="li" className="kw-surface" px="md" py={12} data-key={key.id}>
						<Group justify="space-between" align="flex-start" wrap="nowrap" gap={8}>
							<KeyName tenant_id={tenant_id} apiKey={key} />
							<ListMenu tenant_id={tenant_id} apiKey={key} may={may} onRevoke={onRevoke} />
						</Group>
						<Group gap={8} mt={4} wrap="nowrap">
							<Box flex="none" maw="60%">
								<Attention apiKey={key} hours={hours} />
							</Box>
							<Text span c="dimmed" className="kw-mono" flex="none">
								{lastFour(key.secrets) ?? ""}
							</Text>
							<Text size="sm" c="dimmed" truncate title={key.owner.name} dir="auto">
								{key.owner.name}
							</Text>
						</Group>
						<Group justify="space-between" mt={4} wrap="nowrap" gap={8}>
							<Text size="sm" c="dimmed" component="div">
								Used <Time short value={key.canary_used_at ?? key.last_used_at} never="not yet" />
								{expires_at !== null && (
									<>
										{" "}
										· ends <DueText dated kind="expiry" value={expires_at} never="never" />
									</>
								)}
								{rotation_due_at !== null && replacementDue(rotation_due_at, Date.now()) !== null && (
									<>
										{" "}
										· replace <DueText kind="replacement" value={rotation_due_at} never="no date" />
									</>
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
