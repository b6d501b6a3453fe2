import { Anchor, Button, List, SimpleGrid, Stack, Text } from "@mantine/core";
import { useSuspenseQueries, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useAccess, useProfile, useTenant } from "../access/session.ts";
import { Page, Section } from "../ui/page.tsx";
import { useNow } from "../ui/time.tsx";
import { utcMidnight } from "../ui/time-words.ts";
import { groupPermissions, type PermissionOfPlan } from "./capability-words.ts";
import { formatCount, formatSize } from "./meter.ts";
import { Meter } from "./meter.tsx";
import { PlanRequests } from "./plan-requests.tsx";
import { formatRateLimit } from "./plan-words.ts";
import { capabilitiesQuery, type Limits, limitsQuery, permissionsQuery } from "./queries.ts";

/** Of one capability; fewer where there are many in all. */
const PERMISSIONS_SHOWN_MAX = 12;
const MANY_PERMISSIONS = 48;
const SHOWN_OF_MANY = 3;

/** What the plan includes and how much is used. */
export default function PlanPage() {
	const tenant = useTenant();
	const { data: limits } = useSuspenseQuery(limitsQuery(tenant.id));
	const { plan } = useAccess();
	return (
		<Page
			title="Plan and limits"
			lead={
				<>
					What{" "}
					<bdi className="kw-name" title={tenant.name}>
						{tenant.name}
					</bdi>{" "}
					may use, and what is used of it.
				</>
			}
		>
			<Section title={`Your plan: ${plan.name}`}>
				<Included tenant_id={tenant.id} max_days={plan.max_key_lifetime_days} />
				<More />
			</Section>
			<Used limits={limits} />
			{limits.capabilities.includes("m2m_api") && <Speed limits={limits} />}
			<PlanRequests tenant_id={tenant.id} resets_at={limits.quota?.resets_at ?? null} />
		</Page>
	);
}

function Included({ tenant_id, max_days }: { tenant_id: string; max_days: number | null }) {
	// Both at once, and neither later than the page: the list pushes down what stands below it.
	const [{ data: capabilities }, { data: permissions }] = useSuspenseQueries({
		queries: [capabilitiesQuery(tenant_id), permissionsQuery(tenant_id)],
	});
	const groups = groupPermissions(capabilities.data, permissions.data);
	const included = groups.filter((group) => group.included);
	const missing = groups.filter((group) => !group.included);
	const total = included.reduce((sum, group) => sum + group.permissions.length, 0);
	const has_api = included.some(({ id }) => id === "m2m_api");
	const shown_max = total > MANY_PERMISSIONS ? SHOWN_OF_MANY : PERMISSIONS_SHOWN_MAX;
	return (
		<Stack gap="md">
			{!has_api && <Text>API access is not included, so keys cannot be created.</Text>}
			{included.length > 0 && (
				<SimpleGrid
					component="ul"
					cols={{ base: 1, xs: 2 }}
					spacing="xl"
					verticalSpacing="md"
					m={0}
					p={0}
					style={{ listStyle: "none" }}
					aria-label="Included"
				>
					{included.map(({ id, name, means, permissions }) => (
						<li key={id} data-capability={id}>
							<Text fw={500} className="kw-wrap">
								{name}
							</Text>
							{means !== null && (
								<Text size="sm" c="dimmed">
									{means}
								</Text>
							)}
							{permissions.length > 0 && <Permissions permissions={permissions} shown_max={shown_max} />}
						</li>
					))}
				</SimpleGrid>
			)}
			{missing.length > 0 && (
				<Text size="sm" c="dimmed" className="kw-wrap" data-missing-capabilities>
					Not in your plan: {missing.map(({ name }) => name).join(", ")}.
				</Text>
			)}
			{has_api && (
				<Text size="sm" c="dimmed">
					{max_days === null ? "Keys may live for as long as you like." : `A key lives at most ${formatCount(max_days)} days.`}
				</Text>
			)}
		</Stack>
	);
}

