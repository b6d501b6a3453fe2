import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Entry, Scope } from "./queries.ts";
import { isErased } from "./sentence.ts";

/** A button to the page of what the entry is about, where there is one. */
export function TargetLink({ scope, entry }: { scope: Scope; entry: Entry }) {
	const { target, tenant_id } = entry;
	const tenant = scope === "all" ? (tenant_id ?? undefined) : scope.tenant_id;
	if (tenant === undefined || isErased(entry)) return null;
	const search = { tenant };
	if (target.kind === "key")
		return (
			<Button
				variant="default"
				renderRoot={(props) => <Link to="/settings/api-access/$key_id" params={{ key_id: target.id }} search={search} {...props} />}
			>
				Open the key
			</Button>
		);
	if (target.kind === "site")
		return (
			<Button variant="default" renderRoot={(props) => <Link to="/sites" search={search} {...props} />}>
				Open the sites
			</Button>
		);
	if (target.kind === "alert" || target.kind === "alert_rule")
		return (
			<Button
				variant="default"
				renderRoot={(props) => <Link to="/alerts" search={{ ...search, ...(target.kind === "alert" ? { alert: target.id } : {}) }} {...props} />}
			>
				{target.kind === "alert" ? "Open the alert" : "Open the rules"}
			</Button>
		);
	if (target.kind === "member" || target.kind === "invitation")
		return (
			<Button variant="default" renderRoot={(props) => <Link to="/team" search={search} {...props} />}>
				Open the team
			</Button>
		);
	return null;
}
