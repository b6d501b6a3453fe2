import { Box, Code, Group, List, Stack, Text, Title } from "@mantine/core";
import { IconRoute } from "@tabler/icons-react";
import recipe from "../../../../docs/proxies/nginx.conf?raw";
import { CopyButton } from "../../ui/copy-button.tsx";
import { nginxFor } from "./nginx.ts";

const WIDTH_PX = 640;
const HEIGHT_PX = 320;

/** Shown instead of an empty table: what forward auth is, the nginx recipe for this instance, and what rules add. */
export function RulesBoard() {
	const text = nginxFor(recipe, window.location.origin);
	return (
		<Stack className="kw-surface" p="xl" gap="md" data-board>
			<Box>
				<IconRoute size={28} stroke={1.6} aria-hidden="true" />
				<Title order={2} mt="sm">
					In front of an API that stays as it is
				</Title>
				<Text mt={4} maw={WIDTH_PX}>
					Your proxy asks Keywright about every request. A request with a key that may do it goes on to your API, with the tenant, the key and the
					site in its headers; every other one is answered on the spot. Your API is not changed.
				</Text>
			</Box>
			<List type="ordered" size="sm" spacing={6} maw={WIDTH_PX}>
				<List.Item>
					Put this into <Code className="kw-mono">/etc/nginx/conf.d/</Code> with the addresses of your API. Recipes for Caddy, HAProxy, Traefik and
					Envoy are in the project's <Code className="kw-mono">docs/proxies</Code>.
				</List.Item>
				<List.Item>
					Name your proxy's address in <Code className="kw-mono">KEYWRIGHT_TRUSTED_PROXIES</Code> and start Keywright again: no other address is
					trusted.
				</List.Item>
				<List.Item>
					From then on any key that works is let through. Rules say more: which tenant a path belongs to, and what a key needs for it.
				</List.Item>
			</List>
			<Box>
				<Code block className="kw-mono" bg="var(--kw-code)" mah={HEIGHT_PX} tabIndex={0} role="region" aria-label="nginx configuration">
					{text}
				</Code>
				<Group justify="flex-end" mt="sm">
					<CopyButton value={text} what="nginx configuration" />
				</Group>
			</Box>
		</Stack>
	);
}
