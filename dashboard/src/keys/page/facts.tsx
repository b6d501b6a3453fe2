import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { formatPace } from "../../plans/plan-words.ts";
import { permissionsQuery } from "../../plans/queries.ts";
import { sitesQuery } from "../../tenants/site-queries.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Card } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { BudgetLine } from "../budgets/used.tsx";
import type { ApiKey } from "../queries.ts";
import { formatPlace } from "../show-once/places.ts";

const NAMED_MAX = 2;

interface FactsProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
}

/** One fact: a term and its value, whole in the title where the value is one line of text. */
export function Fact({ term, title, children }: { term: string; title?: string; children: ReactNode }) {
	return (
		<div className="kw-fact">
			<dt>{term}</dt>
			<dd title={title}>{children}</dd>
		</div>
	);
}

/** "a, b", "a, b and 3 more". */
export function formatSome(names: readonly string[]): string {
	if (names.length <= NAMED_MAX + 1) return names.join(", ");
	return `${names.slice(0, NAMED_MAX).join(", ")} and ${names.length - NAMED_MAX} more`;
}

/** The key's settings in short, one line each; they are changed in the settings. */
export function KeyFacts({ tenant_id, apiKey }: FactsProps) {
	const { owner } = apiKey;
	return (
		<Card
			title="Facts"
			flush
			aside={
				<Anchor
					size="xs"
					fw={500}
					renderRoot={(props) => (
						<Link
							to="/settings/api-access/$key_id/$tab"
							params={{ key_id: apiKey.id, tab: "settings" }}
							search={{ tenant: tenant_id }}
							resetScroll={false}
							{...props}
						/>
					)}
				>
					All settings
				</Anchor>
			}
		>
			<dl className="kw-facts" data-compact>
				<Fact term="Responsible" title={owner.name}>
					<bdi>{owner.name}</bdi>
					{owner.email !== undefined && (
						<Text span inherit c="dimmed">
							{" · "}
							{owner.email}
						</Text>
					)}
				</Fact>
				<Fact term="Requests">{formatLimits(apiKey.rate_limits)}</Fact>
				{apiKey.budgets.length > 0 && (
					<Fact term={apiKey.budgets.length === 1 ? "Budget" : "Budgets"}>
						<BudgetLine tenant_id={tenant_id} key_id={apiKey.id} budgets={apiKey.budgets} />
					</Fact>
				)}
				<Sites tenant_id={tenant_id} site_ids={apiKey.site_ids} />
				<Fact term="Last check">{apiKey.last_check_at === null ? "not yet" : <>passed {<Time value={apiKey.last_check_at} />}</>}</Fact>
				<Permissions tenant_id={tenant_id} names={apiKey.permissions} />
				<Fact term="Kept in">{formatKept(apiKey)}</Fact>
				<Fact term="Addresses" {...(apiKey.allowed_ips === null ? {} : { title: apiKey.allowed_ips.join(", ") })}>
					{apiKey.allowed_ips === null ? "from anywhere" : <span className="kw-mono">{formatSome(apiKey.allowed_ips)}</span>}
				</Fact>
				<Fact term="Key id">
					<span className="kw-mono">{apiKey.id}</span>{" "}
					<CopyButton
						value={apiKey.id}
						what="the key's id"
						size="compact-xs"
						variant="transparent"
						c="var(--mantine-color-anchor)"
						px={4}
						leftSection={null}
					/>
				</Fact>
			</dl>
		</Card>
	);
}

function formatLimits(rate_limits: ApiKey["rate_limits"]): string {
	const [first, ...others] = rate_limits;
	if (first === undefined) return "as many as your plan allows";
	return `at most ${formatPace(first)}${others.length === 0 ? "" : ` and ${others.length} more`}`;
}

/** Where its owner has said that the key is. */
export function formatKept({ secrets }: ApiKey): string {
	const live = secrets.find(({ status }) => status === "current" || status === "issued");
	if (live === undefined) return "–";
	if (live.kept_in === null) return "not said";
	if (live.kept_in.place === "other" && live.kept_in.note !== null) return live.kept_in.note.toLowerCase();
	return formatPlace(live.kept_in.place).toLowerCase();
}

function Sites({ tenant_id, site_ids }: { tenant_id: string; site_ids: readonly string[] | null }) {
	const { data } = useQuery(sitesQuery(tenant_id));
	if (site_ids === null) return <Fact term="Sites">all, also those to come</Fact>;
	if (site_ids.length === 0) return <Fact term="Sites">none: the sites it was for are gone</Fact>;
	const names = site_ids.map((id) => data?.data.find((site) => site.id === id)?.name ?? id);
	return (
		<Fact term="Sites" title={names.join(", ")}>
			<bdi>{formatSome(names)}</bdi>
		</Fact>
	);
}

function Permissions({ tenant_id, names }: { tenant_id: string; names: readonly string[] }) {
	const { data } = useQuery(permissionsQuery(tenant_id));
	const words = names.map((name) => {
		const description = data?.data.find((permission) => permission.name === name)?.description;
		return description === undefined || description === "" ? name : description.charAt(0).toLowerCase() + description.slice(1);
	});
	return (
		<Fact term="May" title={words.join(", ")}>
			{names.length === 0 ? "nothing: it has no permission" : formatSome(words)}
		</Fact>
	);
}
