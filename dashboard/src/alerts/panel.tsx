import { ActionIcon, Box, Button, Group, Skeleton, Text, Title } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { isApiError } from "../http/api.ts";
import { PanelBody, SidePanel } from "../ui/panel/side-panel.tsx";
import { Problem } from "../ui/problem.tsx";
import { useNow } from "../ui/time.tsx";
import { exactTime, relativeTime } from "../ui/time-words.ts";
import { useAcknowledge } from "./acknowledge.ts";
import { Cure } from "./cure.tsx";
import { type Alert, alertQuery } from "./queries.ts";
import { formatMails, formatWebhooks } from "./reached.ts";
import { RecipientList } from "./recipients.tsx";
import { RULES } from "./rules/words.ts";
import { SentenceView } from "./sentence.tsx";
import { alertDetail, alertFacts, alertTitle, alertTodo, sentenceText } from "./words.ts";

interface PanelProps {
	readonly tenant_id: string;
	readonly alert_id: string;
	readonly manages: boolean;
	readonly onClose: () => void;
}

/** One alert beside the list, also one that the list does not show, such as of a link in a mail. */
export function AlertPanel({ tenant_id, alert_id, manages, onClose }: PanelProps) {
	const { data: alert, error } = useQuery(alertQuery(tenant_id, alert_id));
	const now_ms = useNow();
	const title = alert === undefined ? null : alertTitle(alert, now_ms);
	const row = () => document.querySelector<HTMLElement>(`[data-alert="${CSS.escape(alert_id)}"] button`);
	return (
		<SidePanel label={title === null ? "Alert" : sentenceText(title)} of={alert_id} opener={row} onClose={onClose}>
			<Group wrap="nowrap" align="flex-start" gap={4} p="12px 12px 12px 20px" style={{ borderBottom: "1px solid var(--kw-hairline)" }}>
				<Title order={2} fz={15} flex={1} miw={0} mt={3} lineClamp={3} className="kw-wrap">
					{title === null ? "Alert" : <SentenceView of={title} />}
				</Title>
				<ActionIcon variant="subtle" color="gray" aria-label="Close the alert" onClick={onClose}>
					<IconX size={18} aria-hidden="true" />
				</ActionIcon>
			</Group>
			<PanelBody>
				{alert !== undefined && <Facts tenant_id={tenant_id} alert={alert} now_ms={now_ms} />}
				{alert === undefined &&
					(error === null ? <Skeleton height={200} role="status" aria-busy="true" aria-label="Loading the alert" /> : <Missing error={error} />)}
			</PanelBody>
			{alert !== undefined && <Foot tenant_id={tenant_id} alert={alert} manages={manages} />}
		</SidePanel>
	);
}

function Missing({ error }: { error: unknown }) {
	if (!isApiError(error, "not_found")) return <Problem error={error} />;
	return (
		<Text size="sm" role="status" data-missing>
			This alert is not here. It may belong to another tenant, or it was deleted a long time after it was resolved.
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

function Facts({ tenant_id, alert, now_ms }: { tenant_id: string; alert: Alert; now_ms: number }) {
	const { status, count, raised_at, last_at, reminded_at, acknowledged_at, acknowledged_by, resolved_at, rule, id } = alert;
	const at = (time: string): string => `${exactTime(time)}, ${relativeTime(time, now_ms)}`;
	return (
		<>
			<Text size="sm" className="kw-wrap">
				<SentenceView of={alertDetail(alert, now_ms)} />
			</Text>
			{status !== "resolved" && (
				<Text size="sm" mt={8} fw={500} className="kw-wrap">
					{alertTodo(alert)}
				</Text>
			)}
			<dl className="kw-alert-facts">
				<Fact term="Since">{at(raised_at)}</Fact>
				{count > 1 && <Fact term="How often">{count.toLocaleString("en")} times</Fact>}
				{last_at !== raised_at && <Fact term="Last">{at(last_at)}</Fact>}
				{alertFacts(alert).map(({ term, value }) => (
					<Fact key={term} term={term}>
						<bdi>{value}</bdi>
					</Fact>
				))}
				{alert.reached !== null && (
					<>
						<Fact term="Mailed">
							<RecipientList of={formatMails(alert.reached, rule, now_ms)} />
						</Fact>
						<Fact term="Webhooks">
							<RecipientList of={formatWebhooks(alert.reached, now_ms)} />
						</Fact>
					</>
				)}
				{reminded_at !== null && <Fact term="Reminded">{at(reminded_at)}</Fact>}
				{acknowledged_at !== null && (
					<Fact term="Acknowledged">
						by <bdi>{acknowledged_by?.name}</bdi>, {at(acknowledged_at)}
					</Fact>
				)}
				{resolved_at !== null && <Fact term="Resolved">{at(resolved_at)}</Fact>}
				<Fact term="Rule">
					<Link to="/alerts" search={{ tenant: tenant_id, rule }} className="kw-link">
						{RULES[rule].name}
					</Link>
					: raised when {RULES[rule].when}
				</Fact>
				<Fact term="Alert">
					<span className="kw-mono">{id}</span>
				</Fact>
			</dl>
		</>
	);
}

function Foot({ tenant_id, alert, manages }: { tenant_id: string; alert: Alert; manages: boolean }) {
	const { pending, error, acknowledge } = useAcknowledge(tenant_id, alert);
	const may_acknowledge = manages && alert.status === "raised";
	return (
		<Box px={20} py={12} style={{ borderTop: "1px solid var(--kw-hairline)" }}>
			<Problem error={error} />
			{may_acknowledge && (
				<Text size="xs" c="dimmed" mb={8}>
					Acknowledged, it stays open until it ends by itself, without further reminders.
				</Text>
			)}
			<Group gap={8}>
				<Cure tenant_id={tenant_id} alert={alert} manages={manages} size="sm" />
				{may_acknowledge && (
					<Button variant="default" loading={pending} onClick={() => void acknowledge()}>
						Acknowledge
					</Button>
				)}
			</Group>
		</Box>
	);
}
