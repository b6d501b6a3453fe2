import { Alert, Box, Group, List, SimpleGrid, Text } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { formatCount, formatSize } from "../../plans/meter.ts";
import { Page, Section } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { MEANINGS, type Meaning } from "../../ui/theme.ts";
import { type Finding, getFindings, getNodeState } from "./findings.ts";
import { NodesTable } from "./nodes-table.tsx";
import { healthQuery } from "./queries.ts";

/** Whether the instance works, and what needs attention. Refreshed automatically. */
export default function HealthPage() {
	const { data, error } = useSuspenseQuery(healthQuery);
	const { health, nodes } = data;
	const { database, mail } = health;
	const holding = nodes.filter((node) => getNodeState(node) === "holds").length;
	return (
		<Page title="Health" lead="The servers, their leases, the database and mail. This page refreshes itself every few seconds.">
			{error === null ? <Findings findings={getFindings(health, nodes)} /> : <Problem error={error} />}
			<Box className="kw-surface" style={{ overflow: "hidden" }}>
				<SimpleGrid cols={{ base: 2, sm: 4 }} spacing={1} verticalSpacing={1} component="dl" m={0} bg="var(--kw-hairline)">
					<Figure name="Keyed requests" meaning={health.ready ? "good" : "ended"} value={health.ready ? "Answered" : "Refused"}>
						by the node that answered this page
					</Figure>
					<Figure name="Nodes" meaning={holding > 0 ? "good" : "ended"} value={`${holding} with a lease`}>
						version {health.version}
					</Figure>
					<Figure name="Database" meaning="good" value={`${database.round_trip_ms} ms`}>
						PostgreSQL {database.version}
						{database.embedded ? ", run by this server" : ""}
					</Figure>
					<Figure name="Mail" meaning={mail.enabled ? "good" : "resting"} value={mail.enabled ? "Configured" : "Not configured"}>
						{mail.enabled ? "Links are mailed" : "Links are shown, and you pass them on"}
					</Figure>
				</SimpleGrid>
			</Box>
			<Section title="Nodes">
				<NodesTable nodes={nodes} />
			</Section>
			<Section title="In figures">
				<SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl" verticalSpacing={0} component="dl" m={0}>
					<Fact name="Size of the database">{formatSize(database.size_bytes)}</Fact>
					<Fact name="Changes so far">{formatCount(database.changes)}</Fact>
					<Fact name="Keys in this node's memory">{formatCount(health.grants)}</Fact>
					<Fact name="Clock against the database">{formatSkew(health.clock_skew_seconds)}</Fact>
					<Fact name="Usage counts lost">{formatCount(health.usage_lost)}</Fact>
					<Fact name="This node">
						<span className="kw-mono">{health.node_id}</span>
					</Fact>
				</SimpleGrid>
				<Text size="sm" c="dimmed" mt="md">
					Your monitoring reads <span className="kw-mono">/readyz</span> (200 while keyed requests are answered) and, with the operator token,{" "}
					<span className="kw-mono">/metrics</span>.
				</Text>
			</Section>
		</Page>
	);
}

/** A smaller skew may be due to the round trip. */
const SKEW_SHOWN_SECONDS = 0.1;

function formatSkew(seconds: number): string {
	return Math.abs(seconds) < SKEW_SHOWN_SECONDS ? "agrees" : `at least ${Math.abs(seconds).toFixed(1)} s ${seconds > 0 ? "ahead" : "behind"}`;
}

const COLORS: Readonly<Partial<Record<Meaning, string>>> = { good: "var(--kw-good)", attention: "var(--kw-attention)", ended: "var(--kw-ended)" };

function Shape({ meaning }: { meaning: Meaning }) {
	return (
		<Text span inherit c={COLORS[meaning] ?? "dimmed"} aria-hidden="true">
			{MEANINGS[meaning].shape}{" "}
		</Text>
	);
}

function Findings({ findings }: { findings: readonly Finding[] }) {
	if (findings.length === 0)
		return (
			<Text fw={600} fz={16} role="status" data-finding="none">
				<Shape meaning="good" />
				Everything works.
			</Text>
		);
	const is_bad = findings.some(({ meaning }) => meaning === "ended");
	return (
		<Alert
			color={is_bad ? "red" : "yellow"}
			variant="light"
			role="status"
			title={findings.length === 1 ? "One thing needs you" : `${findings.length} things need you`}
		>
			<List size="sm" spacing="xs" listStyleType="none">
				{findings.map(({ meaning, what, cure }) => (
					<List.Item key={what} data-finding={meaning}>
						<b>
							<Shape meaning={meaning} />
							{what}
						</b>{" "}
						{cure}
					</List.Item>
				))}
			</List>
		</Alert>
	);
}

function Figure({ name, meaning, value, children }: { name: string; meaning: Meaning; value: string; children: ReactNode }) {
	return (
		<Box p="md" bg="var(--kw-surface)">
			<Text component="dt" fz={12} c="dimmed">
				{name}
			</Text>
			<Box component="dd" m={0}>
				<Text fz={20} lh="26px" fw={600} className="kw-figures">
					<Shape meaning={meaning} />
					{value}
				</Text>
				<Text fz={12} c="dimmed">
					{children}
				</Text>
			</Box>
		</Box>
	);
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
	return (
		<Group justify="space-between" mih={32} wrap="nowrap" style={{ borderBottom: "1px solid var(--kw-hairline)" }}>
			<Text component="dt" fz={13} c="dimmed">
				{name}
			</Text>
			<Text component="dd" m={0} fz={13} ta="right" className="kw-figures kw-wrap">
				{children}
			</Text>
		</Group>
	);
}
