import "../keys/page/page.css";
import "./incident.css";
import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { IconChevronLeft, IconDownload, IconPrinter } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useTenant } from "../access/session.ts";
import { isApiError } from "../http/api.ts";
import { EXPOSURE_WORDS, formatUnlisted } from "../keys/page/exposure/words.ts";
import { Fact } from "../keys/page/facts.tsx";
import { type ApiKey, keyQuery } from "../keys/queries.ts";
import { formatPlace } from "../keys/show-once/places.ts";
import { saveFile } from "../keys/show-once/save-file.ts";
import { permissionsQuery } from "../plans/queries.ts";
import { FailurePage } from "../ui/failure-page.tsx";
import { Card, Page } from "../ui/page.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { Time } from "../ui/time.tsx";
import { exactTime } from "../ui/time-words.ts";
import { formatRequests } from "../usage/ranges.ts";
import { type Incident, incidentQuery } from "./queries.ts";
import { IncidentSteps } from "./steps.tsx";
import { IncidentClients, IncidentUse } from "./touched.tsx";
import { formatMoment, formatState } from "./words.ts";

/** The exposure of one key: what to do about it in order, what it could and did touch, and what happened. It can be printed and downloaded. */
export default function IncidentPage() {
	const tenant = useTenant();
	const { key_id = "" } = useParams({ strict: false });
	const { data: key, error: key_error } = useQuery(keyQuery(tenant.id, key_id));
	const { data: incident, error } = useQuery(incidentQuery(tenant.id, key_id));
	const failed = error ?? key_error;
	if (isApiError(failed, "not_found")) return <UnknownKey />;
	if (key === undefined || incident === undefined) return failed === null ? <PageSkeleton /> : <FailurePage error={failed} />;
	return <PageOfIncident tenant_id={tenant.id} apiKey={key} incident={incident} />;
}

function UnknownKey() {
	return (
		<Page title="There is no key here">
			<Text maw={560}>No key of this tenant has this id. The link may have been cut off where it was copied.</Text>
		</Page>
	);
}

interface IncidentProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly incident: Incident;
}

function Back({ tenant_id, apiKey }: Pick<IncidentProps, "tenant_id" | "apiKey">) {
	return (
		<Anchor
			renderRoot={(props) => <Link to="/settings/api-access/$key_id" params={{ key_id: apiKey.id }} search={{ tenant: tenant_id }} {...props} />}
			size="xs"
			fw={500}
			c="dimmed"
			mb={4}
			display="inline-block"
			maw="100%"
		>
			<Group gap={2} component="span" wrap="nowrap">
				<IconChevronLeft size={14} aria-hidden="true" />
				<span className="kw-name">{apiKey.name}</span>
			</Group>
		</Anchor>
	);
}

function PageOfIncident({ tenant_id, apiKey, incident }: IncidentProps) {
	const works = apiKey.exposed_at !== null && (apiKey.status === "active" || apiKey.status === "paused");
	const never = incident.since === null;
	const save = () => saveFile(`incident-${apiKey.id}.json`, `${JSON.stringify(incident, null, "\t")}\n`, "application/json");
	return (
		<Page
			title="Exposed key"
			back={<Back tenant_id={tenant_id} apiKey={apiKey} />}
			badge={!never && (works ? <StateBadge meaning="ended">Still works</StateBadge> : <StateBadge meaning="good">Over</StateBadge>)}
			lead={formatState(incident)}
			action={
				<Group gap="xs" className="kw-never-printed">
					<Button variant="default" leftSection={<IconPrinter size={16} aria-hidden="true" />} onClick={() => print()}>
						Print
					</Button>
					<Button variant="default" leftSection={<IconDownload size={16} aria-hidden="true" />} onClick={save}>
						Download
					</Button>
				</Group>
			}
		>
			<Stack gap={16}>
				{!never && <IncidentSteps tenant_id={tenant_id} apiKey={apiKey} incident={incident} />}
				<Seen exposures={incident.exposures} />
				<Could tenant_id={tenant_id} could={incident.could} kept_in={incident.kept_in} />
				<IncidentUse did={incident.did} />
				<IncidentClients clients={incident.clients} />
				<Timeline timeline={incident.timeline} />
			</Stack>
		</Page>
	);
}

function Seen({ exposures }: Pick<Incident, "exposures">) {
	return (
		<Card title="Where it was seen">
			{exposures.length === 0 && (
				<Text size="sm" c="dimmed">
					Nowhere, as far as requests and reports show.
				</Text>
			)}
			<ul className="kw-lines" aria-label="Where it was seen">
				{exposures.map(({ kid, kind, requests, first_at, last_at, network, source, urls = [] }) => (
					<li key={`${kid} ${kind}`} className="kw-row">
						<div className="kw-wrap" style={{ minWidth: 0 }}>
							<Text size="sm" fw={600}>
								{EXPOSURE_WORDS[kind].title}
							</Text>
							<Text size="sm" c="dimmed" component="div">
								{EXPOSURE_WORDS[kind].means} {kind === "reported" ? "" : `${formatRequests(requests)} by ${formatUnlisted(source, network)}; `}
								first <Time value={first_at} />, last <Time value={last_at} />
							</Text>
							{urls.map((url) => (
								<Text key={url} size="sm" className="kw-mono">
									<bdi>{url}</bdi>
								</Text>
							))}
						</div>
					</li>
				))}
			</ul>
		</Card>
	);
}

function Could({ tenant_id, could, kept_in }: Pick<Incident, "could" | "kept_in"> & { tenant_id: string }) {
	const { data } = useQuery(permissionsQuery(tenant_id));
	const words = new Map(data?.data.map(({ name, description }) => [name, description]));
	const { permissions, sites, allowed_ips } = could;
	const places = kept_in.map(({ place, note }) => (note === null ? formatPlace(place) : `${formatPlace(place)} (${note})`));
	return (
		<Card title="What it may touch" flush>
			<dl className="kw-facts">
				<Fact term="Permissions">{permissions.length === 0 ? "none" : permissions.map((name) => words.get(name) || name).join("; ")}</Fact>
				<Fact term="Sites">
					<bdi>{sites === null ? "all sites" : sites.map(({ name }) => name).join(", ")}</bdi>
				</Fact>
				<Fact term="Addresses">{allowed_ips === null ? "from anywhere" : allowed_ips.join(", ")}</Fact>
				<Fact term="Stored in">
					<bdi>{places.length === 0 ? "not noted" : places.join(", ")}</bdi>
				</Fact>
			</dl>
		</Card>
	);
}

function Timeline({ timeline }: Pick<Incident, "timeline">) {
	return (
		<Card title="What happened" count={timeline.length}>
			<ol className="kw-lines" aria-label="What happened">
				{timeline.map((moment, index) => {
					const { title, detail } = formatMoment(moment);
					return (
						// biome-ignore lint/suspicious/noArrayIndexKey: two moments may be the same in all they say
						<li key={index} className="kw-row" data-moment={moment.kind}>
							<div className="kw-wrap" style={{ minWidth: 0 }}>
								<Text size="sm" fw={500}>
									<bdi>{title}</bdi>
								</Text>
								<Text size="sm" c="dimmed">
									<time dateTime={moment.at}>{exactTime(moment.at)}</time>
									{detail !== null && (
										<>
											{" · "}
											<bdi>{detail}</bdi>
										</>
									)}
								</Text>
							</div>
						</li>
					);
				})}
			</ol>
		</Card>
	);
}
