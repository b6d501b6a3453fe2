import { Anchor, Group, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useProfile } from "../../access/session.ts";
import { Card } from "../../ui/page.tsx";
import { RowsSkeleton } from "../../ui/page-skeleton.tsx";
import { Problem } from "../../ui/problem.tsx";
import { getBuckets, getRefusals, type UsageRow } from "../../usage/buckets.ts";
import { formatBucket } from "../../usage/chart-words.ts";
import { formatReason } from "../../usage/outcomes.ts";
import { keyUsageQuery } from "../../usage/queries.ts";
import { formatRequests, getPeriod } from "../../usage/ranges.ts";
import type { ApiKey } from "../queries.ts";
import { KeyDead } from "./dead.tsx";
import { usePeriod } from "./requests.tsx";

const count = new Intl.NumberFormat("en");

interface RefusalsProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
}

/** Refused requests by reason, or those of one reason over time; and clients that still present an ended secret. */
export function KeyRefusals({ tenant_id, apiKey }: RefusalsProps) {
	const { code } = useSearch({ strict: false });
	const { range, choice } = usePeriod();
	const period = getPeriod(range, Date.now());
	const { data, error } = useQuery(keyUsageQuery(tenant_id, apiKey.id, period.from_ms));
	const rows = data?.data;
	const path = { tenant_id, key_id: apiKey.id };
	return (
		<Stack gap={16}>
			<Card title={code === undefined ? "Refused requests" : formatReason(code)} flush aside={choice}>
				{rows === undefined && (error === null ? <RowsSkeleton rows={5} what="Loading refusals" /> : <Problem error={error} />)}
				{rows !== undefined && code === undefined && <Reasons rows={rows} words={range.words} {...path} />}
				{rows !== undefined && code !== undefined && <OneReason rows={rows} code={code} period={period} words={range.words} {...path} />}
			</Card>
			<KeyDead tenant_id={tenant_id} apiKey={apiKey} />
		</Stack>
	);
}

interface PathProps {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly rows: readonly UsageRow[];
	/** The period in words. */
	readonly words: string;
}

/** A link within the tab that keeps the period. */
function ToReason({ tenant_id, key_id, code, children }: { tenant_id: string; key_id: string; code?: string; children: string }) {
	const { period } = useSearch({ strict: false });
	const search = { tenant: tenant_id, ...(period === undefined ? {} : { period }), ...(code === undefined ? {} : { code }) };
	return (
		<Anchor
			size="sm"
			fw={500}
			renderRoot={(props) => (
				<Link to="/settings/api-access/$key_id/$tab" params={{ key_id, tab: "refusals" }} search={search} resetScroll={false} {...props} />
			)}
		>
			{children}
		</Anchor>
	);
}

/** The page Activity with the refusals of this key. */
function ToActivity({ tenant_id, key_id, code, children }: { tenant_id: string; key_id: string; code?: string; children: string }) {
	const { period } = useSearch({ strict: false });
	const search = { tenant: tenant_id, key: key_id, ...(period === undefined ? {} : { period }), ...(code === undefined ? {} : { code }) };
	return (
		<Anchor size="sm" fw={500} renderRoot={(props) => <Link to="/activity" search={search} {...props} />}>
			{children}
		</Anchor>
	);
}

