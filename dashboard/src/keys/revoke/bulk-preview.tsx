import { Box, Skeleton, Table, Text, UnstyledButton } from "@mantine/core";
import { Fragment, useState } from "react";
import type { paths } from "../../http/openapi.gen.ts";
import { Time } from "../../ui/time.tsx";
import { ENVIRONMENT_WORDS } from "../words.ts";
import { inUse } from "./bulk-words.ts";
import { WhatUses } from "./what-uses.tsx";

export type PreviewKey =
	paths["/api/v1/tenants/{tenant_id}/api-keys/bulk-revoke"]["post"]["responses"][200]["content"]["application/json"]["keys"][number];

const HEIGHT_PX = 320;
/** Up to this many keys in use are expanded initially; more start collapsed. */
const OPEN_AT_FIRST_MAX = 2;
const COLUMNS = 4;
/** The part of the window's height outside the table's scroll area. */
const AROUND_PX = 96;
const count = new Intl.NumberFormat("en");

/** Each key that would be revoked, its recent requests and its clients. */
export function BulkPreview({ tenant_id, keys }: { tenant_id: string; keys: readonly PreviewKey[] | null }) {
	if (keys === null) return <Skeleton height={120} role="status" aria-busy="true" aria-label="Loading keys" />;
	const used = keys.filter((key) => inUse([key], Date.now()) > 0);
	return (
		<Table.ScrollContainer minWidth={0} mah={HEIGHT_PX} type="native" tabIndex={0} role="region" aria-label="Keys that would be revoked">
			<Table verticalSpacing={6} aria-label="Keys that would be revoked">
				<Table.Thead>
					<Table.Tr>
						<Table.Th>Key</Table.Th>
						<Table.Th visibleFrom="sm">Responsible</Table.Th>
						<Table.Th visibleFrom="sm">Last used</Table.Th>
						<Table.Th ta="right">Requests, last day</Table.Th>
					</Table.Tr>
				</Table.Thead>
				<Table.Tbody>
					{keys.map((key) => (
						<OneKey key={key.id} tenant_id={tenant_id} apiKey={key} opens={used.length <= OPEN_AT_FIRST_MAX && used.includes(key)} />
					))}
				</Table.Tbody>
			</Table>
		</Table.ScrollContainer>
	);
}

function OneKey({ tenant_id, apiKey, opens }: { tenant_id: string; apiKey: PreviewKey; opens: boolean }) {
	const [opened, setOpened] = useState(opens);
	return (
		<Fragment>
			<Table.Tr {...(opened ? { bd: 0 } : {})}>
				<Table.Td>
					<Text size="sm" fw={500} className="kw-wrap">
						{apiKey.name}
					</Text>
					<Text size="xs" c="dimmed">
						{ENVIRONMENT_WORDS[apiKey.environment].name}
						<Text span inherit hiddenFrom="sm">
							{" · "}
							<bdi>{apiKey.owner.name}</bdi> · used <Time value={apiKey.last_used_at} never="not yet" />
						</Text>
					</Text>
					{apiKey.last_used_at !== null && (
						<UnstyledButton fz="xs" className="kw-link" aria-expanded={opened} onClick={() => setOpened(!opened)}>
							{opened ? "Hide what uses it" : "Show what uses it"}
						</UnstyledButton>
					)}
				</Table.Td>
				<Table.Td className="kw-wrap" visibleFrom="sm">
					{apiKey.owner.name}
				</Table.Td>
				<Table.Td visibleFrom="sm">
					<Time value={apiKey.last_used_at} never="not yet" />
				</Table.Td>
				<Table.Td ta="right" className="kw-figures">
					{count.format(apiKey.usage_24h)}
				</Table.Td>
			</Table.Tr>
			{opened && (
				<Table.Tr>
					<Table.Td colSpan={COLUMNS} pt={0} pb="sm" data-uses-of={apiKey.id}>
						{/* Keeps the text visible where the table is wider than its scroll area. */}
						<Box pos="sticky" left={10} w="fit-content" maw={`calc(100vw - ${AROUND_PX}px)`}>
							<WhatUses tenant_id={tenant_id} apiKey={apiKey} action="revoke" within />
						</Box>
					</Table.Td>
				</Table.Tr>
			)}
		</Fragment>
	);
}