/** The first ones; the rest on request, so that a plan with 200 is no long page. */
function Permissions({ permissions, shown_max }: { permissions: readonly PermissionOfPlan[]; shown_max: number }) {
	const [all, setAll] = useState(false);
	return (
		<>
			<List size="sm" mt={4} className="kw-wrap">
				{(all || permissions.length === shown_max + 1 ? permissions : permissions.slice(0, shown_max)).map((permission) => (
					<List.Item key={permission.name}>
						{permission.description} <span className="kw-mono">{permission.name}</span>
					</List.Item>
				))}
			</List>
			{permissions.length > shown_max + 1 && (
				<Button variant="default" size="xs" mt={8} aria-expanded={all} onClick={() => setAll(!all)}>
					{all ? "Show fewer" : `Show all ${permissions.length} permissions`}
				</Button>
			)}
		</>
	);
}

function More() {
	const profile = useProfile();
	if (profile === null) return null;
	const { product_name, upgrade_url, support_url } = profile;
	const link =
		upgrade_url !== null
			? { href: upgrade_url, text: "See larger plans" }
			: support_url !== null
				? { href: support_url, text: `Ask ${product_name} for more` }
				: null;
	return (
		<Text size="sm" mt="md" className="kw-wrap">
			{link !== null && /^https?:\/\//.test(link.href) ? (
				<>
					Is this plan too small?{" "}
					<Anchor href={link.href} size="sm" underline="always" rel="noreferrer" target="_blank">
						{link.text}
					</Anchor>
				</>
			) : (
				`Is this plan too small? Ask your contact at ${product_name} for more.`
			)}
		</Text>
	);
}

function Used({ limits }: { limits: Limits }) {
	const { quota, sites, api_keys, documents, storage_bytes } = limits;
	const has_api = limits.capabilities.includes("m2m_api");
	const has_documents = has_api && limits.capabilities.includes("documents");
	return (
		<Section title="Used so far">
			<SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xl" verticalSpacing="lg">
				<Meter
					name="Requests this month"
					use={{ used: quota?.used ?? 0, max: quota?.requests ?? null }}
					isKnown={quota !== null}
					isIncluded={has_api}
					format={formatCount}
					full="Further requests are refused until it begins anew."
				>
					{quota !== null && (
						<>
							Begins anew <BeginsAnew at={quota.resets_at} />
						</>
					)}
				</Meter>
				<Meter
					name="Keys"
					use={api_keys}
					isIncluded={has_api}
					format={formatCount}
					full="No further key can be created. Revoke one that is not needed."
				/>
				{(has_api || sites.max !== null) && <Meter name="Sites" use={sites} format={formatCount} full="No further site can be added." />}
				<Meter name="Documents" use={documents} isIncluded={has_documents} format={formatCount} full="Further documents are refused." />
				<Meter name="Storage" use={storage_bytes} isIncluded={has_documents} format={formatSize} full="Further documents are refused." />
			</SimpleGrid>
		</Section>
	);
}

function BeginsAnew({ at }: { at: string }) {
	return <time dateTime={at}>{utcMidnight(at, useNow())}</time>;
}

function Speed({ limits }: { limits: Limits }) {
	const always = limits.rate_limits.filter((limit) => !limit.named_only);
	const named_only = limits.rate_limits.filter((limit) => limit.named_only);
	return (
		<Section title="How fast">
			{limits.rate_limits.length === 0 ? (
				<Text size="sm">Your plan does not limit how many requests are made in a short time.</Text>
			) : (
				<>
					<List size="md" data-rates="always">
						{always.map((limit) => (
							<List.Item key={limit.name}>{formatRateLimit(limit)}</List.Item>
						))}
					</List>
					{named_only.length > 0 && (
						<>
							<Text mt={always.length === 0 ? 0 : "sm"}>
								{always.length === 0 ? "Some requests are counted:" : "Some requests are counted on their own as well:"}
							</Text>
							<List size="md" mt={4} data-rates="named">
								{named_only.map((limit) => (
									<List.Item key={limit.name}>{formatRateLimit(limit)}</List.Item>
								))}
							</List>
						</>
					)}
					<Text size="sm" c="dimmed" mt={8}>
						A request above that is refused, and the answer says after how many seconds to try again. Nothing else happens.
					</Text>
				</>
			)}
		</Section>
	);
}
