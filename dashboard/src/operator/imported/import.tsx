import { Box, Code, Group, List, Select, Text } from "@mantine/core";
import { useState } from "react";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Section } from "../../ui/page.tsx";
import { importCommand } from "./queries.ts";

/** The command that imports keys of a format. */
export function LegacyImport({ names }: { names: readonly string[] }) {
	const [chosen, setChosen] = useState(names[0] ?? "");
	const name = names.includes(chosen) ? chosen : (names[0] ?? "");
	const command = importCommand(name);
	return (
		<Section title="Import keys">
			<List type="ordered" size="sm" spacing={6} mb="sm">
				<List.Item>
					Export the hashes from the other system as CSV or JSON lines: one key per line, with its SHA-256 hash and the id of its tenant.
				</List.Item>
				<List.Item>
					Run this in the clone that the server is started from, with the server's settings. The dry run changes nothing and says, line by line, what
					would not come along.
				</List.Item>
				<List.Item>
					Run it again without <Code className="kw-mono">--dry-run</Code>. It can be stopped and repeated: what is here already stays as it is.
				</List.Item>
			</List>
			{names.length > 1 && (
				<Select label="Format" size="xs" mb="sm" maw={240} data={[...names]} value={name} onChange={(value) => setChosen(value ?? "")} />
			)}
			<Box>
				<Code block className="kw-mono kw-wrap" bg="var(--kw-code)" data-command>
					{command}
				</Code>
				<Group justify="space-between" mt="sm">
					<Text size="sm" c="dimmed">
						All options: <Code className="kw-mono">npx --no keywright-server import --help</Code>
					</Text>
					<CopyButton value={command} what="import command" size="xs" />
				</Group>
			</Box>
		</Section>
	);
}
