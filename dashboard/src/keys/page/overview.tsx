import { Skeleton, Stack } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { KeyRotation } from "../../rotations/key-rotation.tsx";
import type { ApiKey } from "../queries.ts";
import { KeyAttention } from "./attention.tsx";
import type { Day } from "./day.ts";
import { KeyExposure } from "./exposure/panel.tsx";
import { KeyFacts } from "./facts.tsx";
import { KeyFigures } from "./figures.tsx";
import { KeyRequests } from "./requests.tsx";

/** With its links and snippets, which only a key without a use needs. */
const KeyDelivery = lazy(async () => ({ default: (await import("./delivery.tsx")).KeyDelivery }));
const DELIVERY_PX = 132;

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
			<div className="kw-key-columns">
				<KeyRequests {...props} />
				<KeyAttention {...props} day={day} onLaterEnd={onLaterEnd} />
			</div>
			<KeyFacts {...props} />
		</Stack>
	);
}
