import { Anchor, Box, Button, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useAccess } from "../../access/session.ts";
import { alertCountQuery } from "../../alerts/queries.ts";
import { canReplace } from "../../rotations/replace/replace-key.tsx";
import { Card } from "../../ui/page.tsx";
import { MEANINGS } from "../../ui/theme.ts";
import { useNow } from "../../ui/time.tsx";
import { Rings } from "../clients/rings.tsx";
import { getMatters, type Matter } from "../matters.ts";
import { type ApiKey, sourcesQuery } from "../queries.ts";
import type { Day } from "./day.ts";

const SHOWN_MAX = 3;
const LOADING_PX = 76;

interface AttentionProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly day: Day;
	/** Opens the form at the end of the key. */
	readonly onLaterEnd: () => void;
}

/** What needs a person, the worst first: at most three, the others on request. */
export function KeyAttention({ tenant_id, apiKey, day, onLaterEnd }: AttentionProps) {
	const { data, isPending } = useQuery(sourcesQuery(tenant_id, apiKey.id));
	const [all, setAll] = useState(false);
	const now_ms = useNow();
	const matters = getMatters({ apiKey, sources: data?.data ?? [], dead: data?.dead ?? [], rows: day.rows ?? [], now_ms });
	const is_loading = isPending || (day.rows === null && !day.failed);
	const shown = all ? matters : matters.slice(0, SHOWN_MAX);
	return (
		<Card
			title="Needs attention"
			aside={<OpenAlerts tenant_id={tenant_id} key_id={apiKey.id} />}
			flush
			{...(is_loading || matters.length === 0 ? {} : { count: matters.length })}
		>
			{is_loading && <Loading />}
			{!is_loading && matters.length === 0 && (
				<Text size="sm" c="dimmed" px={16} pb={16}>
					{apiKey.rotation === null ? "Nothing needs attention." : "Nothing besides its replacement."}
				</Text>
			)}
			<ul className="kw-matters">
				{(is_loading ? [] : shown).map((matter) => (
					<OneMatter key={matter.id} tenant_id={tenant_id} apiKey={apiKey} matter={matter} onLaterEnd={onLaterEnd} />
				))}
			</ul>
			{!is_loading && matters.length > SHOWN_MAX && (
				<Box px={16} pb={10} pt={4}>
					<Button variant="transparent" size="compact-sm" px={0} c="var(--mantine-color-anchor)" aria-expanded={all} onClick={() => setAll(!all)}>
						{all ? "Show fewer" : `All ${matters.length}`}
					</Button>
				</Box>
			)}
		</Card>
	);
}

/** While it is not known what comes first, so that no matter moves. */
function Loading() {
	return (
		<Box px={16} pb={16} role="status" aria-busy="true" aria-label="Loading what needs attention">
			<Skeleton height={LOADING_PX} />
		</Box>
	);
}

/** The way to the open alerts about this key, if there are any. */
function OpenAlerts({ tenant_id, key_id }: { tenant_id: string; key_id: string }) {
	const { data: alerts = 0 } = useQuery(alertCountQuery(tenant_id, "open", { key_id }));
	if (alerts === 0) return null;
	return (
		<Anchor size="xs" renderRoot={(props) => <Link to="/alerts" search={{ tenant: tenant_id, key: key_id }} {...props} />}>
			{alerts === 1 ? "1 open alert" : `${alerts} open alerts`}
		</Anchor>
	);
}

type MatterProps = Pick<AttentionProps, "tenant_id" | "apiKey" | "onLaterEnd"> & { readonly matter: Matter };

function OneMatter({ matter, ...props }: MatterProps) {
	return (
		<li className="kw-matter" data-matter={matter.id}>
			<span className="kw-shape" data-meaning={matter.meaning} aria-hidden="true">
				{matter.rings ? <Rings /> : MEANINGS[matter.meaning].shape}
			</span>
			<Box miw={0} className="kw-wrap">
				<Text size="sm" fw={600}>
					{matter.title}
				</Text>
				<Text size="sm" c="dimmed">
					{matter.text}
				</Text>
				{matter.way !== null && <Onward way={matter.way} {...props} />}
			</Box>
		</li>
	);
}

function Onward({ way, tenant_id, apiKey, onLaterEnd }: Omit<MatterProps, "matter"> & { way: NonNullable<Matter["way"]> }) {
	const { may } = useAccess();
	const params = { key_id: apiKey.id };
	if (way.to === "later-end") return may.manage_keys ? <WayOn onClick={onLaterEnd}>{way.label}</WayOn> : null;
	if (way.to === "replace") {
		if (!may.create_keys || !canReplace(apiKey)) return null;
		const search = { tenant: tenant_id, dialog: "replace" } as const;
		return (
			<Anchor
				size="sm"
				fw={500}
				renderRoot={(props) => <Link to="/settings/api-access/$key_id" params={params} search={search} resetScroll={false} {...props} />}
			>
				{way.label}
			</Anchor>
		);
	}
	const { to: tab, label, ...filter } = way;
	return (
		<Anchor
			size="sm"
			fw={500}
			renderRoot={(props) => (
				<Link
					to="/settings/api-access/$key_id/$tab"
					params={{ ...params, tab }}
					search={{ tenant: tenant_id, ...filter }}
					resetScroll={false}
					{...props}
				/>
			)}
		>
			{label}
		</Anchor>
	);
}

/** One action as a small button in a row of text. */
function WayOn({ children, onClick }: { children: string; onClick: () => void }) {
	return (
		<Button variant="transparent" size="compact-sm" px={0} h="auto" fw={500} c="var(--mantine-color-anchor)" onClick={onClick}>
			{children}
		</Button>
	);
}
