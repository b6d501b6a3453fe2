import { Alert, Anchor, Button, Group, List, Modal, Radio, Skeleton, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useAccess } from "../access/session.ts";
import { answered, api } from "../http/api.ts";
import { Problem } from "../ui/problem.tsx";
import { Time } from "../ui/time.tsx";
import { useAction } from "../ui/use-action.ts";
import { requestsWords } from "../usage/ranges.ts";
import { REASONS, type Reason } from "./bulk-words.ts";
import { type ApiKey, useKeysChanged } from "./key-data.ts";
import { keyQuery, lastHourQuery, sourcesQuery } from "./key-queries.ts";
import { wasUsedLately } from "./key-text.ts";
import { sourceWords } from "./live.ts";
import { usePausing } from "./pause-key.tsx";

const NOTE_CHARACTERS_MAX = 1_000;
const SOURCES_SHOWN_MAX = 4;
const DAY_MS = 86_400_000;
const WIDTH_PX = 560;

interface RevokeProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly onClose: () => void;
}

/** Ends a key for good, after saying what that breaks. The name is typed where something used it in the last day. */
export function RevokeDialog({ opened = true, ...props }: RevokeProps & { opened?: boolean }) {
	return (
		<Modal
			opened={opened}
			onClose={props.onClose}
			size={WIDTH_PX}
			title="Revoke this key for good"
			closeButtonProps={{ "aria-label": "Close without revoking" }}
		>
			<RevokeForm {...props} />
		</Modal>
	);
}

function RevokeForm({ tenant_id, apiKey, onClose }: RevokeProps) {
	const { data: key = apiKey } = useQuery({ ...keyQuery(tenant_id, apiKey.id), staleTime: 0 });
	const [reason, setReason] = useState<Reason | null>(null);
	const [note, setNote] = useState("");
	const [typed, setTyped] = useState("");
	const action = useAction();
	const changed = useKeysChanged(tenant_id);
	const used = wasUsedLately(key, Date.now());
	const ready = reason !== null && (!used || typed.trim() === key.name.trim());

	async function revoke(event: FormEvent): Promise<void> {
		event.preventDefault();
		if (!ready || reason === null) return;
		const body = { reason, ...(note.trim() === "" ? {} : { note: note.trim() }) };
		const path = { tenant_id, key_id: key.id };
		const done = await action.run(() => answered(api.POST("/api/v1/tenants/{tenant_id}/api-keys/{key_id}/revoke", { params: { path }, body })));
		changed();
		if (done === undefined) return;
		notifications.show({ message: `${key.name} is revoked: no request with it is let through any more.`, color: "teal" });
		onClose();
	}

	return (
		<form onSubmit={(event) => void revoke(event)}>
			<Stack gap="md">
				<WhatBreaks tenant_id={tenant_id} apiKey={key} used={used} />
				<PauseInstead tenant_id={tenant_id} apiKey={key} onDone={onClose} />
				<Radio.Group label="Why?" value={reason} onChange={(value) => setReason(REASONS.find((known) => known.value === value)?.value ?? null)}>
					<Stack gap={8} mt={6}>
						{REASONS.map(({ value, label }) => (
							<Radio key={value} value={value} label={label} />
						))}
					</Stack>
				</Radio.Group>
				<Textarea
					label="Note"
					description="Optional; kept in the audit log"
					autosize
					minRows={2}
					maxLength={NOTE_CHARACTERS_MAX}
					value={note}
					onChange={(event) => setNote(event.currentTarget.value)}
				/>
				{used && (
					<TextInput
						label={`Type "${key.name}" to confirm`}
						description="It was used in the last day"
						autoComplete="off"
						className="kw-wrap"
						value={typed}
						onChange={(event) => setTyped(event.currentTarget.value)}
					/>
				)}
				<Problem error={action.error} />
				<Group justify="flex-end" gap={8}>
					<Button variant="default" onClick={onClose}>
						Keep this key
					</Button>
					<Button type="submit" color="red" disabled={!ready} loading={action.pending}>
						Revoke for good
					</Button>
				</Group>
			</Stack>
		</form>
	);
}

/** How much uses the key and from where, in place of a guess. */
function WhatBreaks({ tenant_id, apiKey, used }: { tenant_id: string; apiKey: ApiKey; used: boolean }) {
	const { data: lastHour } = useQuery(lastHourQuery(tenant_id, apiKey.id));
	const { data: sources } = useQuery(sourcesQuery(tenant_id, apiKey.id));
	const lately = (sources?.data ?? []).filter((source) => Date.now() - Date.parse(source.last_seen_at) < DAY_MS);
	return (
		<Stack gap="sm">
			<Text size="sm" className="kw-wrap">
				When you confirm, every request with <b>{apiKey.name}</b> is refused, everywhere and for good. It cannot be undone, and replacing it
				afterwards means deploying another key.
			</Text>
			<Alert
				color={used ? "red" : "gray"}
				variant="light"
				role="note"
				data-impact
				title={used ? "Something uses this key" : "Nothing used this key in the last day"}
			>
				{lastHour === undefined ? (
					<Skeleton height={20} width={260} aria-label="Loading the requests of the last hour" />
				) : (
					<Text size="sm" className="kw-figures">
						{requestsWords(lastHour)} let through in the last hour, {requestsWords(apiKey.usage_24h)} in the last day.
					</Text>
				)}
				{lately.length > 0 && (
					<List size="sm" mt={4} className="kw-wrap" aria-label="Used from">
						{lately.slice(0, SOURCES_SHOWN_MAX).map((source) => (
							<List.Item key={source.id}>
								{sourceWords(source)}, last <Time value={source.last_seen_at} />
							</List.Item>
						))}
						{lately.length > SOURCES_SHOWN_MAX && <List.Item>and {lately.length - SOURCES_SHOWN_MAX} other places</List.Item>}
					</List>
				)}
			</Alert>
		</Stack>
	);
}

function PauseInstead({ tenant_id, apiKey, onDone }: { tenant_id: string; apiKey: ApiKey; onDone: () => void }) {
	const { may } = useAccess();
	const pausing = usePausing(tenant_id, apiKey);
	if (!may.manage_keys || apiKey.status !== "active") return null;
	return (
		<>
			<Text size="sm">
				Not sure?{" "}
				<Anchor
					component="button"
					type="button"
					size="sm"
					underline="always"
					disabled={pausing.pending}
					onClick={() => void pausing.run().then((done) => done && onDone())}
				>
					Pause it instead
				</Anchor>
				: requests are refused all the same, and you can resume it.
			</Text>
			<Problem error={pausing.error} />
		</>
	);
}
