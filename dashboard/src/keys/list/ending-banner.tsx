import { Anchor, Box, CloseButton, Group, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconClock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useAccess } from "../../access/session.ts";
import { useNow } from "../../ui/time.tsx";
import { DueTime } from "../due-badge.tsx";
import { type ApiKey, endingQuery } from "../queries.ts";
import { dismiss, endingSoon, isNews } from "./ending-soon.ts";

const KEYS_SHOWN_MAX = 5;
/** Aligns the names. */
const DUE_WIDTH_PX = 104;

/** Keys that end within 30 days, until the person dismisses the banner for this browser session. */
export function EndingBanner({ tenant_id }: { tenant_id: string }) {
	const { data } = useQuery(endingQuery(tenant_id));
	const { may } = useAccess();
	const [, setDismissals] = useState(0);
	const keys = endingSoon(data ?? [], useNow());
	if (keys.length === 0 || !isNews(keys)) return null;
	function close(): void {
		dismiss(keys);
		setDismissals((count) => count + 1);
	}
	return (
		<Group component="section" className="kw-surface" p="lg" wrap="nowrap" align="flex-start" aria-label="Keys that end soon" data-ending>
			<ThemeIcon variant="light" color="yellow" size={32} radius="xl" visibleFrom="xs">
				<IconClock size={18} stroke={1.6} aria-hidden="true" />
			</ThemeIcon>
			<Stack gap={8} miw={0} flex={1}>
				<Title order={2}>{keys.length === 1 ? "A key ends within 30 days" : `${keys.length} keys end within 30 days`}</Title>
				<Text size="sm">
					From then on every request with {keys.length === 1 ? "it" : "them"} is refused.{" "}
					{may.manage_keys
						? "Open a key to give it a later end, or to replace it while both the old and the new one work."
						: "Tell the responsible person."}
				</Text>
				<ul style={{ margin: 0, padding: 0, listStyle: "none" }}>
					{keys.slice(0, KEYS_SHOWN_MAX).map((key) => (
						<EndingKey key={key.id} tenant_id={tenant_id} apiKey={key} />
					))}
				</ul>
				{keys.length > KEYS_SHOWN_MAX && (
					<Text size="sm">
						<Anchor
							inherit
							underline="always"
							renderRoot={(props) => <Link to="/settings/api-access" search={{ tenant: tenant_id, sort: "expires" }} {...props} />}
						>
							Show all keys by their end
						</Anchor>
					</Text>
				)}
			</Stack>
			<CloseButton aria-label="Put this aside for now" onClick={close} />
		</Group>
	);
}

function EndingKey({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	return (
		<Group component="li" gap={8} py={2} wrap="nowrap">
			<Box miw={DUE_WIDTH_PX}>
				<DueTime kind="expiry" value={apiKey.expires_at} never="" />
			</Box>
			<Text size="sm" className="kw-wrap" miw={0}>
				<Anchor
					inherit
					fw={500}
					underline="always"
					renderRoot={(props) => <Link to="/settings/api-access/$key_id" params={{ key_id: apiKey.id }} search={{ tenant: tenant_id }} {...props} />}
				>
					{apiKey.name}
				</Anchor>
				<Text span inherit c="dimmed">
					{" "}
					· {apiKey.owner.name}
				</Text>
			</Text>
		</Group>
	);
}
