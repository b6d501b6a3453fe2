import { Table, Text } from "@mantine/core";
import { Section } from "../ui/page.tsx";
import { Time } from "../ui/time.tsx";
import { isOpen, type Rotation } from "./queries.ts";

/** The operations that succeeded with the old key in its last active week, and whether each succeeded with the new one. */
export function RotationOperations({ rotation }: { rotation: Rotation }) {
	const { operations, status } = rotation;
	if (operations.length === 0 && (!isOpen(rotation) || status === "waiting")) return null;
	return (
		<Section title="What has to work with the new key">
			{operations.length === 0 ? (
				<Text size="sm">The old key did nothing lately. One request with the new key that succeeds is enough.</Text>
			) : (
				<>
					<Text size="sm" c="dimmed" mb="sm">
						Everything that the old key did with success in its last active week.
					</Text>
					<Table.ScrollContainer minWidth={0} type="native" tabIndex={0} role="region" aria-label="What has to work with the new key">
						<Table verticalSpacing={6} aria-label="Operations">
							<Table.Thead>
								<Table.Tr>
									<Table.Th>Request</Table.Th>
									<Table.Th>Old key</Table.Th>
									<Table.Th>New key</Table.Th>
								</Table.Tr>
							</Table.Thead>
							<Table.Tbody>
								{operations.map(({ operation, old_at, new_at }) => (
									<Table.Tr key={operation} data-operation={operation} data-done={new_at !== null}>
										<Table.Th scope="row" fw={400} className="kw-mono kw-wrap">
											{operation}
										</Table.Th>
										<Table.Td>
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
				</>
			)}
		</Section>
	);
}
