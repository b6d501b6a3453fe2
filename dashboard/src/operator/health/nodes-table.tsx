import { Badge, Group, Table, Text } from "@mantine/core";
import { StateBadge } from "../../ui/state-badge.tsx";
import type { Meaning } from "../../ui/theme.ts";
import { Time } from "../../ui/time.tsx";
import { getNodeState, type NodeState } from "./findings.ts";
import type { Node } from "./queries.ts";

const STATES: Readonly<Record<NodeState, { meaning: Meaning; words: string }>> = {
	holds: { meaning: "good", words: "Holds a lease" },
	silent: { meaning: "attention", words: "Silent" },
	fenced: { meaning: "resting", words: "Stopped" },
};

/** The server processes with their leases. On a phone node, state and renewal remain. */
export function NodesTable({ nodes }: { nodes: readonly Node[] }) {
	return (
		<Table fz={13} verticalSpacing={6} horizontalSpacing={4} aria-label="Nodes">
			<Table.Thead>
				<Table.Tr fz={12} c="dimmed">
					<Table.Th fw={500}>Node</Table.Th>
					<Table.Th fw={500}>State</Table.Th>
					<Table.Th fw={500} visibleFrom="sm">
						Lease renewed
					</Table.Th>
					<Table.Th fw={500} visibleFrom="sm">
						Lease
					</Table.Th>
					<Table.Th fw={500} visibleFrom="sm">
						Started
					</Table.Th>
					<Table.Th fw={500} visibleFrom="sm">
						Version
					</Table.Th>
					<Table.Th fw={500} visibleFrom="sm" ta="right">
						Changes behind
					</Table.Th>
				</Table.Tr>
			</Table.Thead>
			<Table.Tbody>
				{nodes.map((node) => {
					const state = getNodeState(node);
					return (
						<Table.Tr key={node.id} data-node={node.id} data-state={state} h={44}>
							<Table.Th scope="row" fw={400} className="kw-wrap">
								<Group gap={8}>
									<span className="kw-mono kw-wrap">{node.id}</span>
									{node.is_this && <Badge color="gray">This one</Badge>}
								</Group>
							</Table.Th>
							<Table.Td>
								<StateBadge meaning={STATES[state].meaning}>{STATES[state].words}</StateBadge>
								<Text hiddenFrom="sm" fz={12} c="dimmed">
									renewed <Time value={node.renewed_at} />
								</Text>
							</Table.Td>
							<Table.Td visibleFrom="sm">
								<Time value={node.renewed_at} />
							</Table.Td>
							<Table.Td visibleFrom="sm">
								<Text span inherit className="kw-figures">
									{node.lease_seconds} s
								</Text>
							</Table.Td>
							<Table.Td visibleFrom="sm">
								<Time value={node.started_at} />
							</Table.Td>
							<Table.Td visibleFrom="sm" className="kw-mono">
								{node.version}
							</Table.Td>
							<Table.Td
								visibleFrom="sm"
								ta="right"
								className="kw-figures"
								c={node.behind > 0 && state === "holds" ? "var(--kw-attention)" : "dimmed"}
							>
								{node.behind}
							</Table.Td>
						</Table.Tr>
					);
				})}
			</Table.Tbody>
		</Table>
	);
}
