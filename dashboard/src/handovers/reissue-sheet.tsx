import { Button, Radio, SimpleGrid, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useConfirmed } from "../access/confirm.tsx";
import { answered, api } from "../http/api.ts";
import type { ApiKey } from "../keys/queries.ts";
import { type Made, type Replacing, ShowOnceSheet } from "../keys/show-once/sheet.tsx";
import { ChoiceCard } from "../ui/choice-card.tsx";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";

const ONE = "/api/v1/tenants/{tenant_id}/api-keys/{key_id}";

interface ReissueProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly opened: boolean;
	readonly onClose: () => void;
	/** For the new secret of a replacement, while it was never used. */
	readonly replacing?: Replacing;
}

/** Issues another secret for a key that was never used, by a new link or shown once. The previous secret never works again. */
export function ReissueSheet({ tenant_id, apiKey, opened, onClose, replacing }: ReissueProps) {
	return (
		<ShowOnceSheet
			name="issue-again"
			tenant_id={tenant_id}
			opened={opened}
			onClose={onClose}
			title={replacing ? `Issue the new key of ${apiKey.name}` : `Issue ${apiKey.name} again`}
			{...(replacing ? { gone: "It can be issued again on this page until its first use." } : {})}
			form={({ onMade }) => (
				<ReissueForm
					tenant_id={tenant_id}
					apiKey={apiKey}
					replacing={replacing}
					onMade={(made) => onMade(replacing ? { ...made, replacing } : made)}
				/>
			)}
		/>
	);
}

interface FormProps extends Pick<ReissueProps, "tenant_id" | "apiKey"> {
	readonly replacing: Replacing | undefined;
	readonly onMade: (made: Made) => void;
}

function ReissueForm({ tenant_id, apiKey, replacing, onMade }: FormProps) {
	const [way, setWay] = useState("handover");
	const confirmed = useConfirmed();
	const action = useAction();
	const params = { path: { tenant_id, key_id: apiKey.id } };

	async function handOver(): Promise<Made> {
		const { handover } = apiKey;
		if (handover?.status === "waiting")
			await answered(api.DELETE(`${ONE}/handovers/{handover_id}`, { params: { path: { ...params.path, handover_id: handover.id } } }));
		const made = await confirmed(() => answered(api.POST(`${ONE}/handovers`, { params, body: {} })));
		return { kind: "handed", key: { ...apiKey, handover: made.handover }, url: made.handover_url, mailed: made.mailed, warnings: [] };
	}
	async function showOnce(): Promise<Made> {
		const { key, raw_key } = await confirmed(() => answered(api.POST(`${ONE}/reissue`, { params })));
		return { kind: "shown", key, raw_key, warnings: [] };
	}
	async function issue(): Promise<void> {
		const made = await action.run(way === "handover" ? handOver : showOnce);
		if (made) onMade(made);
	}
	return (
		<Stack gap="lg">
			<Text size="sm">
				{replacing
					? "No request was made with the new key yet, so it can be issued. One that was issued before, and any link to it, never works again; the old key works on until it ends."
					: "No request was made with this key yet, so another can be issued in its place. The one before, and any link to it, never works again."}
			</Text>
			<Radio.Group label="How does it get to the server?" value={way} onChange={setWay}>
				<SimpleGrid cols={{ base: 1, xs: 2 }} spacing={8} mt={8}>
					<ChoiceCard value="handover" title="Hand it over" text="Send a one-time link to the person who deploys it. Only they see the key." />
					<ChoiceCard value="show" title="Show it to me once" text="You see the key now, one time, and store it yourself." />
				</SimpleGrid>
			</Radio.Group>
			<Problem error={action.error} />
			<Button loading={action.pending} onClick={() => void issue()}>
				{way === "handover"
					? replacing
						? "Make the new key's link"
						: "Make a new link"
					: replacing
						? "Issue the new key and show it once"
						: "Issue another key and show it once"}
			</Button>
		</Stack>
	);
}
