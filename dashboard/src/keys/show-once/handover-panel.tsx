import { Box, Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { answered, api } from "../../http/api.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Problem } from "../../ui/problem.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import type { Meaning } from "../../ui/theme.ts";
import { Time } from "../../ui/time.tsx";
import { useAction } from "../../ui/use-action.ts";
import { type ApiKey, liveKeyQuery, useKeysChanged } from "../queries.ts";
import { LiveLine } from "./live-line.tsx";

type Handover = NonNullable<ApiKey["handover"]>;

const STATES: Readonly<Record<Handover["status"], { meaning: Meaning; word: string }>> = {
	waiting: { meaning: "attention", word: "Waiting to be opened" },
	claimed: { meaning: "good", word: "Revealed" },
	cancelled: { meaning: "ended", word: "Cancelled" },
	expired: { meaning: "ended", word: "Over" },
};

const ONE = "/api/v1/tenants/{tenant_id}/api-keys/{key_id}";

interface HandoverProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	/** The link, only right after its creation; it is stored nowhere. */
	readonly url: string | null;
	readonly mailed: boolean;
	readonly onUrl: (url: string | null) => void;
	/** The live line of a rotation's link. */
	readonly live?: ReactNode;
}

/** The one-time link of a key, its state and its actions. A rotation's link ends with the rotation. */
export function HandoverPanel({ tenant_id, apiKey, url, mailed, onUrl, live }: HandoverProps) {
	const { data: key = apiKey } = useQuery(liveKeyQuery(tenant_id, apiKey.id));
	const { handover } = key;
	if (handover === null) return <NewLink tenant_id={tenant_id} apiKey={key} onUrl={onUrl} />;
	const waiting = handover.status === "waiting";
	return (
		<Stack gap="md">
			{waiting && url !== null && <LinkField url={url} mailed={mailed ? handover.email : null} />}
			<HandoverState handover={handover} />
			<Group gap={8}>
				{waiting && <CancelLink tenant_id={tenant_id} key_id={key.id} handover_id={handover.id} onCancelled={() => onUrl(null)} />}
				{(!waiting || url === null) && key.last_used_at === null && handover.rotation_id === null && (
					<NewLink tenant_id={tenant_id} apiKey={key} onUrl={onUrl} />
				)}
			</Group>
			{handover.status === "claimed" && (live ?? <LiveLine tenant_id={tenant_id} key_id={key.id} />)}
		</Stack>
	);
}

function LinkField({ url, mailed }: { url: string; mailed: string | null }) {
	return (
		<Box className="kw-never-printed">
			<Text size="sm" mb={8}>
				{mailed === null ? "Send this link to the person who deploys the key." : `Sent to ${mailed}. You can also send the link yourself.`} They open
				it, say who they are and press Reveal: the key is made at that moment, for their eyes only. Opening or previewing the link uses nothing up.
			</Text>
			<Group gap={8} wrap="nowrap" align="stretch">
				<Box
					className="kw-mono kw-wrap"
					bg="var(--kw-code)"
					p="sm"
					flex={1}
					miw={0}
					style={{ border: "1px solid var(--kw-hairline)", borderRadius: 8 }}
					role="group"
					aria-label="One-time link"
				>
					{url}
				</Box>
			</Group>
			<Group mt={8}>
				<CopyButton value={url} what="link" variant="filled" data-autofocus />
			</Group>
		</Box>
	);
}

function HandoverState({ handover }: { handover: Handover }) {
	const { meaning, word } = STATES[handover.status];
	return (
		<Group gap={8} role="status" data-handover={handover.status}>
			<StateBadge meaning={meaning}>{word}</StateBadge>
			<Text size="sm" c="dimmed" className="kw-wrap">
				{handover.status === "waiting" && (
					<>
						ends <Time value={handover.expires_at} />
					</>
				)}
				{handover.status === "claimed" && (
					<>
						by {handover.claimed_by ?? "somebody"} <Time value={handover.claimed_at} />
					</>
				)}
				{handover.status === "cancelled" && "The link no longer works."}
				{handover.status === "expired" && "The link expired before the key was revealed."}
			</Text>
		</Group>
	);
}

function CancelLink(props: { tenant_id: string; key_id: string; handover_id: string; onCancelled: () => void }) {
	const { onCancelled, ...path } = props;
	const action = useAction();
	const changed = useKeysChanged(path.tenant_id);
	async function cancel(): Promise<void> {
		const done = await action.run(() => answered(api.DELETE(`${ONE}/handovers/{handover_id}`, { params: { path } })));
		changed();
		if (done) onCancelled();
	}
	return (
		<>
			<Button variant="default" loading={action.pending} onClick={() => void cancel()}>
				Cancel this link
			</Button>
			<Problem error={action.error} />
		</>
	);
}

/** Creates another link when the previous one was lost or has ended; cancels that one first. */
export function NewLink({ tenant_id, apiKey, onUrl }: { tenant_id: string; apiKey: ApiKey; onUrl: (url: string) => void }) {
	const confirmed = useConfirmed();
	const action = useAction();
	const changed = useKeysChanged(tenant_id);
	const path = { tenant_id, key_id: apiKey.id };
	async function make(): Promise<void> {
		const made = await action.run(async () => {
			const { handover } = apiKey;
			if (handover?.status === "waiting")
				await answered(api.DELETE(`${ONE}/handovers/{handover_id}`, { params: { path: { ...path, handover_id: handover.id } } }));
			return confirmed(() => answered(api.POST(`${ONE}/handovers`, { params: { path }, body: {} })));
		});
		changed();
		if (made) onUrl(made.handover_url);
	}
	return (
		<>
			<Button variant="default" loading={action.pending} onClick={() => void make()}>
				Make a new link
			</Button>
			<Problem error={action.error} />
		</>
	);
}
