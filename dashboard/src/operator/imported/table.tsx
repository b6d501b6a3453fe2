import { Box, Button, Table, Text } from "@mantine/core";
import { type LegacyFormat, shapeWords } from "./queries.ts";

interface TableProps {
	readonly formats: readonly LegacyFormat[];
	readonly onRemove: (format: LegacyFormat) => void;
}

function keysWords({ keys, keys_never_used }: LegacyFormat): string {
	if (keys === 0) return "None";
	return keys_never_used === 0 ? `${keys}, all used since` : `${keys}, of which ${keys_never_used} not used yet`;
}

/** The formats of imported keys, and how many of each are left. */
export function LegacyTable({ formats, onRemove }: TableProps) {
	return (
		<Box className="kw-surface">
			<Table className="kw-list" data-inset verticalSpacing={6} horizontalSpacing="md" aria-label="Formats">
				<Table.Thead>
					<Table.Tr>
						<Table.Th>Format</Table.Th>
						<Table.Th w={{ base: 80, sm: 260 }}>Keys</Table.Th>
						<Table.Th w={112} aria-label="Actions" />
					</Table.Tr>
				</Table.Thead>
				<Table.Tbody>
					{formats.map((format) => (
						<Table.Tr key={format.name} data-format={format.name}>
							<Table.Th scope="row" fw={400}>
								<Text fz={13} lh="18px" fw={600} className="kw-mono kw-wrap">
									{format.name}
								</Text>
								<Text fz={12} lh="16px" c="dimmed" className="kw-wrap" style={{ whiteSpace: "normal" }}>
									{shapeWords(format)}
								</Text>
							</Table.Th>
							<Table.Td style={{ whiteSpace: "normal" }}>{keysWords(format)}</Table.Td>
							<Table.Td ta="right">
								<Button variant="default" size="xs" aria-label={`Delete the format ${format.name}`} onClick={() => onRemove(format)}>
									Delete
								</Button>
							</Table.Td>
						</Table.Tr>
					))}
				</Table.Tbody>
			</Table>
		</Box>
	);
}
