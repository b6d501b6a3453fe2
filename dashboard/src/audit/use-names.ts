import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { permissionsQuery } from "../plans/queries.ts";
import { sitesQuery } from "../tenants/site-queries.ts";
import type { KnownNames } from "./fields.ts";
import type { Entry, Scope } from "./queries.ts";

function mentions({ before, after }: Entry, ...fields: readonly string[]): boolean {
	return fields.some((field) => (before !== null && field in before) || (after !== null && field in after));
}

/** Names of the sites and permissions that the entry mentions; only for a tenant's own page. */
export function useNames(scope: Scope, entry: Entry): KnownNames {
	const tenant_id = scope === "all" ? "" : scope.tenant_id;
	const is_own = scope !== "all";
	const { data: permissions } = useQuery({ ...permissionsQuery(tenant_id), enabled: is_own && mentions(entry, "permissions") });
	const { data: sites } = useQuery({ ...sitesQuery(tenant_id), enabled: is_own && mentions(entry, "site_ids", "site_id") });
	return useMemo(() => {
		const names = new Map<string, string>();
		for (const { name, description } of permissions?.data ?? []) if (description !== "") names.set(`permissions ${name}`, description);
		for (const { id, name } of sites?.data ?? []) names.set(`site_ids ${id}`, name).set(`site_id ${id}`, name);
		return names;
	}, [permissions, sites]);
}
