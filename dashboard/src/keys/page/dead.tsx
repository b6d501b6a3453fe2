import { Box, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Card } from "../../ui/page.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Time } from "../../ui/time.tsx";
import { type DeadSecret, type DeadUse, deadTitle, formatDeadHint, formatInAll, formatToday, getDeadSecrets } from "../dead-words.ts";
import { type ApiKey, sourcesQuery } from "../queries.ts";
import { formatNetwork, formatProgram } from "../text.ts";
import { lastFour } from "../words.ts";

interface DeadProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
}

/** Clients that still present an ended secret of this key. Renders nothing without any. */
export function KeyDead({ tenant_id, apiKey }: DeadProps) {
	const { data } = useQuery(sourcesQuery(tenant_id, apiKey.id));
	const secrets = getDeadSecrets(data?.dead ?? [], apiKey);
	if (secrets.length === 0) return null;
	return (
		<Card title="Still presented">
			<Text size="sm" c="dimmed" mb="md">
				Ended keys are refused. Requests that still present one are counted here, by day in UTC.
			</Text>
			<Stack gap="lg">
				{secrets.map((secret) => (
					<OneSecret key={secret.kid} secret={secret} live4={getLiveLast4(apiKey)} />
				))}
			</Stack>
		</Card>
	);
}

/** The last four of the secret that works, if known. */
function getLiveLast4(key: ApiKey): string | null {
	const live = key.secrets.filter((secret) => secret.status !== "retired" && secret.last4 !== "");
	return live.length === 0 ? null : lastFour(live);
}

function OneSecret({ secret, live4 }: { secret: DeadSecret; live4: string | null }) {
	return (
		<Box data-dead={secret.kind}>
			<Group gap={8} mb={4}>
				<StateBadge meaning="ended">{deadTitle(secret.kind)}</StateBadge>
				<span className="kw-mono">{secret.last4 === "" ? "a key of before" : `…${secret.last4}`}</span>
			</Group>
			<Text size="sm">{formatDeadHint(secret.kind, live4)}</Text>
			<ul style={{ margin: 0, marginTop: 8, padding: 0, listStyle: "none" }}>
				{secret.uses.map((use) => (
					<OnePlace key={use.source_id} use={use} />
				))}
			</ul>
		</Box>
	);
}

function OnePlace({ use }: { use: DeadUse }) {
	const in_all = formatInAll(use);
	return (
		<Box component="li" className="kw-row">
			<SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md" verticalSpacing={4}>
				<Box miw={0}>
					<Text fw={500} className="kw-wrap">
						{use.name ?? use.client ?? formatProgram(use.agent)}
					</Text>
					<Text size="sm" c="dimmed" className="kw-wrap">
						<span className="kw-mono">{formatNetwork(use.network)}</span> · {formatProgram(use.agent)}
						{use.name !== null && use.client !== null && ` · ${use.client}`}
					</Text>
				</Box>
				<Box miw={0}>
					<Text size="sm" className="kw-figures" {...(use.requests_today > 0 ? { fw: 500, c: "var(--kw-ended)" } : {})}>
						{formatToday(use.requests_today)}
					</Text>
					<Text size="sm" c="dimmed" className="kw-figures">
						{in_all === null ? "Last " : `${in_all}, last `}
						<Time value={use.last_seen_at} />
					</Text>
				</Box>
			</SimpleGrid>
		</Box>
	);
}
