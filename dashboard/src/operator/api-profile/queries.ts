import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { profileQuery } from "../../access/session.ts";
import { answered, api } from "../../http/api.ts";
import { cacheRoots } from "../../http/cache-roots.ts";
import type { paths } from "../../http/openapi.gen.ts";

const ROOT = cacheRoots.operator.profile;
const PROFILE = "/api/v1/operator/api-profile";

export type ApiProfile = paths[typeof PROFILE]["get"]["responses"][200]["content"]["application/json"];
export type ProfileInput = NonNullable<paths[typeof PROFILE]["put"]["requestBody"]>["content"]["application/json"];

export const apiProfileQuery = queryOptions({ queryKey: ROOT, queryFn: () => answered(api.GET(PROFILE)) });

export function putProfile(body: ProfileInput): Promise<ApiProfile> {
	return answered(api.PUT(PROFILE, { body }));
}

/** Invalidates the profile here and on every page that shows the product's name. */
export function useProfileChanged(): () => void {
	const queries = useQueryClient();
	return () => {
		for (const queryKey of [ROOT, profileQuery.queryKey]) void queries.invalidateQueries({ queryKey });
	};
}
