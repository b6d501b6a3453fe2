import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useAccess } from "../../../access/session.ts";
import { answered, api } from "../../../http/api.ts";
import { ClientPolicyChoice, POLICY_WORDS, policyQuery } from "../../../tenants/client-policy.tsx";
import { useFold } from "../../../ui/form/fold.tsx";
import { Card } from "../../../ui/page.tsx";
import { toaster } from "../../../ui/toaster.tsx";
import { type ApiKey, useKeysChanged } from "../../queries.ts";

const ONE = "/api/v1/tenants/{tenant_id}/api-keys/{key_id}";
const REFUSED = "so requests from browsers and apps are refused";
const LET_IN = "so requests from browsers and apps are let in and recorded";

/** What holds for a key without a decision of its own; null while that is not known. */
function formatUndecided({ environment, secrets }: ApiKey, of_tenant: "observe" | "alert" | "block" | null | undefined): string {
	if (of_tenant === undefined) return "What the tenant decides in its settings.";
	if (of_tenant !== null) return `The tenant has decided “${POLICY_WORDS[of_tenant].title}”, ${of_tenant === "block" ? REFUSED : LET_IN}.`;
	if (secrets.some(({ imported }) => imported)) return `The tenant has decided nothing and this key was imported, ${LET_IN}.`;
	return environment === "prod"
		? `The tenant has decided nothing and this is a production key, ${REFUSED}.`
		: `The tenant has decided nothing and this is no production key, ${LET_IN}.`;
}

/** What happens to requests with this key from browsers and apps. */
export function KeyClientPolicy({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const { may } = useAccess();
	const { data } = useQuery(policyQuery(tenant_id));
	const changed = useKeysChanged(tenant_id);
	const undecided = { title: "As the tenant decides", text: formatUndecided(apiKey, data?.client_policy) };
	const { client_policy } = apiKey;
	const held = client_policy === null ? undecided : POLICY_WORDS[client_policy];
	const { opened, button, close } = useFold("In browsers and apps");
	const may_change = may.manage_keys && apiKey.status !== "revoked";
	return (
		<Card title="In browsers and apps" aside={may_change && button}>
			{may_change && opened ? (
				<ClientPolicyChoice
					label="In browsers and apps"
					value={client_policy}
					undecided={undecided}
					onClose={close}
					onSave={async (next) => {
						await answered(api.PATCH(ONE, { params: { path: { tenant_id, key_id: apiKey.id } }, body: { client_policy: next } }));
						changed();
						toaster.done("The decision holds from now on, for every request.");
					}}
				/>
			) : (
				<Text size="sm">
					<b>{held.title}.</b> {held.text}
				</Text>
			)}
		</Card>
	);
}
