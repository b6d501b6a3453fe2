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

/** At most two lines at 1,280 px, so that the list below begins on the same screen. */
const KEYS_SHOWN_MAX = 4;
const KEY_WIDTH_PX = 400;

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
		<Group component="section" className="kw-surface" p="md" wrap="nowrap" align="flex-start" aria-label="Keys that end soon" data-ending>
			<ThemeIcon variant="light" color="yellow" size={32} radius="xl" visibleFrom="xs">
				<IconClock size={18} stroke={1.6} aria-hidden="true" />
			</ThemeIcon>
			<Stack gap={4} miw={0} flex={1}>
				<Title order={2}>{keys.length === 1 ? "A key ends within 30 days" : `${keys.length} keys end within 30 days`}</Title>
				<Text size="sm">
					From then on every request with {keys.length === 1 ? "it" : "them"} is refused.{" "}
					{may.manage_keys
						? "Open a key to give it a later end, or to replace it while both the old and the new one work."
						: "Tell the responsible person."}
				</Text>
				<Group component="ul" gap="2px 24px" m={0} mt={2} p={0} style={{ listStyle: "none" }}>
					{keys.slice(0, KEYS_SHOWN_MAX).map((key) => (
						<EndingKey key={key.id} tenant_id={tenant_id} apiKey={key} />
					))}
					{keys.length > KEYS_SHOWN_MAX && (
						<Text component="li" size="sm">
							<Anchor
								inherit
								underline="always"
								renderRoot={(props) => <Link to="/settings/api-access" search={{ tenant: tenant_id, sort: "expires" }} {...props} />}
							>
								Show all keys by their end
							</Anchor>
						</Text>
					)}
				</Group>
			</Stack>
			<CloseButton aria-label="Put this aside for now" onClick={close} />
		</Group>
	);
}

function EndingKey({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const { id, name, owner, expires_at } = apiKey;
	return (
		<Group component="li" gap={8} wrap="nowrap" miw={0} maw={{ base: "100%", xs: KEY_WIDTH_PX }}>
			<Box flex="none">
				<DueTime kind="expiry" value={expires_at} never="" />
			</Box>
			<Text size="sm" truncate miw={0} title={`${name} · ${owner.name}`}>
				<Anchor
					inherit
					fw={500}
					underline="always"
					renderRoot={(props) => <Link to="/settings/api-access/$key_id" params={{ key_id: id }} search={{ tenant: tenant_id }} {...props} />}
				>
					<bdi>{name}</bdi>
				</Anchor>
				<Text span inherit c="dimmed">
					{" "}
					· <bdi>{owner.name}</bdi>
				</Text>
			</Text>
		</Group>
	);
}
