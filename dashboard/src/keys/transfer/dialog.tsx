import { Box, Button, Group, Select, Skeleton, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useConfirmed } from "../../access/confirm.tsx";
import { answered, api } from "../../http/api.ts";
import { type Member, membersQuery } from "../../tenants/team-queries.ts";
import { Modal } from "../../ui/dialog/modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Time } from "../../ui/time.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { TRANSFER, type TransferredKey, transferPreviewQuery, useKeysChanged } from "../queries.ts";
import { ENVIRONMENT_WORDS } from "../words.ts";

const HEIGHT_PX = 280;
const LOADING_PX = 96;
const ONE_LINE = { whiteSpace: "nowrap" } as const;

/** The person whose keys get another responsible person. `query` finds their keys: a member id, or else an address or a name. */
export interface TransferFrom {
	readonly query: string;
	readonly name: string;
}

interface DialogProps {
	readonly tenant_id: string;
	/** Null while closed. The dialog stays mounted, because it returns the focus to the element that opened it. */
	readonly from: TransferFrom | null;
	readonly onClose: () => void;
}

/** Makes a member responsible for all keys of a person, after showing which. */
export function TransferDialog({ tenant_id, from, onClose }: DialogProps) {
	const [shown, setShown] = useState(from);
	if (from !== null && from !== shown) setShown(from);
	return (
		<Modal name="transfer" opened={from !== null} onClose={onClose} size={560} title="Name another responsible person">
			{shown !== null && <Transfer key={shown.query} tenant_id={tenant_id} from={shown} onClose={onClose} />}
		</Modal>
	);
}

function Transfer({ tenant_id, from, onClose }: DialogProps & { readonly from: TransferFrom }) {
	const members = useQuery(membersQuery(tenant_id));
	const [chosen, setChosen] = useState<string | null>(null);
	const others = (members.data?.data ?? []).filter(({ id }) => id !== from.query);
	// Who opens the dialog takes over most often.
	const member = others.find(({ id }) => id === chosen) ?? (chosen === null ? others.find(({ is_you }) => is_you) : undefined) ?? null;
	if (members.error !== null) return <Problem error={members.error} />;
	if (members.data === undefined) return <Skeleton height={LOADING_PX} role="status" aria-label="Loading the team" />;
	return (
		<Stack gap="md">
			<Text size="sm" className="kw-wrap">
				Alerts and mails about these keys name the new person from then on, and no longer <bdi>{from.name}</bdi>. The keys work on as they are.
			</Text>
			{others.length === 0 ? (
				<Text size="sm">You are alone on the team. Invite a person on the Team page first.</Text>
			) : (
				<Select
					label="Who is responsible from now on?"
					placeholder="Choose a member"
					data={others.map(({ id, name, is_you }) => ({ value: id, label: is_you ? `${name} (you)` : name }))}
					value={member?.id ?? null}
					onChange={setChosen}
					allowDeselect={false}
					searchable
					openOnFocus={false}
				/>
			)}
			{member !== null && <Decide key={member.id} tenant_id={tenant_id} from={from} member={member} onClose={onClose} />}
		</Stack>
	);
}

function Decide({ tenant_id, from, member, onClose }: DialogProps & { readonly from: TransferFrom; readonly member: Member }) {
	const owner = { name: member.name, ...(member.email === null ? {} : { email: member.email }), member_id: member.id };
	const preview = useQuery(transferPreviewQuery(tenant_id, from.query, owner));
	const changed = useKeysChanged(tenant_id);
	const confirmed = useConfirmed();
	const action = useAction();
	if (preview.error !== null) return <Problem error={preview.error} />;
	if (preview.data === undefined) return <Skeleton height={LOADING_PX} role="status" aria-label="Loading keys" />;
	const { keys } = preview.data;
	if (keys.length === 0) return <Text size="sm">No key names this person any more.</Text>;
	const count = keys.length === 1 ? "this key" : `these ${keys.length} keys`;

	async function transfer(): Promise<void> {
		const body = { from: from.query, owner, preview: false, expected_key_ids: keys.map(({ id }) => id) };
		const done = await action.run(() => confirmed(() => answered(api.POST(TRANSFER, { params: { path: { tenant_id } }, body }))));
		changed();
		if (!done) return void preview.refetch();
		toaster.noted(`${member.name} is responsible for ${keys.length === 1 ? (keys[0]?.name ?? "the key") : `${keys.length} keys`} now.`);
		onClose();
	}
	return (
		<>
			<Keys keys={keys} />
			<Problem error={action.error} />
			<Group justify="flex-end" gap={8}>
				<Button variant="default" onClick={onClose}>
					Leave it as it is
				</Button>
				<Button loading={action.pending} onClick={() => void transfer()} className="kw-wrap">
					{member.is_you ? `Take over ${count}` : `Make them responsible for ${count}`}
				</Button>
			</Group>
		</>
	);
}

function Keys({ keys }: { readonly keys: readonly TransferredKey[] }) {
	return (
		<Table.ScrollContainer minWidth={0} mah={HEIGHT_PX} type="native" tabIndex={0} role="region" aria-label="Keys that would change">
			<Table verticalSpacing={6} aria-label="Keys that would change">
				<Table.Thead>
					<Table.Tr>
						<Table.Th>Key</Table.Th>
						<Table.Th style={ONE_LINE}>Last used</Table.Th>
					</Table.Tr>
				</Table.Thead>
				<Table.Tbody>
					{keys.map(({ id, name, environment, last_used_at }) => (
						<Table.Tr key={id}>
							<Table.Td>
								<Text size="sm" fw={500} className="kw-wrap">
									<bdi>{name}</bdi>
								</Text>
								<Box fz="xs" c="dimmed">
									{ENVIRONMENT_WORDS[environment].name}
								</Box>
							</Table.Td>
							<Table.Td style={ONE_LINE}>
								<Time value={last_used_at} never="not yet" />
							</Table.Td>
						</Table.Tr>
					))}
				</Table.Tbody>
			</Table>
		</Table.ScrollContainer>
	);
}
