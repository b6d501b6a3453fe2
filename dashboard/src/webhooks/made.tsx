import { Box, Button, Group, Stack, Text } from "@mantine/core";
import { CopyButton } from "../ui/copy-button.tsx";
import { Instant } from "../ui/time.tsx";
import type { MadeWebhook } from "./queries.ts";
import { VerifySnippet } from "./snippet.tsx";

/** The secret, shown once, with the check that needs it. */
export function ShownSecret({ made: { webhook, secret }, onStored }: { made: MadeWebhook; onStored: () => void }) {
	const { previous_secret_expires_at: until } = webhook;
	return (
		<Stack gap="md" className="kw-never-printed">
			<Text size="sm" className="kw-wrap">
				Messages to <span className="kw-mono">{webhook.url}</span> are signed by this secret. It cannot be shown again: store it as{" "}
				<span className="kw-mono">WEBHOOK_SECRET</span> where the receiver gets its secrets, never in code.
			</Text>
			<Group gap="sm" wrap="nowrap" align="flex-start">
				<Box
					className="kw-mono kw-wrap"
					bg="var(--kw-code)"
					p="sm"
					flex={1}
					miw={0}
					style={{ border: "1px solid var(--kw-hairline)", borderRadius: 8 }}
					role="group"
					aria-label="The secret"
					translate="no"
					data-secret
				>
					{secret}
				</Box>
				<CopyButton value={secret} what="secret" variant="filled" data-autofocus />
			</Group>
			{until !== null && (
				<Text size="sm" data-overlap>
					The secret before it also signs until <Instant value={until} />: the receiver may change over at any time before.
				</Text>
			)}
			<Box>
				<Text size="sm" fw={600} mb={8}>
					The receiver checks each message by it, here in Node
				</Text>
				<VerifySnippet />
			</Box>
			<Group justify="flex-end">
				<Button variant="default" onClick={onStored}>
					I have stored the secret
				</Button>
			</Group>
		</Stack>
	);
}
