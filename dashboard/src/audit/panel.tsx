import { ActionIcon, Box, Button, Group, Text, Title, UnstyledButton } from "@mantine/core";
import { IconCheck, IconLink, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { copyText } from "../ui/copy-button.tsx";
import { PanelBody, SidePanel } from "../ui/panel/side-panel.tsx";
import { useNow } from "../ui/time.tsx";
import { exactTime, formatInstant } from "../ui/time-words.ts";
import { toaster } from "../ui/toaster.tsx";
import { getDiff } from "./diff.ts";
import { Diff } from "./diff-view.tsx";
import { type Entry, earlierQuery, type Scope } from "./queries.ts";
import { isErased, type Sentence, sentenceText } from "./sentence.ts";
import { SentenceView } from "./sentence-view.tsx";
import { TargetLink } from "./target-link.tsx";
import { useNames } from "./use-names.ts";

interface PanelProps {
	readonly scope: Scope;
	readonly entry: Entry;
	readonly tell: (entry: Entry) => Sentence;
	/** The address of this entry, for others. */
	readonly link: string;
	readonly onOpen: (entry: Entry) => void;
	readonly onAbout: (entry: Entry) => void;
	readonly onClose: () => void;
}

/** One entry beside the list: what it changed, and its circumstances. */
export function EntryPanel({ scope, entry, tell, link, onOpen, onAbout, onClose }: PanelProps) {
	const sentence = tell(entry);
	const [is_json, setJson] = useState(false);
	const row = () => document.querySelector<HTMLElement>(`tr[data-entry="${CSS.escape(entry.id)}"] button`);
	return (
		<SidePanel label={sentenceText(sentence)} of={entry.id} opener={row} onClose={onClose}>
			<Group wrap="nowrap" align="flex-start" gap={4} p="12px 12px 12px 20px" style={{ borderBottom: "1px solid var(--kw-hairline)" }}>
				<Title order={2} fz={15} flex={1} miw={0} mt={3} lineClamp={3} className="kw-wrap" title={sentenceText(sentence)}>
					<SentenceView sentence={sentence} />
				</Title>
				<CopyLink link={link} />
				<ActionIcon variant="subtle" color="gray" aria-label="Close the entry" onClick={onClose}>
					<IconX size={18} aria-hidden="true" />
				</ActionIcon>
			</Group>
			<PanelBody>
				<Changes scope={scope} entry={entry} is_json={is_json} />
				<Facts entry={entry} has_tenants={scope === "all"} />
				<Earlier scope={scope} entry={entry} tell={tell} onOpen={onOpen} onAbout={onAbout} />
			</PanelBody>
			<Group gap={8} px={20} py={12} style={{ borderTop: "1px solid var(--kw-hairline)" }}>
				<TargetLink scope={scope} entry={entry} />
				<Button variant="default" aria-pressed={is_json} onClick={() => setJson(!is_json)}>
					{is_json ? "Show in words" : "Show as JSON"}
				</Button>
			</Group>
		</SidePanel>
	);
}

function CopyLink({ link }: { link: string }) {
	const [copied, setCopied] = useState(false);
	async function copy(): Promise<void> {
		const done = await copyText(new URL(link, location.href).href);
		setCopied(done);
		if (done) toaster.noted("The link to this entry is in the clipboard.");
		else toaster.failed("The link was not copied", "The browser does not allow it. Copy the address of this page instead.");
	}
	return (
		<ActionIcon variant="subtle" color="gray" aria-label="Copy a link to this entry" onClick={() => void copy()}>
			{copied ? <IconCheck size={18} aria-hidden="true" /> : <IconLink size={18} aria-hidden="true" />}
		</ActionIcon>
	);
}

function Changes({ scope, entry, is_json }: Pick<PanelProps, "scope" | "entry"> & { is_json: boolean }) {
	const names = useNames(scope, entry);
	const fields = getDiff(entry.before, entry.after, names);
	if (is_json) return <pre className="kw-entry-json kw-mono">{JSON.stringify(entry, null, 2)}</pre>;
	if (fields.length > 0) return <Diff fields={fields} />;
	return (
		<Text size="sm" c="dimmed" data-no-details>
			{isErased(entry)
				? "The details of this entry were erased with its tenant. Who did it and what it was before are gone; that it happened, and when, stays."
				: "This entry has no details: there is no state before or after it, or an earlier version wrote it."}
		</Text>
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

function Facts({ entry, has_tenants }: { entry: Entry; has_tenants: boolean }) {
	const { actor, target, ip, request_id, action, id, tenant_id } = entry;
	return (
		<dl className="kw-entry-facts" style={{ marginTop: 16 }}>
			<Fact term="When">{exactTime(entry.at)}</Fact>
			<Fact term="Who">
				{actor.kind === null ? (
					"erased"
				) : (
					<>
						<bdi>{actor.name ?? "not named"}</bdi> <span style={{ color: "var(--mantine-color-dimmed)" }}>· {actor.kind}</span>
					</>
				)}
				{actor.id !== null && <div className="kw-mono">{actor.id}</div>}
			</Fact>
			<Fact term="What">
				<span className="kw-mono">{target.id}</span>
			</Fact>
			{has_tenants && <Fact term="Tenant">{tenant_id == null ? "none: the instance" : <span className="kw-mono">{tenant_id}</span>}</Fact>}
			<Fact term="From">{ip === null ? "no address" : <span className="kw-mono">{ip}</span>}</Fact>
			<Fact term="Action">
				<span className="kw-mono">{action}</span>
			</Fact>
			<Fact term="Request">
				<span className="kw-mono">{request_id}</span>
			</Fact>
			<Fact term="Entry">
				<span className="kw-mono">{id}</span>
			</Fact>
		</dl>
	);
}

/** What happened to the same thing before, and the way to all of it. */
function Earlier({ scope, entry, tell, onOpen, onAbout }: Pick<PanelProps, "scope" | "entry" | "tell" | "onOpen" | "onAbout">) {
	const { data } = useQuery(earlierQuery(scope, entry));
	const now_ms = useNow();
	if (data === undefined || data.data.length === 0) return null;
	return (
		<Box mt={20}>
			<Title order={3} fz={13} mb={4} className="kw-earlier-on" title={entry.target.name ?? entry.target.id}>
				Earlier on <bdi>{entry.target.name ?? entry.target.id}</bdi>
			</Title>
			<dl className="kw-entry-facts">
				{data.data.map((earlier) => (
					<Fact key={earlier.id} term={formatInstant(earlier.at, now_ms)}>
						<UnstyledButton className="kw-earlier" title={sentenceText(tell(earlier))} onClick={() => onOpen(earlier)}>
							<SentenceView sentence={tell(earlier)} />
						</UnstyledButton>
					</Fact>
				))}
			</dl>
			<Button variant="transparent" size="compact-sm" px={0} mt={4} c="var(--mantine-color-anchor)" onClick={() => onAbout(entry)}>
				Show only entries about it
			</Button>
		</Box>
	);
}
