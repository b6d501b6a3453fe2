import { Box, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconBan } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useAccess } from "../../../access/session.ts";
import { CopyButton } from "../../../ui/copy-button.tsx";
import { Card } from "../../../ui/page.tsx";
import { Problem } from "../../../ui/problem.tsx";
import { MEANINGS } from "../../../ui/theme.ts";
import { Time } from "../../../ui/time.tsx";
import { formatRequests } from "../../../usage/ranges.ts";
import { type ApiKey, type CanaryAlert, canaryAlertsQuery } from "../../queries.ts";
import { formatActor, formatNetwork } from "../../text.ts";
import { ENVIRONMENT_WORDS } from "../../words.ts";
import { Fact, formatKept } from "../facts.tsx";

interface CanaryProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly onRevoke: () => void;
}

/** All that there is about a canary key, on one page: who presented it, what it is, and its facts. */
export function KeyCanary({ tenant_id, apiKey, onRevoke }: CanaryProps) {
	const { may } = useAccess();
	const live = apiKey.status === "active";
	return (
		<Stack gap={16}>
			<Uses tenant_id={tenant_id} apiKey={apiKey} />
			<Card title="Facts" flush>
				<dl className="kw-facts" data-compact>
					<Fact term="Responsible" title={apiKey.owner.name}>
						<bdi>{apiKey.owner.name}</bdi>
					</Fact>
					<Fact term="Looks like">a key for {ENVIRONMENT_WORDS[apiKey.environment].name.toLowerCase()}</Fact>
					<Fact term="Kept in">{formatKept(apiKey)}</Fact>
					<Fact term="Ends">{apiKey.expires_at === null ? "never" : <Time value={apiKey.expires_at} />}</Fact>
					<Fact term="Created">
						<Time value={apiKey.created_at} />, by <bdi>{formatActor(apiKey.created_by)}</bdi>
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
			{may.revoke_keys && live && (
				<Card title="Stop this canary">
					<Stack gap={8} align="flex-start">
						<Text size="sm" c="dimmed">
							Once revoked it is still refused like an unknown key, and raises no alert any more. There is no way back.
						</Text>
						<Button color="red" variant="light" leftSection={<IconBan size={16} aria-hidden="true" />} onClick={onRevoke}>
							Revoke for good
						</Button>
					</Stack>
				</Card>
			)}
		</Stack>
	);
}

function Uses({ tenant_id, apiKey }: Omit<CanaryProps, "onRevoke">) {
	const { data, error } = useQuery(canaryAlertsQuery(tenant_id, apiKey.id));
	const alerts = data?.data ?? [];
	return (
		<Card title="Where it was used" flush {...(alerts.length === 0 ? {} : { count: alerts.length })}>
			<Box px={16} pb={alerts.length === 0 ? 16 : 8}>
				<Text size="sm" c="dimmed" maw={720}>
					{alerts.length > 0
						? "The one who used it may have found what lies beside it too. Replace the real keys from that place, then put a new canary there."
						: "A canary key opens nothing. Every request with it is refused like one with an unknown key, and listed here."}
				</Text>
				<Problem error={error} known={data !== undefined} />
				{data === undefined && error === null && <Skeleton height={20} mt={8} role="status" aria-busy="true" aria-label="Loading" />}
				{data !== undefined && alerts.length === 0 && (
					<Text size="sm" mt={8}>
						<span aria-hidden="true">{MEANINGS.coming.shape} </span>Nothing has used it.
					</Text>
				)}
			</Box>
			<ul className="kw-matters" aria-label="Uses">
				{alerts.map((alert) => (
					<Use key={alert.id} alert={alert} />
				))}
			</ul>
		</Card>
	);
}

/** One alert: a day with uses, whose evidence is of the latest. */
function Use({ alert }: { alert: CanaryAlert }) {
	const { evidence, raised_at, last_at, count } = alert;
	const over = alert.status === "resolved";
	return (
		<li className="kw-matter" data-alert={alert.id}>
			<span className="kw-shape" data-meaning={over ? "resting" : "ended"} aria-hidden="true">
				{over ? MEANINGS.resting.shape : MEANINGS.ended.shape}
			</span>
			<Box miw={0} className="kw-wrap">
				<Text size="sm" fw={600}>
					Used by {String(evidence.source ?? "an unknown program")} from {formatNetwork(String(evidence.network ?? "unknown"))}
				</Text>
				<Group gap="4px 12px">
					<Text size="xs" c="dimmed">
						{formatRequests(count)}, last <Time value={last_at} />
						{raised_at !== last_at && (
							<>
								, first <Time value={raised_at} />
							</>
						)}
					</Text>
				</Group>
			</Box>
		</li>
	);
}
