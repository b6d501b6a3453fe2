import { Alert, Button, Group, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useLayoutEffect, useState } from "react";
import { flushSync } from "react-dom";
import { answered, api } from "../../http/api.ts";
import { GuardedModal, LeaveButton } from "../../ui/form/guarded-modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SheetFoot } from "../../ui/sheet-foot.tsx";
import { clockTime } from "../../ui/time-words.ts";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { bulkPreviewQuery, receiptQuery, useKeysChanged } from "../queries.ts";
import { ENVIRONMENT_WORDS, ENVIRONMENTS, REASONS, type Reason } from "../words.ts";
import { BulkPreview, type PreviewKey } from "./bulk-preview.tsx";
import { type BulkFilter, type BulkTarget, confirmationText, inUse, toSelection } from "./bulk-words.ts";
import { formatRevoked, RECEIPT_SHOWN_MS } from "./revoked-words.ts";

const NOTE_CHARACTERS_MAX = 1_000;
const WIDTH_PX = 720;
const PATH = "/api/v1/tenants/{tenant_id}/api-keys/bulk-revoke";

interface BulkProps {
	readonly tenant_id: string;
	readonly target: BulkTarget;
	readonly choices: { readonly integrations: readonly string[]; readonly owners: readonly string[] };
	readonly onClose: () => void;
}

interface BulkRevokeProps extends Omit<BulkProps, "target"> {
	/** Null while closed. The dialog stays mounted, because it returns the focus to the element that opened it. */
	readonly target: BulkTarget | null;
}

/** Revokes several keys at once, after showing the recent use of each. */
export function BulkRevoke({ target, ...props }: BulkRevokeProps) {
	const [shown, setShown] = useState(target);
	const [filled, setFilled] = useState(false);
	if (target !== null && target !== shown) setShown(target);
	function close(): void {
		// Leaving must not ask any more.
		flushSync(() => setFilled(false));
		props.onClose();
	}
	const single = shown?.kind === "keys" && shown.key_ids.length === 1;
	return (
		<GuardedModal
			name="bulk-revoke"
			opened={target !== null}
			onClose={close}
			filled={filled}
			size={WIDTH_PX}
			title={single ? "Revoke this key for good" : "Revoke several keys for good"}
			undone="No key has been revoked."
			closing="Close without revoking"
		>
			{shown !== null && <Choose target={shown} {...props} onClose={close} onFilled={setFilled} />}
		</GuardedModal>
	);
}

/** The choice of keys by filter, then the preview. */
function Choose({ tenant_id, target, choices, onClose, onFilled }: BulkProps & Pick<DecideProps, "onFilled">) {
	const [filter, setFilter] = useState<BulkFilter>(target.kind === "filter" ? target.filter : {});
	const selection = toSelection(target.kind === "keys" ? target : { kind: "filter", filter });
	const preview = useQuery(bulkPreviewQuery(tenant_id, selection));
	return (
		<Stack gap="md">
			{target.kind === "filter" && <FilterFields filter={filter} onFilter={setFilter} choices={choices} />}
			{selection === null && (
				<Text size="sm" c="dimmed">
					Choose an integration, an environment or a person; all of their keys are listed before anything happens.
				</Text>
			)}
			<Problem error={preview.error} />
			{selection !== null && preview.data === undefined && !preview.error && <BulkPreview tenant_id={tenant_id} keys={null} />}
			{preview.data !== undefined && (
				<Decide
					tenant_id={tenant_id}
					selection={selection}
					keys={preview.data.keys}
					onClose={onClose}
					onStale={() => void preview.refetch()}
					onFilled={onFilled}
				/>
			)}
		</Stack>
	);
}

function FilterFields({ filter, onFilter, choices }: { filter: BulkFilter; onFilter: (next: BulkFilter) => void } & Pick<BulkProps, "choices">) {
	function set(name: keyof BulkFilter, value: string | null): void {
		const rest = Object.fromEntries(Object.entries(filter).filter(([key]) => key !== name));
		onFilter(value === null ? rest : { ...rest, [name]: value });
	}
	const names = (list: readonly string[], chosen: string | undefined) => [...new Set([...(chosen === undefined ? [] : [chosen]), ...list])];
	return (
		<Group grow gap="sm" preventGrowOverflow={false} align="flex-end">
			<Select
				label="Integration"
				placeholder="Any"
				data={names(choices.integrations, filter.integration)}
				value={filter.integration ?? null}
				onChange={(value) => set("integration", value)}
				clearable
				searchable
				openOnFocus={false}
				data-autofocus
			/>
			<Select
				label="Environment"
				placeholder="Any"
				data={ENVIRONMENTS.map((value) => ({ value, label: ENVIRONMENT_WORDS[value].name }))}
				value={filter.environment ?? null}
				onChange={(value) => set("environment", value)}
				clearable
			/>
			<Select
				label="Responsible person"
				placeholder="Anybody"
				data={names(choices.owners, filter.owner)}
				value={filter.owner ?? null}
				onChange={(value) => set("owner", value)}
				clearable
				searchable
				openOnFocus={false}
			/>
		</Group>
	);
}

