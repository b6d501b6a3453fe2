import { Box, Code, Group } from "@mantine/core";
import { CopyButton } from "../ui/copy-button.tsx";

/** The receiver's check in five lines; `e2e/browser/webhooks.test.ts` runs it on a real message. */
export const VERIFY_SNIPPET = `import { Webhook } from "standardwebhooks";
const webhook = new Webhook(process.env.WEBHOOK_SECRET);
// body: the text as it arrived; throws if it is forged
const event = webhook.verify(body, request.headers);
console.log(event.type, event.data);`;

/** How a receiver written for Node checks that a message is genuine. */
export function VerifySnippet() {
	return (
		<Box>
			<Code block className="kw-mono kw-webhook-code" bg="var(--kw-code)" tabIndex={0} role="region" aria-label="Node snippet" data-snippet>
				{VERIFY_SNIPPET}
			</Code>
			<Group justify="flex-end" mt={6}>
				<CopyButton value={VERIFY_SNIPPET} what="Node snippet" size="xs" />
			</Group>
		</Box>
	);
}
