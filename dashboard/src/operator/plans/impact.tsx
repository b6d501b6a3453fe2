import { Alert, Box, List, Table, Text } from "@mantine/core";
import { formatBreaks, formatPlanReplay, type PlanDifference } from "./changes.ts";
import type { PlanImpact } from "./queries.ts";

/** Previews a change of plan: the differences, and what breaks. */
export function PlanChanges({ differences, impact }: { differences: readonly PlanDifference[]; impact: PlanImpact }) {
	const breaks = formatBreaks(impact);
	const replay = formatPlanReplay(impact);
	const refuses = (impact.replay?.would_refuse_at_most ?? 0) > 0;
	return (
		<Box data-impact>
			{breaks.length === 0 && !refuses ? (
				<Text size="sm" role="status">
					Nothing stops: no key loses a permission, and no tenant exceeds a lowered limit.
				</Text>
			) : (
				<Alert color="yellow" variant="light" role="note" title="This stops" data-breaks>
					{breaks.length > 0 && (
						<List size="sm" className="kw-wrap">
							{breaks.map((line) => (
								<List.Item key={line}>{line}</List.Item>
							))}
						</List>
					)}
					{replay !== null && (
						<Text size="sm" mt={4} className="kw-wrap">
							{replay}
						</Text>
					)}
					{impact.losing.tenants > 1 && (
						<Text size="sm" mt={4} className="kw-wrap">
							Most of these keys: {impact.losing.most.map(({ name, keys }) => `${name} (${keys})`).join(", ")}
						</Text>
					)}
				</Alert>
			)}
			{differences.length > 0 && (
				<Table mt="sm" fz={13} verticalSpacing={6} horizontalSpacing={0} aria-label="What changes">
					<Table.Thead>
						<Table.Tr>
							<Table.Th>What</Table.Th>
							<Table.Th>Now</Table.Th>
							<Table.Th>Then</Table.Th>
						</Table.Tr>
					</Table.Thead>
					<Table.Tbody>
						{differences.map(({ what, before, after, lowers }) => (
							<Table.Tr key={what}>
								<Table.Th scope="row" fw={400} pr="md">
									{what}
								</Table.Th>
								<Table.Td c="dimmed" pr="md">
									{before}
								</Table.Td>
								<Table.Td fw={500} c={lowers ? "var(--kw-attention)" : "inherit"}>
									{after}
								</Table.Td>
							</Table.Tr>
						))}
					</Table.Tbody>
				</Table>
			)}
		</Box>
	);
}
