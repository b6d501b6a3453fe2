import { Drawer } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { capabilitiesQuery, limitsQuery, permissionsQuery } from "../../plans/queries.ts";
import { sitesQuery } from "../../tenants/site-queries.ts";
import { membersQuery } from "../../tenants/team-queries.ts";
import { PageSkeleton } from "../../ui/page-skeleton.tsx";
import type { ApiKey } from "../queries.ts";
import { EditForm } from "./form.tsx";

const WIDTH_PX = 520;

interface EditProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly opened: boolean;
	readonly onClose: () => void;
	/** The field to focus first; the top by default. */
	readonly at?: "expiry";
}

/** A side sheet with every editable setting of a key. */
export function EditKey({ tenant_id, apiKey, opened, onClose, at }: EditProps) {
	return (
		<Drawer
			opened={opened}
			onClose={onClose}
			position="right"
			size={WIDTH_PX}
			title="Edit this key"
			closeOnClickOutside={false}
			closeButtonProps={{ "aria-label": "Close without saving" }}
		>
			<Suspense fallback={<PageSkeleton />}>
				<Loaded tenant_id={tenant_id} apiKey={apiKey} onClose={onClose} {...(at === undefined ? {} : { at })} />
			</Suspense>
		</Drawer>
	);
}

function Loaded({ tenant_id, apiKey, onClose, at }: Omit<EditProps, "opened">) {
	const { data: permissions } = useSuspenseQuery(permissionsQuery(tenant_id));
	const { data: capabilities } = useSuspenseQuery(capabilitiesQuery(tenant_id));
	const { data: limits } = useSuspenseQuery(limitsQuery(tenant_id));
	const { data: sites } = useSuspenseQuery(sitesQuery(tenant_id));
	const { data: members } = useSuspenseQuery(membersQuery(tenant_id));
	return (
		<EditForm
			tenant_id={tenant_id}
			apiKey={apiKey}
			around={{
				choices: { offered: permissions.data, capabilities: capabilities.data, sites: sites.data, plan_limits: limits.rate_limits },
				people: members.data,
			}}
			onClose={onClose}
			{...(at === undefined ? {} : { at })}
		/>
	);
}
