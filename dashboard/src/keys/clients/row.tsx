import { Box, Group, Table, Text, UnstyledButton } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useAccess } from "../../access/session.ts";
import { Time } from "../../ui/time.tsx";
import { formatRequests } from "../../usage/ranges.ts";
import type { ApiKey, Source } from "../queries.ts";
import { formatNetwork, formatProgram, formatSecretStatus } from "../text.ts";
import { formatCall, formatEvidence, formatShare, getShare } from "./found.ts";
import { ClientName } from "./name.tsx";
import { Rings } from "./rings.tsx";

const COLUMNS = 7;
const count = new Intl.NumberFormat("en");

interface RowProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly source: Source;
	/** Requests of all clients. */
	readonly total: number;
}

/** Whether the client is being named; the focus returns to the button that began it. */
function useNaming() {
	const [naming, setNaming] = useState(false);
	const opener = useRef<HTMLButtonElement>(null);
	const was = useRef(false);
	useEffect(() => {
		if (was.current && !naming) opener.current?.focus();
		was.current = naming;
	}, [naming]);
	return { naming, opener, begin: () => setNaming(true), end: () => setNaming(false) };
}

function NameButton({ source, naming }: { source: Source; naming: ReturnType<typeof useNaming> }) {
	const { may } = useAccess();
	if (!may.manage_keys || source.network === "other") return null;
	const label = source.name === null ? `Give ${formatCall(source)} at ${formatNetwork(source.network)} a name` : `Rename ${source.name}`;
	return (
		<UnstyledButton ref={naming.opener} className="kw-name-it" aria-label={label} onClick={naming.begin}>
			{source.name === null ? "Name it" : "Rename"}
		</UnstyledButton>
	);
}

/** What the client calls itself; the network in machine text. */
function Below({ source }: { source: Source }) {
	const parts = [
		source.name === null ? "Not named" : formatProgram(source.agent),
		...(source.name !== null && source.client !== null ? [source.client] : []),
	];
	return (
		<>
			<bdi>{parts.join(" · ")}</bdi>
			{" · "}
			<span className="kw-mono">{formatNetwork(source.network)}</span>
		</>
	);
}

function Evidence({ source }: { source: Source }) {
	const why = formatEvidence(source);
	return (
		<>
			{source.told_apart ? (
				<div>Distinguished</div>
			) : (
				<Text inherit c="var(--kw-attention)" component="div">
					<Rings /> Not distinguished
				</Text>
			)}
			<Text size="xs" c="dimmed" truncate title={why}>
				<bdi>{why}</bdi>
			</Text>
		</>
	);
}

/** One client in the table. */
export function ClientRow({ tenant_id, apiKey, source, total }: RowProps) {
	const naming = useNaming();
	if (naming.naming) {
		return (
			<Table.Tr data-source={source.id}>
				<Table.Td colSpan={COLUMNS} py={12} style={{ whiteSpace: "normal" }}>
					<ClientName tenant_id={tenant_id} key_id={apiKey.id} source={source} onClose={naming.end} />
				</Table.Td>
			</Table.Tr>
		);
	}
	const share = getShare(source.requests, total);
	return (
		<Table.Tr data-source={source.id}>
			<Table.Td>
				<Box pos="relative">
					<Box miw={0}>
						<Text size="sm" fw={600} truncate title={formatCall(source)} dir="auto" ta="left">
							{formatCall(source)}
						</Text>
						<Text size="xs" c="dimmed" truncate>
							<Below source={source} />
						</Text>
					</Box>
					<NameButton source={source} naming={naming} />
				</Box>
			</Table.Td>
			<Table.Td>
				<Group gap={8} wrap="nowrap">
					<div className="kw-share">
						<div style={{ width: `${share * 100}%` }} />
					</div>
					<Text span size="sm" className="kw-figures" ta="right" flex={1}>
						{formatShare(share)}
					</Text>
				</Group>
			</Table.Td>
			<Table.Td ta="right" className="kw-figures">
				{count.format(source.requests)}
			</Table.Td>
			<Table.Td ta="right" className="kw-figures" c={source.refused > 0 ? "var(--kw-ended)" : "dimmed"}>
				{count.format(source.refused)}
			</Table.Td>
			<Table.Td>
				<span className="kw-mono">{formatSecretStatus(apiKey.secrets, source.last_kid)}</span>
			</Table.Td>
			<Table.Td>
				<Evidence source={source} />
			</Table.Td>
			<Table.Td ta="right" c="dimmed">
				<Time short value={source.last_seen_at} />
			</Table.Td>
		</Table.Tr>
	);
}

/** One client on a narrow screen: name over facts, its share at the right. */
export function ClientCard({ tenant_id, apiKey, source, total }: RowProps) {
	const naming = useNaming();
	if (naming.naming) {
		return (
			<Box component="li" className="kw-client" data-source={source.id}>
				<ClientName tenant_id={tenant_id} key_id={apiKey.id} source={source} onClose={naming.end} />
			</Box>
		);
	}
	return (
		<Box component="li" className="kw-client" data-source={source.id}>
			<Group gap={8} wrap="nowrap" justify="space-between">
				<Text size="sm" fw={600} truncate miw={0}>
					<bdi>{formatCall(source)}</bdi>
				</Text>
				<Text size="sm" className="kw-figures" style={{ whiteSpace: "nowrap" }}>
					{formatShare(getShare(source.requests, total))}
				</Text>
			</Group>
			<Text size="xs" c="dimmed" className="kw-wrap">
				<Below source={source} />
			</Text>
			<Text size="xs" c="dimmed" className="kw-figures">
				{formatRequests(source.requests)}
				{source.refused > 0 && `, ${count.format(source.refused)} refused`}, with {formatSecretStatus(apiKey.secrets, source.last_kid)} · last{" "}
				<Time short value={source.last_seen_at} />
			</Text>
			<Group gap={12} justify="space-between">
				<Text size="xs" component="div" className="kw-wrap" miw={0} {...(source.told_apart ? { c: "dimmed" } : { c: "var(--kw-attention)" })}>
					{source.told_apart ? (
						`Distinguished: ${formatEvidence(source)}`
					) : (
						<>
							<Rings /> Not distinguished: {formatEvidence(source)}
						</>
					)}
				</Text>
				<NameButton source={source} naming={naming} />
			</Group>
		</Box>
	);
}
