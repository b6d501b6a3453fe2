import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { readAllPages } from "../../http/all-pages.ts";
import { answered, api } from "../../http/api.ts";
import { cacheRoots } from "../../http/cache-roots.ts";
import type { paths } from "../../http/openapi.gen.ts";

const ROOT = cacheRoots.operator.services;
const SERVICES = "/api/v1/operator/services";

export type Service = paths[typeof SERVICES]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type MadeService = paths[typeof SERVICES]["post"]["responses"][201]["content"]["application/json"];

/** All services, revoked ones last; newest first otherwise. */
export const servicesQuery = queryOptions({
	queryKey: ROOT,
	queryFn: async () => {
		const services = await readAllPages((query) => answered(api.GET(SERVICES, { params: { query } })));
		return services.sort((a, b) => Number(a.revoked_at !== null) - Number(b.revoked_at !== null));
	},
});

export function createService(name: string): Promise<MadeService> {
	return answered(api.POST(SERVICES, { body: { name } }));
}

export async function revokeService(service_id: string): Promise<true> {
	await answered(api.DELETE("/api/v1/operator/services/{service_id}", { params: { path: { service_id } } }));
	return true;
}

/** Invalidates the list of services. */
export function useServicesChanged(): () => void {
	const queries = useQueryClient();
	return () => void queries.invalidateQueries({ queryKey: ROOT });
}
