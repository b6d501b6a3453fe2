import { Button, Group, Table, Text } from "@mantine/core";
import { useState } from "react";
import { formatNetwork, formatProgram } from "../keys/text.ts";
import { Card } from "../ui/page.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { Time } from "../ui/time.tsx";
import { formatUtcDay } from "../ui/time-words.ts";
import type { Incident } from "./queries.ts";

const CLIENTS_SHOWN_MAX = 8;
const figures = new Intl.NumberFormat("en");

/** What the key touched since it was exposed, by operation and site. */
export function IncidentUse({ did }: Pick<Incident, "did">) {
	const { from, whole, operations } = did;
	if (from === null) return null;
	return (
		<Card title="What it touched" note={`since ${formatUtcDay(from)}, in UTC`} flush>
			{operations.length === 0 ? (
				<Text size="sm" c="dimmed" px={16} pb={16}>
					No request came with this key since then.
				</Text>
			) : (
				<Table className="kw-list" data-inset verticalSpacing={0} horizontalSpacing={8} aria-label="What the key touched since it was exposed">
					<Table.Thead>
						<Table.Tr>
							<Table.Th>Operation</Table.Th>
							<Table.Th visibleFrom="sm" w={180}>
								Site
							</Table.Th>
							<Table.Th visibleFrom="sm" ta="right" w={90}>
								Clients
							</Table.Th>
							<Table.Th ta="right" w={{ base: 72, sm: 110 }}>
								Allowed
							</Table.Th>
							<Table.Th ta="right" w={{ base: 72, sm: 90 }}>
								Refused
							</Table.Th>
						</Table.Tr>
					</Table.Thead>
					<Table.Tbody>
						{operations.map(({ operation, site, sources, allowed, refused }) => (
							<Table.Tr key={`${operation} ${site?.id ?? ""}`}>
								<Table.Td style={{ whiteSpace: "normal" }} className={operation === "" ? undefined : "kw-mono kw-wrap"}>
									{operation === "" ? "Other operations, not counted apart" : operation}
								</Table.Td>
								<Table.Td visibleFrom="sm" c="dimmed" className="kw-wrap" style={{ whiteSpace: "normal" }}>
									<bdi>{site?.name ?? ""}</bdi>
								</Table.Td>
								<Table.Td visibleFrom="sm" ta="right" c="dimmed" className="kw-figures">
									{figures.format(sources)}
								</Table.Td>
								<Table.Td ta="right" className="kw-figures">
									{figures.format(allowed)}
								</Table.Td>
								<Table.Td ta="right" className="kw-figures" {...(refused === 0 ? { c: "dimmed" } : {})}>
									{figures.format(refused)}
								</Table.Td>
							</Table.Tr>
						))}
					</Table.Tbody>
				</Table>
			)}
			{!whole && (
				<Text size="xs" c="dimmed" px={16} py={12}>
					Not everything is known: what each key did is kept for 35 days, and on a busy day its rarer operations are counted together.
				</Text>
			)}
		</Card>
	);
}

/** From where the key is used; what was not there before the exposure comes first. */
export function IncidentClients({ clients }: Pick<Incident, "clients">) {
	const [all, setAll] = useState(false);
	const in_order = clients.toSorted((a, b) => Number(b.is_new) - Number(a.is_new));
	return (
		<Card title="Clients" count={clients.length}>
			{clients.length === 0 && (
				<Text size="sm" c="dimmed">
					No client has used this key in the last 90 days.
				</Text>
			)}
			<ul className="kw-lines" aria-label="Clients">
				{in_order.map(({ id, name, program, network, first_seen_at, last_seen_at, requests, is_new }, index) => (
					<li key={id} className="kw-row" data-on-paper={(!all && index >= CLIENTS_SHOWN_MAX) || undefined}>
						<Group justify="space-between" gap="0 16px" className="kw-wrap">
							<Text size="sm" component="div" miw={0} maw="100%">
								<b>
									<bdi>{name ?? formatProgram(program)}</bdi>
								</b>{" "}
								<Text span inherit size="xs" c="dimmed" className="kw-mono">
									{formatNetwork(network)}
								</Text>{" "}
								{is_new && <StateBadge meaning="attention">Not seen before</StateBadge>}
							</Text>
							<Text size="xs" c="dimmed" component="div">
								{figures.format(requests)} {requests === 1 ? "request" : "requests"}, first <Time value={first_seen_at} />, last{" "}
								<Time value={last_seen_at} />
							</Text>
						</Group>
					</li>
				))}
			</ul>
			{clients.length > CLIENTS_SHOWN_MAX && (
				<Button className="kw-never-printed" variant="subtle" size="compact-sm" ml={-8} mt={8} aria-expanded={all} onClick={() => setAll(!all)}>
					{all ? "Show fewer clients" : `Show all ${clients.length} clients`}
				</Button>
			)}
		</Card>
	);
}
