import { Anchor, Box, VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useNow } from "../../ui/time.tsx";
import { exactTime, formatDate, formatInstant } from "../../ui/time-words.ts";
import { type CheckLine, checkLines } from "../checks.ts";
import type { Explanation } from "../queries.ts";
import { clientTitle, shortOperation } from "../words.ts";
import { alikeSearch, callTime, distance, formatTimes, partsOf } from "./words.ts";

/** A sentence of the server: its times in the viewer's zone, and the key's name apart, because it may be written from right to left. */
function SentenceWithName({ text, name }: { text: string; name: string | undefined }) {
	return partsOf(text, name).map(({ at, kind, text: part }) => {
		if (kind === "time")
			return (
				<time key={at} dateTime={part} title={exactTime(part)}>
					{formatInstant(part, Date.now())}
				</time>
			);
		return kind === "name" ? <bdi key={at}>{part}</bdi> : <span key={at}>{part}</span>;
	});
}

const PATHS: Readonly<Record<CheckLine["outcome"], string>> = {
	passed: "M2 6.5l2.8 2.8L10 3.2",
	refused: "M2.5 2.5l7 7M9.5 2.5l-7 7",
	not_reached: "M6 1.75a4.25 4.25 0 1 1 0 8.5a4.25 4.25 0 1 1 0-8.5",
};

const OUTCOMES = { passed: "passed", refused: "refused", not_reached: "" } as const;

interface ExplainedProps {
	readonly tenant_id: string;
	readonly explanation: Explanation;
}

/** The reason, how far the request came, what to do, and what is known around it. */
export function Explained({ tenant_id, explanation }: ExplainedProps) {
	const { status, code, summary, cure, key, detail, at, exact, asked_at, proven, source } = explanation;
	const now_ms = useNow();
	const who = proven ? key?.name : key === null ? "no key known" : `names ${key.name}`;
	return (
		<>
			{!exact && asked_at !== null && (
				<p className="kw-explain-near" data-near>
					This one was not kept. This is the nearest refusal that was, {distance(asked_at, at)}.
				</p>
			)}
			<Box>
				<div className="kw-explain-code">
					<span className="kw-explain-refused">
						<CheckShape outcome="refused" /> Refused
					</span>
					<span className="kw-mono">
						{status} {code}
					</span>
				</div>
				<p className="kw-explain-reason" data-reason>
					<SentenceWithName text={summary} name={key?.name} />
				</p>
				<p className="kw-explain-who">
					<time dateTime={at} title={exactTime(at)}>
						{callTime(at, now_ms)}
					</time>{" "}
					· <bdi>{who}</bdi> · <bdi>{clientTitle(source, proven)}</bdi>
				</p>
			</Box>
			<Checks explanation={explanation} now_ms={now_ms} />
			<section className="kw-explain-cure" aria-label="What to do">
				<h3>What to do</h3>
				<SentenceWithName text={cure} name={key?.name} />
			</section>
			<Around tenant_id={tenant_id} explanation={explanation} now_ms={now_ms} />
			{detail !== null && (
				<section aria-label="What the caller received">
					<h3 className="kw-explain-label">What the caller received</h3>
					<p className="kw-explain-detail kw-mono">
						<bdi>{detail}</bdi>
					</p>
				</section>
			)}
		</>
	);
}

function Checks({ explanation, now_ms }: { explanation: Explanation; now_ms: number }) {
	return (
		<section aria-label="What was checked, in order">
			<h3 className="kw-explain-label">What was checked, in order</h3>
			<ol className="kw-explain-checks">
				{checkLines(explanation, now_ms).map(({ label, outcome, value }) => (
					<li key={label} data-outcome={outcome}>
						<CheckShape outcome={outcome} />
						<span>
							{label}
							<VisuallyHidden> {OUTCOMES[outcome]}</VisuallyHidden>
						</span>
						<span className="kw-explain-value" title={value}>
							<bdi>{value}</bdi>
						</span>
					</li>
				))}
			</ol>
		</section>
	);
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
	return (
		<div>
			<dt>{term}</dt>
			<dd>{children}</dd>
		</div>
	);
}

function Around({ tenant_id, explanation, now_ms }: ExplainedProps & { now_ms: number }) {
	const { last_success, alike, operation, key, proven } = explanation;
	return (
		<dl className="kw-explain-facts">
			{key !== null && (
				<Fact term="Last that worked">
					{last_success === null ? (
						"none yet with this key"
					) : (
						<>
							<time dateTime={last_success.at} title={exactTime(last_success.at)}>
								{callTime(last_success.at, now_ms)}
							</time>
							, {last_success.operation === operation ? "same call" : <span className="kw-mono">{shortOperation(last_success.operation)}</span>}
						</>
					)}
				</Fact>
			)}
			{alike !== null && (
				<Fact term={proven ? "Same refusal" : "Same, not proven"}>
					<Anchor
						fz="inherit"
						fw={500}
						renderRoot={(props) => <Link to="/activity" search={{ tenant: tenant_id, ...alikeSearch(explanation) }} resetScroll={false} {...props} />}
					>
						{formatTimes(alike)}
					</Anchor>
					, first {formatDate(alike.first_at, now_ms)}
				</Fact>
			)}
			<Fact term="Operation">
				<span className="kw-mono" title={operation}>
					<bdi>{shortOperation(operation)}</bdi>
				</span>
			</Fact>
		</dl>
	);
}

/** A tick, a cross or a ring: passed, refused, not reached. */
function CheckShape({ outcome }: Pick<CheckLine, "outcome">) {
	return (
		<svg width={12} height={12} viewBox="0 0 12 12" fill="none" stroke="currentColor" strokeWidth={1.8} strokeLinecap="round" aria-hidden="true">
			<path d={PATHS[outcome]} />
		</svg>
	);
}
