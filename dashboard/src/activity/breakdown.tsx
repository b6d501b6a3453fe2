import { Skeleton, Text } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { keyQuery } from "../keys/queries.ts";
import { Card } from "../ui/page.tsx";
import { Problem } from "../ui/problem.tsx";
import { tenantUsageByKeyQuery, tenantUsageBySourceQuery } from "../usage/queries.ts";
import { formatRequests, type Range } from "../usage/ranges.ts";
import { clientTitle } from "./words.ts";

const PARTS_MAX = 8;
const LOADING_PX = 160;
const WHOLE_DAYS = "Whole days in UTC";
const count = new Intl.NumberFormat("en");

interface BreakdownProps {
	readonly tenant_id: string;
	readonly from_ms: number;
	readonly range: Range;
	/** The ways to other charts. */
	readonly aside: ReactNode;
}

/** The requests of each key, those with the most first. */
export function RequestsByKey({ tenant_id, from_ms, range, aside }: BreakdownProps) {
	const by_day = range.id === "month";
	const { data, error } = useQuery(tenantUsageByKeyQuery(tenant_id, from_ms, by_day ? "day" : "hour"));
	const shares =
		data === undefined
			? undefined
			: partsOf(
					data.data.map(({ key_id = "", code, requests }) => ({ id: key_id, code, requests })),
					PARTS_MAX,
				);
	const names = useQueries({ queries: (shares?.parts ?? []).map(({ id }) => keyQuery(tenant_id, id)) });
	return (
		<SharesCard
			title="Requests by key"
			{...(by_day ? { note: WHOLE_DAYS } : {})}
			aside={aside}
			shares={shares}
			error={data === undefined ? error : null}
			words={range.words}
			others="other keys"
			nameOf={({ id }, index) => (
				<Link to="/settings/api-access/$key_id" params={{ key_id: id }} search={{ tenant: tenant_id }} className="kw-shares-link">
					<bdi>{names[index]?.data?.name ?? id}</bdi>
				</Link>
			)}
		/>
	);
}

/** Requests beyond the clients that are counted apart. */
const REST = "";

/** The requests of each client, those with the most first. */
export function RequestsByClient({ tenant_id, from_ms, range, aside }: BreakdownProps) {
	const { data, error } = useQuery(tenantUsageBySourceQuery(tenant_id, from_ms));
	const known = new Map((data?.data ?? []).map((row) => [row.source_id ?? REST, row]));
	const shares =
		data &&
		partsOf(
			data.data.map(({ source_id, code, requests }) => ({ id: source_id ?? REST, code, requests })),
			PARTS_MAX,
		);
	return (
		<SharesCard
			title="Requests by client"
			note={WHOLE_DAYS}
			aside={aside}
			shares={shares}
			error={data === undefined ? error : null}
			words={range.words}
			others="other clients"
			nameOf={({ id }) => {
				const { name = null, network = null, agent = null, client = null } = known.get(id) ?? {};
				return <bdi>{clientTitle({ name, network, agent, client }, true)}</bdi>;
			}}
		/>
	);
}

interface SharesProps {
	readonly title: string;
	readonly note?: string;
	readonly aside: ReactNode;
	readonly shares: Shares | undefined;
	readonly error: Error | null;
	readonly words: string;
	readonly others: string;
	readonly nameOf: (part: Part, index: number) => ReactNode;
}

/** Bars of one scale, each with its allowed and refused requests. */
function SharesCard({ title, note, aside, shares, error, words, others, nameOf }: SharesProps) {
	const most = Math.max(1, ...(shares?.parts ?? []).map(({ allowed, refused }) => allowed + refused), shares?.rest.requests ?? 0);
	return (
		<Card title={title} aside={aside} {...(note === undefined ? {} : { note })}>
			<Problem error={error} known={shares !== undefined} />
			{shares === undefined && error === null && <Skeleton height={LOADING_PX} role="status" aria-busy="true" aria-label={`Loading: ${title}`} />}
			{shares?.parts.length === 0 && (
				<Text size="sm" c="dimmed">
					No request in {words}.
				</Text>
			)}
			{shares !== undefined && shares.parts.length > 0 && (
				<ul className="kw-shares" aria-label={`${title} in ${words}`}>
					{shares.parts.map((part, index) => (
						<li key={part.id} data-share={part.id}>
							<span className="kw-shares-name">{nameOf(part, index)}</span>
							<span className="kw-shares-bar" aria-hidden="true">
								<i style={{ width: `${(part.allowed / most) * 100}%` }} />
								{part.refused > 0 && <i data-part="refused" style={{ width: `${(part.refused / most) * 100}%` }} />}
							</span>
							<span className="kw-figures">
								{formatRequests(part.allowed + part.refused)}
								{part.refused > 0 && <span>, {count.format(part.refused)} refused</span>}
							</span>
						</li>
					))}
					{shares.rest.parts > 0 && (
						<li>
							<span className="kw-shares-name">
								{count.format(shares.rest.parts)} {others}
							</span>
							<span className="kw-shares-bar" aria-hidden="true">
								<i data-part="rest" style={{ width: `${(shares.rest.requests / most) * 100}%` }} />
							</span>
							<span className="kw-figures">{formatRequests(shares.rest.requests)}</span>
						</li>
					)}
				</ul>
			)}
		</Card>
	);
}

/** The requests of one thing, such as a key. */
interface Part {
	readonly id: string;
	readonly allowed: number;
	readonly refused: number;
}

interface Shares {
	/** Those with the most first. */
	readonly parts: readonly Part[];
	/** What is not among them. */
	readonly rest: { readonly parts: number; readonly requests: number };
}

/** Sums rows by what they belong to; at most `parts_max` apart, the rest together. */
function partsOf(rows: readonly { readonly id: string; readonly code: string; readonly requests: number }[], parts_max: number): Shares {
	const found = new Map<string, { id: string; allowed: number; refused: number }>();
	for (const { id, code, requests } of rows) {
		const part = found.get(id) ?? { id, allowed: 0, refused: 0 };
		part[code === "allowed" ? "allowed" : "refused"] += requests;
		found.set(id, part);
	}
	const all = [...found.values()].sort((a, b) => b.allowed + b.refused - a.allowed - a.refused || a.id.localeCompare(b.id));
	const rest = all.slice(parts_max);
	return { parts: all.slice(0, parts_max), rest: { parts: rest.length, requests: rest.reduce((sum, part) => sum + part.allowed + part.refused, 0) } };
}
