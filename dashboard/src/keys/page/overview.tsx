import { Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useAccess } from "../../access/session.ts";
import { ChecklistOfKey } from "../../checklist/of-key.tsx";
import { KeyRotation } from "../../rotations/key-rotation.tsx";
import { rotationQuery } from "../../rotations/queries.ts";
import { type ApiKey, sourcesQuery } from "../queries.ts";
import { KeyAttention } from "./attention.tsx";
import type { Day } from "./day.ts";
import { KeyExposure } from "./exposure/panel.tsx";
import { KeyFacts } from "./facts.tsx";
import { KeyFigures } from "./figures.tsx";
import { KeyRequests } from "./requests.tsx";

/** With its links and snippets, which only a key without a use needs. */
const KeyDelivery = lazy(async () => ({ default: (await import("./delivery.tsx")).KeyDelivery }));
const DELIVERY_PX = 132;
const COLUMNS_PX = 334;
const FACTS_PX = 180;

interface OverviewProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly day: Day;
	readonly onLaterEnd: () => void;
}

/** Whether the key has still to get to its server. */
function isUndelivered({ status, rotation, last_used_at }: ApiKey): boolean {
	return status === "active" && rotation === null && last_used_at === null;
}

/** The first tab: four figures, what is going on, the chart beside what needs attention, and the facts. */
export function KeyOverview({ tenant_id, apiKey, day, onLaterEnd }: OverviewProps) {
	const props = { tenant_id, apiKey };
	const { may } = useAccess();
	// Stays from then on: its sheet may show a key when the first request arrives.
	const [delivering, setDelivering] = useState(false);
	if (!delivering && isUndelivered(apiKey)) setDelivering(true);
	return (
		<Stack gap={16}>
			<KeyFigures {...props} day={day} />
			<KeyExposure {...props} />
			<KeyRotation {...props} />
			{delivering && (
				<Suspense fallback={<Skeleton height={DELIVERY_PX} role="status" aria-busy="true" aria-label="Loading" />}>
					<KeyDelivery {...props} />
				</Suspense>
			)}
			<KeyColumns {...props} day={day} onLaterEnd={onLaterEnd} />
			<ChecklistOfKey tenant_id={tenant_id} key_id={apiKey.id} manages={may.manage_keys} />
		</Stack>
	);
}

/** The chart beside what needs attention, and the facts: each is shown once the height of what is above it is known, so that nothing jumps. */
function KeyColumns({ tenant_id, apiKey, day, onLaterEnd }: OverviewProps) {
	const props = { tenant_id, apiKey };
	const { isLoading: is_rotation_loading } = useQuery({
		...rotationQuery({ tenant_id, key_id: apiKey.id, rotation_id: apiKey.rotation?.id ?? "" }),
		enabled: apiKey.rotation !== null,
	});
	const { isPending: are_sources_loading } = useQuery(sourcesQuery(tenant_id, apiKey.id));
	const is_day_loading = day.rows === null && !day.failed;
	// Whether the chart of a key that was never used is drawn at all depends on its refusals.
	if (is_rotation_loading || (is_day_loading && apiKey.last_used_at === null))
		return <Skeleton height={COLUMNS_PX} role="status" aria-busy="true" aria-label="Loading" />;
	return (
		<>
			<div className="kw-key-columns">
				<KeyRequests {...props} />
				<KeyAttention {...props} day={day} onLaterEnd={onLaterEnd} />
			</div>
			{are_sources_loading || is_day_loading ? (
				<Skeleton height={FACTS_PX} role="status" aria-busy="true" aria-label="Loading" />
			) : (
				<KeyFacts {...props} />
			)}
		</>
	);
}
