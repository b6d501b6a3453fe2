import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../http/api.ts";
import { cacheRoots } from "../../http/cache-roots.ts";
import type { paths } from "../../http/openapi.gen.ts";

const ROOT = cacheRoots.operator.health;
const HEALTH = "/api/v1/operator/health";
const NODES = "/api/v1/operator/nodes";
const REFRESH_MS = 5_000;

export type Health = paths[typeof HEALTH]["get"]["responses"][200]["content"]["application/json"];
export type Node = paths[typeof NODES]["get"]["responses"][200]["content"]["application/json"]["data"][number];

/** The state of the node that answers, and the list of all nodes; refreshed while the page is visible. */
export const healthQuery = queryOptions({
	queryKey: ROOT,
	queryFn: async (): Promise<{ health: Health; nodes: readonly Node[] }> => {
		const [health, nodes] = await Promise.all([answered(api.GET(HEALTH)), answered(api.GET(NODES))]);
		return { health, nodes: nodes.data };
	},
	refetchInterval: REFRESH_MS,
	staleTime: 0,
});
