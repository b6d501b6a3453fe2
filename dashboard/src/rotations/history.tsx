import { Anchor, Box, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ApiKey } from "../keys/queries.ts";
import { formatActor } from "../keys/text.ts";
import { Card } from "../ui/page.tsx";
import { Time } from "../ui/time.tsx";
import { isOpen, rotationsQuery } from "./queries.ts";
import { formatEnding } from "./words.ts";

/** The latest rotations of the key, newest first. Renders nothing without any. */
export function RotationHistory({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const { data } = useQuery(rotationsQuery(tenant_id, apiKey.id));
	const ended = (data?.data ?? []).filter((rotation) => !isOpen(rotation));
	if (ended.length === 0) return null;
	return (
		<Card title="Replaced before">
			<ul style={{ margin: 0, padding: 0, listStyle: "none" }} data-history>
				{ended.map((rotation) => (
					<Box component="li" key={rotation.id} className="kw-row">
						<Anchor
							size="sm"
							fw={500}
							renderRoot={(props) => (
								<Link
									to="/settings/api-access/$key_id/rotations/$rotation_id"
									params={{ key_id: apiKey.id, rotation_id: rotation.id }}
									search={{ tenant: tenant_id }}
									{...props}
								/>
							)}
						>
							<span className="kw-mono">…{rotation.predecessor.last4}</span>
							{rotation.successor === null ? ", no new key was made" : " → "}
							{rotation.successor !== null && <span className="kw-mono">…{rotation.successor.last4}</span>}
						</Anchor>
						<Text size="sm" className="kw-wrap">
							{formatEnding(rotation)}
						</Text>
						<Text size="sm" c="dimmed" className="kw-wrap">
							Begun <Time value={rotation.started_at} /> by {formatActor(rotation.started_by)}; ended{" "}
							<Time value={rotation.ended_at ?? rotation.old_ends_at} />.
						</Text>
					</Box>
				))}
			</ul>
		</Card>
	);
}
