import { Skeleton, Table, Text } from "@mantine/core";
import type { paths } from "../http/openapi.gen.ts";
import { Time } from "../ui/time.tsx";
import { ENVIRONMENT_WORDS } from "./key-words.ts";

export type PreviewKey =
	paths["/api/v1/tenants/{tenant_id}/api-keys/bulk-revoke"]["post"]["responses"][200]["content"]["application/json"]["keys"][number];

const HEIGHT_PX = 260;
const WIDTH_PX = 460;
const count = new Intl.NumberFormat("en");

/** Each key that would be revoked, and what it was used for lately. */
export function BulkPreview({ keys }: { keys: readonly PreviewKey[] | null }) {
	if (keys === null) return <Skeleton height={120} aria-label="Loading keys" />;
	return (
		<Table.ScrollContainer minWidth={WIDTH_PX} mah={HEIGHT_PX} type="native" tabIndex={0} role="region" aria-label="Keys that would be revoked">
			<Table verticalSpacing={6} aria-label="Keys that would be revoked">
				<Table.Thead>
					<Table.Tr>
						<Table.Th>Key</Table.Th>
						<Table.Th>Responsible</Table.Th>
						<Table.Th>Last used</Table.Th>
						<Table.Th ta="right">Requests, last day</Table.Th>
					</Table.Tr>
				</Table.Thead>
				<Table.Tbody>
					{keys.map((key) => (
						<Table.Tr key={key.id}>
							<Table.Td>
								<Text size="sm" fw={500} className="kw-wrap">
									{key.name}
								</Text>
								<Text size="xs" c="dimmed">
									{ENVIRONMENT_WORDS[key.environment].name}
								</Text>
							</Table.Td>
							<Table.Td className="kw-wrap">{key.owner.name}</Table.Td>
							<Table.Td>
								<Time value={key.last_used_at} never="not yet" />
							</Table.Td>
							<Table.Td ta="right">{count.format(key.usage_24h)}</Table.Td>
						</Table.Tr>
					))}
				</Table.Tbody>
			</Table>
		</Table.ScrollContainer>
	);
}
