import { Group, Text, Timeline } from "@mantine/core";
import { Card } from "../../ui/page.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Time } from "../../ui/time.tsx";
import type { ApiKey } from "../queries.ts";
import { formatPlace } from "../show-once/places.ts";
import { getMilestone } from "../text.ts";

type Secret = ApiKey["secrets"][number];
const BULLET_PX = 14;

/** The key's secrets over time, newest first. Never the raw key. */
export function KeySecrets({ apiKey }: { apiKey: ApiKey }) {
	const { secrets } = apiKey;
	return (
		<Card title="Versions of this key">
			{secrets.length === 0 ? (
				<Text size="sm" c="dimmed">
					Nothing has been revealed yet. The first raw key is made when its recipient presses Reveal, and only they see it.
				</Text>
			) : (
				<Timeline bulletSize={BULLET_PX} lineWidth={2}>
					{secrets.map((secret) => (
						<OneSecret key={secret.kid} secret={secret} apiKey={apiKey} />
					))}
				</Timeline>
			)}
		</Card>
	);
}

function OneSecret({ secret, apiKey }: { secret: Secret; apiKey: ApiKey }) {
	const { title, state, means } = getMilestone(secret, apiKey);
	return (
		<Timeline.Item
			title={
				<Group gap={8} mb={4}>
					<StateBadge meaning={state}>{title}</StateBadge>
					<span className="kw-mono">…{secret.last4}</span>
				</Group>
			}
			data-secret={secret.status}
		>
			<Text size="sm">
				{means}
				{secret.status === "retiring" && state !== "ended" && secret.retires_at !== null && (
					<>
						{" "}
						That is <Time value={secret.retires_at} />.
					</>
				)}
				{secret.status === "retired" && secret.retires_at !== null && (
					<>
						{" "}
						It ended <Time value={secret.retires_at} />.
					</>
				)}
				{secret.imported && secret.status !== "retired" && " Issued elsewhere; replace it when you can."}
			</Text>
			<Text size="sm" c="dimmed">
				{secret.imported ? "Brought along" : "Made"} <Time value={secret.created_at} />
				{secret.first_used_at !== null && (
					<>
						; first used <Time value={secret.first_used_at} />, last <Time value={secret.last_used_at} />
					</>
				)}
				.
			</Text>
			<Kept secret={secret} />
		</Timeline.Item>
	);
}

function Kept({ secret }: { secret: Secret }) {
	if (secret.status === "retired") return null;
	const { kept_in } = secret;
	if (kept_in === null) {
		return (
			<Text size="sm" c="dimmed">
				Where it is kept was not said.
			</Text>
		);
	}
	return (
		<Text size="sm" c="dimmed">
			Kept in: {formatPlace(kept_in.place).toLowerCase()}, as said <Time value={kept_in.at} />.
		</Text>
	);
}
