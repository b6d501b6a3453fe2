import { Button, Group, Stack, Text } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useAccess } from "../../access/session.ts";
import { formatPace } from "../../plans/plan-words.ts";
import { sitesQuery } from "../../tenants/site-queries.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { LongList } from "../../ui/long-list/long-list.tsx";
import { Card } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { exactTime } from "../../ui/time-words.ts";
import { BudgetMeters } from "../budgets/used.tsx";
import { DueTime } from "../due-badge.tsx";
import { ListMissing } from "../missing.tsx";
import type { ApiKey } from "../queries.ts";
import { getSchedule } from "../schedule-words.ts";
import { formatActor } from "../text.ts";
import { ENVIRONMENT_WORDS, getDates } from "../words.ts";
import { KeyDanger } from "./danger.tsx";
import { KeyClientPolicy } from "./exposure/policy.tsx";
import { Fact } from "./facts.tsx";
import { KeyPermissions } from "./permissions.tsx";

interface SettingsProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly onEdit: () => void;
	readonly onRevoke: () => void;
}

/** Every setting of the key, what it may do, and how to stop it. */
export function KeySettings({ tenant_id, apiKey, onEdit, onRevoke }: SettingsProps) {
	const { may, missing } = useAccess();
	const over = apiKey.status === "revoked";
	return (
		<Stack gap={16}>
			{!may.manage_keys && <ListMissing missing={missing.filter(({ kind }) => kind !== "plan")} />}
			<Card
				title="Settings"
				flush
				aside={
					may.manage_keys &&
					!over && (
						<Button variant="default" size="xs" leftSection={<IconPencil size={14} aria-hidden="true" />} onClick={onEdit}>
							Edit
						</Button>
					)
				}
			>
				<AllFacts tenant_id={tenant_id} apiKey={apiKey} />
			</Card>
			<KeyClientPolicy tenant_id={tenant_id} apiKey={apiKey} />
			<KeyPermissions tenant_id={tenant_id} names={apiKey.permissions} />
			{may.revoke_keys && !over && <KeyDanger tenant_id={tenant_id} apiKey={apiKey} onRevoke={onRevoke} />}
		</Stack>
	);
}

function AllFacts({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const { owner, integration, environment } = apiKey;
	const labels = Object.entries(apiKey.labels);
	return (
		<dl className="kw-facts">
			<Fact term="Responsible">
				<bdi>{owner.name}</bdi>
				{owner.email !== undefined && <Second>{owner.email}</Second>}
			</Fact>
			<Fact term="Used by">{integration === null ? "not said" : <bdi>{integration}</bdi>}</Fact>
			<Fact term="Environment">
				{ENVIRONMENT_WORDS[environment].name}
				<Second>{ENVIRONMENT_WORDS[environment].means}</Second>
			</Fact>
			<Fact term="Sites">
				<Sites tenant_id={tenant_id} site_ids={apiKey.site_ids} />
			</Fact>
			<Fact term="Ends">
				<End kind="expiry" time={apiKey.expires_at} none="never" />
			</Fact>
			<Fact term="Replace by">
				<End kind="replacement" time={getDates(apiKey).rotation_due_at} none="no date" />
				{apiKey.rotate_every_days !== null && <Second>every {apiKey.rotate_every_days} days</Second>}
			</Fact>
			{apiKey.rotate_every_days !== null && (
				<Fact term="When it is due">
					{getSchedule(apiKey.auto_rotate).name}
					<Second>{getSchedule(apiKey.auto_rotate).means}</Second>
				</Fact>
			)}
			<Fact term="Requests">
				<Pace rate_limits={apiKey.rate_limits} />
			</Fact>
			{apiKey.budgets.length > 0 && (
				<Fact term={apiKey.budgets.length === 1 ? "Budget" : "Budgets"}>
					<BudgetMeters tenant_id={tenant_id} key_id={apiKey.id} budgets={apiKey.budgets} />
				</Fact>
			)}
			<Fact term="Addresses">
				<Addresses addresses={apiKey.allowed_ips} />
			</Fact>
			<Fact term="Created">
				<Time value={apiKey.created_at} />, by <bdi>{formatActor(apiKey.created_by)}</bdi>
			</Fact>
			{apiKey.handover?.status === "claimed" && (
				<Fact term="Revealed">
					<Time value={apiKey.handover.claimed_at} />, by <bdi>{apiKey.handover.claimed_by ?? "the recipient"}</bdi>
				</Fact>
			)}
			<Fact term="Key id">
				<Group gap={8}>
					<span className="kw-mono kw-wrap">{apiKey.id}</span>
					<CopyButton value={apiKey.id} what="the key's id" size="compact-xs" />
				</Group>
			</Fact>
			{labels.length > 0 && (
				<Fact term="Labels">
					<Labels labels={labels} />
				</Fact>
			)}
		</dl>
	);
}

/** Behind the value, on the same line if it fits. */
function Second({ children }: { children: React.ReactNode }) {
	return (
		<Text span size="xs" c="dimmed">
			{" · "}
			{children}
		</Text>
	);
}

/** A date of the key, with a badge when it is near or past. */
function End({ kind, time, none }: { kind: "expiry" | "replacement"; time: string | null; none: string }) {
	if (time === null) return <>{none}</>;
	return (
		<>
			<DueTime kind={kind} value={time} never={none} />
			<Second>{exactTime(time)}</Second>
		</>
	);
}

function Sites({ tenant_id, site_ids }: { tenant_id: string; site_ids: readonly string[] | null }) {
	const { data } = useQuery(sitesQuery(tenant_id));
	if (site_ids === null) return <>All sites, also those to come</>;
	if (site_ids.length === 0) return <>None: the sites it was for are gone</>;
	const names = new Map((data?.data ?? []).map((site) => [site.id, site.name]));
	const entries = site_ids.map((id) => {
		const name = names.get(id);
		return { id, text: name === undefined || name === id ? id : `${name} (${id})`, shown: <Site id={id} name={name} /> };
	});
	return (
		<LongList
			what="sites"
			summary={data === undefined ? `${site_ids.length} sites` : `${site_ids.length} of ${data.data.length} sites`}
			entries={entries}
		/>
	);
}

function Site({ id, name }: { id: string; name: string | undefined }) {
	if (name === undefined) return <span className="kw-mono">{id}</span>;
	return (
		<>
			<bdi>{name}</bdi>
			{name !== id && (
				<Text span inherit c="dimmed" className="kw-mono">
					{" "}
					{id}
				</Text>
			)}
		</>
	);
}

function Pace({ rate_limits }: { rate_limits: ApiKey["rate_limits"] }) {
	if (rate_limits.length === 0) return <>As many as your plan allows</>;
	return (
		<>
			{rate_limits.map((limit) => (
				<div key={limit.name}>At most {formatPace(limit)}</div>
			))}
			<Second>Its own, besides the limits of your plan</Second>
		</>
	);
}

function Addresses({ addresses }: { addresses: readonly string[] | null }) {
	if (addresses === null) return <>From anywhere</>;
	const entries = addresses.map((address) => ({ id: address, text: address, shown: <span className="kw-mono">{address}</span> }));
	return <LongList what="networks" summary={`${addresses.length} networks`} entries={entries} />;
}

function Labels({ labels }: { labels: readonly (readonly [string, string])[] }) {
	const entries = labels.map(([name, value]) => {
		const text = value === "" ? name : `${name} = ${value}`;
		return { id: name, text, shown: text };
	});
	return <LongList what="labels" summary={`${labels.length} labels`} entries={entries} />;
}
