import { Box, Group, SimpleGrid, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { formatPace } from "../../plans/plan-words.ts";
import { sitesQuery } from "../../tenants/site-queries.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { exactTime } from "../../ui/time-words.ts";
import { DueTime } from "../due-badge.tsx";
import type { ApiKey } from "../queries.ts";
import { formatActor } from "../text.ts";
import { ENVIRONMENT_WORDS, getDates } from "../words.ts";
import { KeyPermissions } from "./permissions.tsx";

const SITES_SHOWN_MAX = 20;

/** The key's settings. */
export function KeyFacts({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const { owner, integration, environment } = apiKey;
	const labels = Object.entries(apiKey.labels);
	return (
		<Section title="Facts">
			<SimpleGrid component="dl" cols={{ base: 1, xs: 2 }} spacing="xl" verticalSpacing="md" m={0}>
				<Fact term="Responsible person">
					{owner.name}
					{owner.email !== undefined && (
						<Text size="sm" c="dimmed">
							{owner.email}
						</Text>
					)}
				</Fact>
				<Fact term="Used by">{integration ?? "Not said"}</Fact>
				<Fact term="Environment">
					{ENVIRONMENT_WORDS[environment].name}
					<Text size="sm" c="dimmed">
						{ENVIRONMENT_WORDS[environment].means}
					</Text>
				</Fact>
				<Fact term="Sites">
					<Sites tenant_id={tenant_id} site_ids={apiKey.site_ids} />
				</Fact>
				<Fact term="Expires">
					<End kind="expiry" time={apiKey.expires_at} none="Never" />
				</Fact>
				<Fact term="To be replaced">
					<End kind="replacement" time={getDates(apiKey).rotation_due_at} none="No date" />
					{apiKey.rotate_every_days !== null && (
						<Text size="sm" c="dimmed">
							Every {apiKey.rotate_every_days} days
						</Text>
					)}
				</Fact>
				<Fact term="Last connectivity check">
					<Time value={apiKey.last_check_at} never="Not yet" />
				</Fact>
				<Fact term="Allowed addresses">
					<Addresses addresses={apiKey.allowed_ips} />
				</Fact>
				<Fact term="How many requests">
					<Pace rate_limits={apiKey.rate_limits} />
				</Fact>
				<Fact term="Created">
					<Time value={apiKey.created_at} />
					{`, by ${formatActor(apiKey.created_by)}`}
				</Fact>
				{apiKey.handover?.status === "claimed" && (
					<Fact term="Revealed">
						<Time value={apiKey.handover.claimed_at} />
						{`, by ${apiKey.handover.claimed_by ?? "somebody"}`}
					</Fact>
				)}
				<Fact term="Id of the key">
					<Group gap={8}>
						<span className="kw-mono kw-wrap">{apiKey.id}</span>
						<CopyButton value={apiKey.id} what="the key's id" size="compact-xs" />
					</Group>
				</Fact>
				{labels.length > 0 && (
					<Fact term="Labels">
						{labels.map(([name, value]) => (
							<div key={name}>
								{name}
								{value !== "" && ` = ${value}`}
							</div>
						))}
					</Fact>
				)}
			</SimpleGrid>
			<KeyPermissions tenant_id={tenant_id} names={apiKey.permissions} />
		</Section>
	);
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
	return (
		<Box miw={0}>
			<Text component="dt" size="sm" c="dimmed">
				{term}
			</Text>
			<Box component="dd" m={0} className="kw-wrap">
				{children}
			</Box>
		</Box>
	);
}

/** A date of the key, with a badge when it is near or past. */
function End({ kind, time, none }: { kind: "expiry" | "replacement"; time: string | null; none: string }) {
	if (time === null) return <>{none}</>;
	return (
		<>
			<DueTime kind={kind} value={time} never={none} />
			<Text size="sm" c="dimmed">
				{exactTime(time)}
			</Text>
		</>
	);
}

function Sites({ tenant_id, site_ids }: { tenant_id: string; site_ids: readonly string[] | null }) {
	const { data } = useQuery(sitesQuery(tenant_id));
	if (site_ids === null) return <>All sites, also those to come</>;
	if (site_ids.length === 0) return <>None: the sites it was for are gone</>;
	const names = new Map((data?.data ?? []).map((site) => [site.id, site.name]));
	return (
		<>
			{site_ids.slice(0, SITES_SHOWN_MAX).map((id) => (
				<div key={id}>
					{names.get(id) ?? <span className="kw-mono">{id}</span>}
					{names.has(id) && names.get(id) !== id && (
						<Text component="span" c="dimmed" className="kw-mono">
							{" "}
							{id}
						</Text>
					)}
				</div>
			))}
			{site_ids.length > SITES_SHOWN_MAX && (
				<Link to="/sites" search={{ tenant: tenant_id }}>
					and {site_ids.length - SITES_SHOWN_MAX} more
				</Link>
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
			<Text size="sm" c="dimmed">
				Its own, besides the limits of your plan
			</Text>
		</>
	);
}

function Addresses({ addresses }: { addresses: readonly string[] | null }) {
	if (addresses === null) return <>From anywhere</>;
	return (
		<>
			{addresses.map((address) => (
				<div key={address} className="kw-mono">
					{address}
				</div>
			))}
		</>
	);
}
