import { Box, Group, SimpleGrid, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { CopyButton } from "../ui/copy-button.tsx";
import { Section } from "../ui/page.tsx";
import { Time } from "../ui/time.tsx";
import { type ApiKey, permissionsQuery, sitesQuery } from "./key-data.ts";
import { actorWords } from "./key-text.ts";
import { ENVIRONMENT_WORDS, nearness } from "./key-words.ts";

const SITES_SHOWN_MAX = 20;

/** What the key is, as it was agreed. */
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
					<End time={apiKey.expires_at} none="Never" />
				</Fact>
				<Fact term="To be replaced">
					<End time={apiKey.rotation_due_at} none="No date" />
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
				<Fact term="Created">
					<Time value={apiKey.created_at} />
					{`, by ${actorWords(apiKey.created_by)}`}
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
			<Permissions tenant_id={tenant_id} names={apiKey.permissions} />
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

function End({ time, none }: { time: string | null; none: string }) {
	const near = nearness(time, Date.now());
	if (time === null) return <>{none}</>;
	const word = near === "over" ? "Over: " : near === "near" ? "Soon: " : "";
	return (
		<Text component="span" inherit {...(word === "" ? {} : { fw: 600 })}>
			{word}
			<Time value={time} />
		</Text>
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

function Permissions({ tenant_id, names }: { tenant_id: string; names: readonly string[] }) {
	const { data } = useQuery(permissionsQuery(tenant_id));
	const known = new Map((data?.data ?? []).map((permission) => [permission.name, permission]));
	return (
		<Box mt="lg">
			<Text size="sm" c="dimmed" mb={4} id="permissions-of-key">
				Permissions
			</Text>
			<SimpleGrid
				component="ul"
				cols={{ base: 1, xs: 2 }}
				spacing="xl"
				verticalSpacing={8}
				m={0}
				p={0}
				style={{ listStyle: "none" }}
				aria-labelledby="permissions-of-key"
			>
				{names.map((name) => (
					<Box component="li" key={name} miw={0}>
						<span className="kw-mono kw-wrap">{name}</span>
						<Text size="sm" c="dimmed" className="kw-wrap">
							{known.get(name)?.description ?? ""}
							{known.get(name)?.included === false && " Not included in your plan any more."}
						</Text>
					</Box>
				))}
			</SimpleGrid>
			{names.length === 0 && <Text size="sm">Nothing: it has no permission.</Text>}
		</Box>
	);
}