interface DecideProps {
	readonly tenant_id: string;
	readonly selection: ReturnType<typeof toSelection>;
	readonly keys: readonly PreviewKey[];
	readonly onClose: () => void;
	readonly onStale: () => void;
	/** Whether closing would lose typed text. */
	readonly onFilled: (filled: boolean) => void;
}

function Decide({ tenant_id, selection, keys, onClose, onStale, onFilled }: DecideProps) {
	const [reason, setReason] = useState<Reason | null>(null);
	const [note, setNote] = useState("");
	const [typed, setTyped] = useState("");
	const isTyped = note.trim() !== "" || typed !== "";
	// Before the next event: an Esc must find it.
	useLayoutEffect(() => onFilled(isTyped), [isTyped, onFilled]);
	const action = useAction();
	const changed = useKeysChanged(tenant_id);
	const queries = useQueryClient();
	const used = inUse(keys, Date.now());
	const wanted = confirmationText(keys);
	const ready = reason !== null && (used === 0 || typed.trim() === wanted);

	async function revoke(): Promise<void> {
		if (!ready || reason === null) return;
		const body = {
			...selection,
			reason,
			...(note.trim() === "" ? {} : { note: note.trim() }),
			preview: false,
			expected_key_ids: keys.map((key) => key.id),
		};
		const done = await action.run(() => answered(api.POST(PATH, { params: { path: { tenant_id } }, body })));
		changed();
		if (!done) return onStale();
		const receipt = formatRevoked(done.waited_for ?? [], clockTime(Date.now()));
		for (const { id } of keys) queries.setQueryData(receiptQuery(tenant_id, id).queryKey, receipt);
		const title = keys.length === 1 ? `${wanted} is revoked.` : `${keys.length} keys are revoked.`;
		toaster.done(receipt, { title, shown_ms: RECEIPT_SHOWN_MS });
		onClose();
	}

	if (keys.length === 0) return <Text size="sm">No key that still works belongs to this choice.</Text>;
	return (
		<Stack gap="md">
			<BulkPreview tenant_id={tenant_id} keys={keys} />
			{used > 0 && (
				<Alert color="red" variant="light" role="note">
					<Text size="sm">
						{used === 1 ? "One key was" : `${used} keys were`} used in the last day. What uses {used === 1 ? "it" : "them"} stops working at once, and
						a revoked key never works again.
					</Text>
				</Alert>
			)}
			<Select label="Why?" placeholder="Choose a reason" data={[...REASONS]} value={reason} onChange={(value) => setReason(reasonFrom(value))} />
			<Textarea
				label="Note"
				description="Optional; shown on each key's page from then on"
				autosize
				minRows={2}
				maxLength={NOTE_CHARACTERS_MAX}
				value={note}
				onChange={(event) => setNote(event.currentTarget.value)}
			/>
			{used > 0 && (
				<TextInput
					label={`Type "${wanted}" to confirm`}
					autoComplete="off"
					className="kw-wrap"
					value={typed}
					onChange={(event) => setTyped(event.currentTarget.value)}
				/>
			)}
			<Problem error={action.error} />
			<SheetFoot>
				<Group justify="flex-end" gap={8}>
					<LeaveButton>{keys.length === 1 ? "Keep this key" : "Keep these keys"}</LeaveButton>
					<Button color="red" disabled={!ready} loading={action.pending} onClick={() => void revoke()}>
						{keys.length === 1 ? "Revoke for good" : `Revoke ${keys.length} keys for good`}
					</Button>
				</Group>
			</SheetFoot>
		</Stack>
	);
}

function reasonFrom(value: string | null): Reason | null {
	return REASONS.find((reason) => reason.value === value)?.value ?? null;
}
