import { Anchor, Box, Text, Title } from "@mantine/core";
import { IconWebhook } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { VerifySnippet } from "./snippet.tsx";

interface BoardProps {
	/** Whose events: "of Northwind", "of all tenants". */
	readonly whose: ReactNode;
	/** The button that adds the first one; null without the permission. */
	readonly add: ReactNode;
}

/** Shown instead of an empty table: what a webhook is, and how its receiver checks what arrives. */
export function WebhooksBoard({ whose, add }: BoardProps) {
	return (
		<Box className="kw-surface kw-webhooks-board" p="xl" data-board>
			<Box miw={0}>
				<IconWebhook size={28} stroke={1.6} aria-hidden="true" />
				<Title order={2} mt="sm">
					No webhook yet
				</Title>
				<Text mt={4} className="kw-wrap">
					A webhook is an address of yours to which we send each event {whose}: a key was revoked, a key expires soon, clients still use an old key. A
					message arrives within seconds, signed, and is attempted again for about a day while your receiver is down.
				</Text>
				<Text mt="sm" c="dimmed">
					No message contains a key or another secret. Events from before a webhook was added are not sent.
				</Text>
				{add !== null && <Box mt="md">{add}</Box>}
			</Box>
			<Box miw={0}>
				<Text size="sm" fw={600} mb={8}>
					What the receiver does with a message, in Node
				</Text>
				<VerifySnippet />
				<Text size="sm" c="dimmed" mt={8}>
					The library <span className="kw-mono">standardwebhooks</span> exists for other languages too; see{" "}
					<Anchor href="https://www.standardwebhooks.com/" target="_blank" rel="noreferrer" inherit underline="always">
						Standard Webhooks
					</Anchor>
					.
				</Text>
			</Box>
		</Box>
	);
}
