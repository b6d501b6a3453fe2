import { Alert } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTenant } from "../access/session.ts";
import { Page } from "../ui/page.tsx";
import { webhooksSearchFrom } from "./search.ts";
import { WebhooksView } from "./view.tsx";

/** The tenant's webhooks. Owners and admins only: the navigation does not offer the page to viewers. */
export default function WebhooksPage() {
	const tenant = useTenant();
	const search = webhooksSearchFrom(useSearch({ strict: false }));
	const navigate = useNavigate();
	const suspended = tenant.status === "suspended";
	const lead = (
		<>
			Where events of{" "}
			<bdi className="kw-name" title={tenant.name}>
				{tenant.name}
			</bdi>{" "}
			are sent: to servers of yours, signed, within seconds.
		</>
	);
	if (tenant.role === "viewer") {
		return (
			<Page title="Webhooks" lead={lead}>
				<Alert variant="light" color="gray" icon={<IconLock size={18} aria-hidden="true" />} title="Only owners and admins see webhooks">
					The addresses of receivers often contain a secret. An owner can make you an admin.
				</Alert>
			</Page>
		);
	}
	return (
		<WebhooksView
			key={tenant.id}
			owner={tenant.id}
			lead={lead}
			whose={
				<>
					of{" "}
					<bdi className="kw-name" title={tenant.name}>
						{tenant.name}
					</bdi>
				</>
			}
			manages={!suspended}
			search={search}
			onSearch={(next) => void navigate({ to: "/webhooks", search: { tenant: tenant.id, ...next }, replace: true, resetScroll: false })}
			notice={suspended ? <Suspended /> : null}
		/>
	);
}

function Suspended() {
	return (
		<Alert variant="light" color="yellow" icon={<IconLock size={18} aria-hidden="true" />} title="This tenant is suspended">
			Events are still sent. A webhook can be deleted; everything else waits for the end of the suspension.
		</Alert>
	);
}
