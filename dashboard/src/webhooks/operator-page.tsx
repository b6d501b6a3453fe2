import { useNavigate, useSearch } from "@tanstack/react-router";
import { webhooksSearchFrom } from "./search.ts";
import { WebhooksView } from "./view.tsx";

/** The operator's webhooks, which receive the events of every tenant. */
export default function OperatorWebhooksPage() {
	const search = webhooksSearchFrom(useSearch({ strict: false }));
	const navigate = useNavigate();
	return (
		<WebhooksView
			owner={null}
			lead="Where events of all tenants are sent: to servers of yours, signed, within seconds. Each names its tenant."
			whose="of every tenant"
			manages
			search={search}
			onSearch={(next) => void navigate({ to: "/operator/webhooks", search: next, replace: true, resetScroll: false })}
		/>
	);
}