function Reasons({ rows, words, ...path }: PathProps) {
	const refusals = getRefusals(rows);
	const total = refusals.reduce((sum, { requests }) => sum + requests, 0);
	if (total === 0) {
		return (
			<Text size="sm" c="dimmed" px={16} pb={16}>
				No request was refused in {words}.
			</Text>
		);
	}
	return (
		<>
			<Table className="kw-list" data-inset verticalSpacing={0} horizontalSpacing={8} aria-label="Refused requests by reason" data-refusals>
				<Table.Thead>
					<Table.Tr>
						<Table.Th>Reason</Table.Th>
						<Table.Th visibleFrom="sm" w={240}>
							Code
						</Table.Th>
						<Table.Th visibleFrom="sm" w={200}>
							Last
						</Table.Th>
						<Table.Th ta="right" w={120}>
							Requests
						</Table.Th>
					</Table.Tr>
				</Table.Thead>
				<Table.Tbody>
					{refusals.map(({ code, requests }) => (
						<Table.Tr key={code} data-code={code}>
							<Table.Td style={{ whiteSpace: "normal" }}>
								<ToReason {...path} code={code}>
									{formatReason(code)}
								</ToReason>
							</Table.Td>
							<Table.Td visibleFrom="sm" c="dimmed" className="kw-mono">
								{code}
							</Table.Td>
							<Table.Td visibleFrom="sm" c="dimmed">
								{formatBucket(lastOf(rows, code), "hour")}
							</Table.Td>
							<Table.Td ta="right" className="kw-figures">
								{count.format(requests)}
							</Table.Td>
						</Table.Tr>
					))}
				</Table.Tbody>
			</Table>
			<Group className="kw-foot" px={16} mih={44}>
				<ToActivity {...path}>Show by client, and explain single requests</ToActivity>
			</Group>
		</>
	);
}

/** The start of the last hour with a request of this code. */
function lastOf(rows: readonly UsageRow[], code: string): number {
	return Math.max(...rows.filter((row) => row.code === code).map(({ start }) => Date.parse(start)));
}

/** When requests were refused for this reason, the latest first, and where the reason is explained. */
function OneReason({ rows, code, period, words, ...path }: PathProps & { code: string; period: ReturnType<typeof getPeriod> }) {
	const profile = useProfile();
	const of = rows.filter((row) => row.code === code);
	const buckets = getBuckets(of, period)
		.map((bucket) => ({ start_ms: bucket.start_ms, requests: bucket.limited + bucket.refused }))
		.filter(({ requests }) => requests > 0)
		.reverse();
	const total = buckets.reduce((sum, { requests }) => sum + requests, 0);
	const most = Math.max(1, ...buckets.map(({ requests }) => requests));
	return (
		<div data-reason={code}>
			<Group px={16} pb={12} gap="4px 16px">
				<Text size="sm" className="kw-figures" role="status">
					{total === 0 ? `No request was refused for this in ${words}.` : `${formatRequests(total)} refused in ${words}.`}
				</Text>
				<Text size="sm" c="dimmed" className="kw-mono">
					{code}
				</Text>
				<Anchor size="sm" fw={500} href={`${profile?.error_base_url ?? "/problems"}/${code}`} target="_blank" rel="noreferrer">
					What it means and what to do
				</Anchor>
				<ToActivity {...path} code={code}>
					Explain these requests
				</ToActivity>
				<ToReason {...path}>All reasons</ToReason>
			</Group>
			{buckets.length > 0 && (
				<Table className="kw-list" data-inset verticalSpacing={0} horizontalSpacing={8} aria-label={`When: ${formatReason(code)}`}>
					<Table.Thead>
						<Table.Tr>
							<Table.Th>When</Table.Th>
							<Table.Th visibleFrom="sm" aria-label="Share" />
							<Table.Th ta="right" w={120}>
								Requests
							</Table.Th>
						</Table.Tr>
					</Table.Thead>
					<Table.Tbody>
						{buckets.map(({ start_ms, requests }) => (
							<Table.Tr key={start_ms}>
								<Table.Td>{formatBucket(start_ms, period.size)}</Table.Td>
								<Table.Td visibleFrom="sm">
									<div className="kw-share" data-meaning="ended">
										<div style={{ width: `${(requests / most) * 100}%` }} />
									</div>
								</Table.Td>
								<Table.Td ta="right" className="kw-figures">
									{count.format(requests)}
								</Table.Td>
							</Table.Tr>
						))}
					</Table.Tbody>
				</Table>
			)}
		</div>
	);
}
