import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { MEANINGS, type Meaning } from "../../ui/theme.ts";
import { Time, useNow } from "../../ui/time.tsx";
import { exactTime, formatDate, relativeTime } from "../../ui/time-words.ts";
import { getRefusals } from "../../usage/buckets.ts";
import { formatCall } from "../clients/found.ts";
import { expiryDue, replacementDue } from "../due-words.ts";
import { type ApiKey, type Source, sourcesQuery } from "../queries.ts";
import { getDates } from "../words.ts";
import type { Day } from "./day.ts";

const count = new Intl.NumberFormat("en");
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

interface FiguresProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly day: Day;
}

/** Requests, last use, end and replacement, in one card. */
export function KeyFigures({ tenant_id, apiKey, day }: FiguresProps) {
	const { data: sources } = useQuery(sourcesQuery(tenant_id, apiKey.id));
	return (
		<section className="kw-surface" aria-label="Figures">
			<dl className="kw-key-figures">
				<Requests day={day} />
				<LastUsed apiKey={apiKey} sources={sources?.data ?? []} />
				<Ends apiKey={apiKey} />
				<ReplaceBy apiKey={apiKey} />
			</dl>
		</section>
	);
}

function Figure({ term, value, below }: { term: string; value: ReactNode; below: ReactNode }) {
	return (
		<div className="kw-key-figure">
			<dt>{term}</dt>
			<dd>{value}</dd>
			<dd>{below}</dd>
		</div>
	);
}

/** A shape and a word, coloured where a person has to act. */
function Marked({ meaning, children }: { meaning: Meaning; children: ReactNode }) {
	return (
		<span className="kw-shape" data-meaning={meaning}>
			<span aria-hidden="true">{MEANINGS[meaning].shape} </span>
			{children}
		</span>
	);
}

function Requests({ day }: { day: Day }) {
	const term = "Requests, last 24 hours";
	if (day.rows === null) return <Figure term={term} value={day.failed ? "–" : <Skeleton width={72} height={20} mt={4} />} below="" />;
	const all = day.rows.reduce((sum, { requests }) => sum + requests, 0);
	const refused = getRefusals(day.rows).reduce((sum, { requests }) => sum + requests, 0);
	return (
		<Figure
			term={term}
			value={count.format(all)}
			below={
				refused === 0 ? (
					all > 0 && "none refused"
				) : (
					<>
						<Marked meaning="ended">{count.format(refused)} refused</Marked> · {percent.format(refused / all)}
					</>
				)
			}
		/>
	);
}

/** The client that was let through last; null where refusals came later, so that it is not certain. */
function getLastClient(key: ApiKey, sources: readonly Source[]): Source | null {
	const last = sources.find(({ requests, refused }) => requests > refused);
	return last !== undefined && key.last_used_at !== null && last.refused === 0 && sources[0] === last ? last : null;
}

function LastUsed({ apiKey, sources }: { apiKey: ApiKey; sources: readonly Source[] }) {
	if (apiKey.last_used_at === null) return <Figure term="Last used" value="Not yet" below="no request let through" />;
	const last = getLastClient(apiKey, sources);
	return <Figure term="Last used" value={<Time short value={apiKey.last_used_at} />} below={last !== null && <bdi>from {formatCall(last)}</bdi>} />;
}

function Ends({ apiKey }: { apiKey: ApiKey }) {
	const now_ms = useNow();
	if (apiKey.status === "revoked") return <Figure term="Ended" value={<EndDate time={apiKey.revoked_at} />} below="revoked for good" />;
	const { expires_at } = apiKey;
	if (expires_at === null) return <Figure term="Ends" value="Never" below="no end is set" />;
	const due = expiryDue(expires_at, now_ms);
	const over = due?.nearness === "over";
	return (
		<Figure
			term={over ? "Ended" : "Ends"}
			value={<EndDate time={expires_at} />}
			below={due === null ? relativeTime(expires_at, now_ms) : <Marked meaning={due.meaning}>{due.short}</Marked>}
		/>
	);
}

function ReplaceBy({ apiKey }: { apiKey: ApiKey }) {
	const now_ms = useNow();
	const { rotation_due_at } = getDates(apiKey);
	const every = apiKey.rotate_every_days === null ? "" : ` · every ${apiKey.rotate_every_days} days`;
	if (apiKey.rotation !== null) return <Figure term="Replace by" value="Going on" below={<Marked meaning="attention">being replaced</Marked>} />;
	if (rotation_due_at === null) return <Figure term="Replace by" value="No date" below="" />;
	const due = replacementDue(rotation_due_at, now_ms);
	return (
		<Figure
			term="Replace by"
			value={<EndDate time={rotation_due_at} />}
			below={
				<>
					{due === null ? relativeTime(rotation_due_at, now_ms) : <Marked meaning={due.meaning}>{due.short}</Marked>}
					{every}
				</>
			}
		/>
	);
}

function EndDate({ time }: { time: string | null }) {
	if (time === null) return "–";
	return (
		<time dateTime={time} title={exactTime(time)}>
			{formatDate(time, Date.now())}
		</time>
	);
}
