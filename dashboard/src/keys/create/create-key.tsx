import { useSuspenseQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { capabilitiesQuery, limitsQuery, permissionsQuery } from "../../plans/queries.ts";
import { sitesQuery } from "../../tenants/site-queries.ts";
import { membersQuery } from "../../tenants/team-queries.ts";
import { PageSkeleton } from "../../ui/page-skeleton.tsx";
import type { Made } from "../show-once/sheet.tsx";
import { CreateForm } from "./form.tsx";

interface CreateProps {
	readonly tenant_id: string;
	readonly onMade: (made: Made) => void;
	/** Whether closing would lose input. */
	readonly onFilled: (filled: boolean) => void;
	readonly onCancel: () => void;
}

/** Loads what the form offers before it renders it: the safe defaults depend on the plan and on the sites. */
export function CreateKey(props: CreateProps) {
	return (
		<Suspense fallback={<PageSkeleton />}>
			<Loaded {...props} />
		</Suspense>
	);
}

function Loaded(props: CreateProps) {
	const { tenant_id } = props;
	const { data: permissions } = useSuspenseQuery(permissionsQuery(tenant_id));
	const { data: capabilities } = useSuspenseQuery(capabilitiesQuery(tenant_id));
	const { data: limits } = useSuspenseQuery(limitsQuery(tenant_id));
	const { data: sites } = useSuspenseQuery(sitesQuery(tenant_id));
	const { data: members } = useSuspenseQuery(membersQuery(tenant_id));
	const choices = { offered: permissions.data, capabilities: capabilities.data, sites: sites.data, plan_limits: limits.rate_limits };
	return <CreateForm {...props} choices={choices} members={members.data} />;
}
