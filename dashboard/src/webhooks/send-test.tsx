import { Alert, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { useState } from "react";
import { Modal } from "../ui/dialog/modal.tsx";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import { type Owner, type TestResult, testWebhook, type Webhook } from "./queries.ts";
import { formatTest } from "./words.ts";

const RESULT_HEIGHT_PX = 64;

interface TestProps {
	readonly owner: Owner;
	readonly webhook: Webhook;
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Sends a test event on request and shows what the receiver responded. */
export function SendTest({ owner, webhook, opened, onClose }: TestProps) {
	return (
		<Modal name="test" opened={opened} onClose={onClose} title="Send a test event" closeButtonProps={{ "aria-label": "Close" }}>
			<Test key={webhook.id} owner={owner} webhook={webhook} onClose={onClose} />
		</Modal>
	);
}

function Test({ owner, webhook, onClose }: Omit<TestProps, "opened">) {
	const action = useAction();
	const [result, setResult] = useState<TestResult | null>(null);
	async function send(): Promise<void> {
		setResult(null);
		const received = await action.run(() => testWebhook(owner, webhook.id));
		if (received !== undefined) setResult(received);
	}
	return (
		<Stack gap="md">
			<Text size="sm" className="kw-wrap">
				A signed <span className="kw-mono">webhook.test</span> is sent to <span className="kw-mono">{webhook.url}</span> once, and not listed with the
				deliveries.
			</Text>
			{action.pending && <Skeleton height={RESULT_HEIGHT_PX} aria-busy="true" aria-label="Waiting for the receiver, up to 10 seconds" />}
			{result !== null && (
				<Alert
					role="status"
					variant="light"
					color={result.delivered ? "teal" : "yellow"}
					icon={result.delivered ? <IconCheck size={18} aria-hidden="true" /> : <IconAlertTriangle size={18} aria-hidden="true" />}
					title={result.delivered ? "It arrived" : "It was not accepted"}
					data-test-result={result.delivered ? "delivered" : "failed"}
				>
					{formatTest(result)}
				</Alert>
			)}
			<Problem error={action.error} />
			<Group justify="flex-end" gap={8}>
				<Button variant="default" onClick={onClose}>
					Close
				</Button>
				<Button onClick={() => void send()} loading={action.pending} data-autofocus>
					{result === null ? "Send it" : "Send it again"}
				</Button>
			</Group>
		</Stack>
	);
}
