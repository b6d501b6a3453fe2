import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import type { paths } from "../http/openapi.gen.ts";

const ONE = "/api/v1/tenants/{tenant_id}/api-keys/{key_id}";
type OnePath = typeof ONE;

export type Rotation = paths[`${OnePath}/rotations/{rotation_id}`]["get"]["responses"][200]["content"]["application/json"];
export type RotationSource = Rotation["sources"][number];
export type RotateBody = NonNullable<paths[`${OnePath}/rotate`]["post"]["requestBody"]>["content"]["application/json"];

const LIVE_MS = 2_500;
const TRAFFIC_MS = 10_000;
const HISTORY_ROWS = 10;

export interface RotationPath {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly rotation_id: string;
}

/** Polls an open rotation. Pauses while the page is hidden, stops once it has ended. */
export const rotationQuery = ({ tenant_id, key_id, rotation_id }: RotationPath) =>
	queryOptions({
		queryKey: [...cacheRoots.key(tenant_id, key_id), "rotation", rotation_id],
		queryFn: () => answered(api.GET(`${ONE}/rotations/{rotation_id}`, { params: { path: { tenant_id, key_id, rotation_id } } })),
		refetchInterval: ({ state }) => (state.data === undefined || isOpen(state.data) ? LIVE_MS : false),
		refetchIntervalInBackground: false,
		refetchOnWindowFocus: "always",
		staleTime: 0,
	});

/** The latest rotations of a key, newest first. */
export const rotationsQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.key(tenant_id, key_id), "rotations"],
		queryFn: () => answered(api.GET(`${ONE}/rotations`, { params: { path: { tenant_id, key_id }, query: { limit: HISTORY_ROWS } } })),
	});

interface TrafficPeriod {
	readonly from_ms: number;
	readonly to_ms: number;
	readonly granularity: "minute" | "hour" | "day";
}

/** Requests by secret of a key. Polled while `live`. */
export const trafficQuery = (tenant_id: string, key_id: string, period: TrafficPeriod, live: boolean) =>
	queryOptions({
		queryKey: [...cacheRoots.key(tenant_id, key_id), "traffic", period.from_ms, live ? null : period.to_ms, period.granularity],
		queryFn: () => {
			const to = live ? {} : { to: new Date(period.to_ms).toISOString() };
			const query = { from: new Date(period.from_ms).toISOString(), ...to, granularity: period.granularity, by_secret: true };
			return answered(api.GET(`${ONE}/usage`, { params: { path: { tenant_id, key_id }, query } }));
		},
		refetchInterval: live ? TRAFFIC_MS : false,
		refetchIntervalInBackground: false,
	});

/** Whether the rotation can still change. */
export function isOpen(rotation: Pick<Rotation, "status">): boolean {
	return rotation.status !== "completed" && rotation.status !== "cancelled";
}
