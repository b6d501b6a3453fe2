import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { type ApiKey, useKeysChanged } from "../keys/queries.ts";
import { Card } from "../ui/page.tsx";
import { Problem } from "../ui/problem.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { Time } from "../ui/time.tsx";
import { RotationMeter } from "./meter.tsx";
import { getProgress, isLeaked } from "./progress.ts";
import { isOpen, rotationQuery } from "./queries.ts";
import { formatOldEnd, getHeadline, STATUS_WORDS } from "./words.ts";

/** The progress of an open rotation, on the key's page. */
export function KeyRotation({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	if (apiKey.rotation === null) return null;
	return <Open apiKey={apiKey} tenant_id={tenant_id} key_id={apiKey.id} rotation_id={apiKey.rotation.id} />;
}

function Open({ apiKey, ...path }: { apiKey: ApiKey; tenant_id: string; key_id: string; rotation_id: string }) {
	const { tenant_id, ...params } = path;
	const { data: rotation, error } = useQuery(rotationQuery(path));
	const changed = useKeysChanged(tenant_id);
	const over = rotation !== undefined && !isOpen(rotation);
	// biome-ignore lint/correctness/useExhaustiveDependencies: once, when it has ended
	useEffect(() => {
		if (over) changed();
	}, [over]);
	if (rotation === undefined) {
		return (
			<Card title="Being replaced">
				{error === null ? <Skeleton height={84} role="status" aria-busy="true" aria-label="Loading" /> : <Problem error={error} />}
			</Card>
		);
	}
	const done = rotation.steps.filter((step) => step.done).length;
	const { meaning, word } = STATUS_WORDS[rotation.status];
	const { title, detail } = getHeadline(rotation);
	return (
		<Card title="Being replaced" aside={<StateBadge meaning={meaning}>{word}</StateBadge>}>
			<Stack gap="sm" data-rotation={rotation.status}>
				<Group gap="8px 12px" role="status">
					<RotationMeter progress={getProgress(rotation)} />
					<Text fw={600} className="kw-wrap" data-headline>
						{title}
					</Text>
				</Group>
				{detail !== null && (
					<Text size="sm" className="kw-wrap" data-remaining>
						{detail}
					</Text>
				)}
				<Text size="sm" c="dimmed">
					{done} of {rotation.steps.length} steps done.
					{rotation.status !== "waiting" && (
						<>
							{` ${formatOldEnd(rotation).sentence} `}
							<Time value={rotation.old_ends_at} />.
						</>
					)}
				</Text>
				<Group>
					<Button
						renderRoot={(props) => (
							<Link to="/settings/api-access/$key_id/rotations/$rotation_id" params={params} search={{ tenant: tenant_id }} {...props} />
						)}
					>
						{rotation.status === "issued" && isLeaked({ apiKey, rotation }) ? "Get the new key to its server" : "See who has moved"}
					</Button>
				</Group>
			</Stack>
		</Card>
	);
}
