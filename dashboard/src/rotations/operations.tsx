import { Button, Table, Text } from "@mantine/core";
import { useState } from "react";
import { Card } from "../ui/page.tsx";
import { Time } from "../ui/time.tsx";
import { isOpen, type Rotation } from "./queries.ts";

/** The operations that succeeded with the old key in its last active week, and whether each succeeded with the new one; hidden at first once all have. */
export function RotationOperations({ rotation }: { rotation: Rotation }) {
	const { operations, status } = rotation;
	const left = operations.filter(({ new_at }) => new_at === null).length;
	const [chosen, setChosen] = useState<boolean | null>(null);
	if (operations.length === 0 || status === "waiting") return null;
	const shown = chosen ?? (left > 0 && isOpen(rotation));
	return (
		<Card
			flush
			title="What has to work with the new key"
			note={left === 0 ? "all of it has" : `${operations.length - left} of ${operations.length} so far`}
			aside={
				<Button variant="subtle" size="compact-sm" aria-expanded={shown} onClick={() => setChosen(!shown)}>
					{shown ? "Hide" : "Show"}
				</Button>
			}
		>
			{shown && <Operations operations={operations} />}
		</Card>
	);
}

function Operations({ operations }: Pick<Rotation, "operations">) {
	return (
		<Table.ScrollContainer minWidth={0} type="native" tabIndex={0} role="region" aria-label="Everything that the old key did in its last active week">
			<Table horizontalSpacing="md" verticalSpacing={6} fz="sm" aria-label="Operations">
				<Table.Thead>
					<Table.Tr>
						<Table.Th>Request</Table.Th>
						<Table.Th visibleFrom="xs">Old key</Table.Th>
						<Table.Th>New key</Table.Th>
					</Table.Tr>
				</Table.Thead>
				<Table.Tbody>
					{operations.map(({ operation, old_at, new_at }) => (
						<Table.Tr key={operation} data-operation={operation} data-done={new_at !== null}>
							<Table.Th scope="row" fw={400} className="kw-mono kw-wrap">
								{operation}
							</Table.Th>
							<Table.Td visibleFrom="xs">
								<Time value={old_at} />
							</Table.Td>
							<Table.Td>
								{new_at === null ? (
									<Text component="span" inherit c="dimmed">
										<span aria-hidden="true">◌ </span>not yet
									</Text>
								) : (
									<>
										<Text component="span" inherit c="var(--kw-good)" aria-hidden="true">
											●{" "}
										</Text>
										<Time value={new_at} />
									</>
								)}
							</Table.Td>
						</Table.Tr>
					))}
				</Table.Tbody>
			</Table>
		</Table.ScrollContainer>
	);
}
