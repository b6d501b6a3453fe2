import { Anchor, Button, Group, Radio, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useLayoutEffect, useState } from "react";
import { flushSync } from "react-dom";
import { useAccess } from "../../access/session.ts";
import { answered, api } from "../../http/api.ts";
import { Mailed } from "../../tenants/mailed.tsx";
import { GuardedModal, LeaveButton } from "../../ui/form/guarded-modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SheetFoot } from "../../ui/sheet-foot.tsx";
import { clockTime } from "../../ui/time-words.ts";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { type ApiKey, keyQuery, previewQuery, receiptQuery, useKeysChanged } from "../queries.ts";
import { useKeyUnchanged } from "../unchanged.ts";
import { REASONS, type Reason } from "../words.ts";
import { usePausing } from "./pause.tsx";
import { formatRevoked, RECEIPT_SHOWN_MS } from "./revoked-words.ts";
import { isInUse, WhatUses } from "./what-uses.tsx";

const NOTE_CHARACTERS_MAX = 1_000;
const WIDTH_PX = 560;

interface RevokeProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly onClose: () => void;
	readonly onRevoked: () => void;
	/** Whether closing would lose typed text. */
	readonly onFilled: (filled: boolean) => void;
	/** The reason that is chosen at first; a key that was seen exposed has one. */
	readonly reason?: Reason | undefined;
}

interface DialogProps extends Omit<RevokeProps, "apiKey" | "onRevoked" | "onFilled"> {
	/** Null while closed. The dialog stays mounted, because it returns the focus to the element that opened it. */
	readonly apiKey: ApiKey | null;
	/** Whether the page shows the result and takes the focus there. */
	readonly hasResult?: boolean;
}

/** Revokes a key for good, after showing what stops. Asks for the key's name if it was used in the last day. */
export function RevokeDialog({ apiKey, hasResult = false, ...props }: DialogProps) {
	const [shown, setShown] = useState(apiKey);
	const [revoked, setRevoked] = useState(false);
	const [filled, setFilled] = useState(false);
	if (apiKey !== null && apiKey !== shown) setShown(apiKey);
	function close(): void {
		// Before the page navigates: leaving must not ask any more.
		flushSync(() => setFilled(false));
		props.onClose();
	}
	return (
		<GuardedModal
			name={props.reason === "suspected_exposure" ? "revoke-leaked" : "revoke"}
			opened={apiKey !== null}
			onClose={close}
			filled={filled}
			size={WIDTH_PX}
			returnFocus={!(hasResult && revoked)}
			title="Revoke this key for good"
			undone="The key has not been revoked."
			closing="Close without revoking"
		>
			{shown !== null && (
				<RevokeForm
					apiKey={shown}
					tenant_id={props.tenant_id}
					reason={props.reason}
					onRevoked={() => setRevoked(true)}
					onFilled={setFilled}
					onClose={close}
				/>
			)}
		</GuardedModal>
	);
}

function RevokeForm({ tenant_id, apiKey, reason: given, onClose, onRevoked, onFilled }: RevokeProps) {
	const { data: key = apiKey } = useQuery({ ...keyQuery(tenant_id, apiKey.id), staleTime: 0 });
	const { data: preview } = useQuery(previewQuery(tenant_id, apiKey.id));
	const [reason, setReason] = useState<Reason | null>(given ?? (apiKey.exposed_at === null ? null : "suspected_exposure"));
	const [note, setNote] = useState("");
	const [typed, setTyped] = useState("");
	const isTyped = note.trim() !== "" || typed !== "";
	// Before the next event: an Esc must find it.
	useLayoutEffect(() => onFilled(isTyped), [isTyped, onFilled]);
	const action = useAction();
	const changed = useKeysChanged(tenant_id);
	const [seen, setSeen] = useState(apiKey);
	const assertUnchanged = useKeyUnchanged(tenant_id);
	const queries = useQueryClient();
	const used = isInUse(key, preview, Date.now());
	const ready = reason !== null && (!used || typed.trim() === key.name.trim());

	async function revoke(event: FormEvent): Promise<void> {
		event.preventDefault();
		if (!ready || reason === null) return;
		const body = { reason, ...(note.trim() === "" ? {} : { note: note.trim() }) };
		const path = { tenant_id, key_id: key.id };
		const done = await action.run(async () => {
			await assertUnchanged(seen, setSeen);
			return answered(api.POST("/api/v1/tenants/{tenant_id}/api-keys/{key_id}/revoke", { params: { path }, body }));
		});
		changed();
		if (done === undefined) return;
		const receipt = formatRevoked(done.waited_for, clockTime(Date.now()));
		queries.setQueryData(receiptQuery(tenant_id, key.id).queryKey, receipt);
		toaster.done(receipt, { title: `${key.name} is revoked for good`, shown_ms: RECEIPT_SHOWN_MS });
		onRevoked();
		onClose();
	}

	return (
		<form onSubmit={(event) => void revoke(event)}>
			<Stack gap="md">
				<Text size="sm" className="kw-wrap">
					When you confirm, every request with <b>{key.name}</b> is refused, everywhere and for good. There is no way back: whatever needs access
					afterwards gets another key.
				</Text>
				<Mailed>Mails to owners, admins and the responsible member say that you revoked it.</Mailed>
				<WhatUses tenant_id={tenant_id} apiKey={key} action="revoke" />
				<PauseInstead tenant_id={tenant_id} apiKey={key} onDone={onClose} />
				<Radio.Group label="Why?" value={reason} onChange={(value) => setReason(REASONS.find((known) => known.value === value)?.value ?? null)}>
					<Stack gap={4} mt={6}>
						{REASONS.map(({ value, label }) => (
							<Radio key={value} value={value} label={label} />
						))}
					</Stack>
				</Radio.Group>
				<Textarea
					label="Note"
					description="Optional; shown on the key's page from then on"
					autosize
					minRows={1}
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
				<SheetFoot>
					<Group justify="flex-end" gap={8}>
						<LeaveButton>Keep this key</LeaveButton>
						<Button type="submit" color="red" disabled={!ready} loading={action.pending}>
							Revoke for good
						</Button>
					</Group>
				</SheetFoot>
			</Stack>
		</form>
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
