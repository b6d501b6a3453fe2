import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useAccess } from "../access/session.ts";
import { ClientPolicyChoice, POLICY_WORDS, policyQuery, putPolicy } from "../tenants/client-policy.tsx";
import { useFold } from "../ui/form/fold.tsx";
import { Problem } from "../ui/problem.tsx";
import { toaster } from "../ui/toaster.tsx";
import { Rule } from "./rule.tsx";

const UNDECIDED = {
	title: "By default",
	text: "Production keys that were made here are refused there. Staging, development and imported keys are let in and recorded.",
};

/** What happens in browsers and apps to the keys of the tenant that decide nothing themselves. */
export function TenantPolicy({ tenant_id }: { tenant_id: string }) {
	const { may } = useAccess();
	const queries = useQueryClient();
	const { data, error } = useQuery(policyQuery(tenant_id));
	const held = data?.client_policy == null ? UNDECIDED : POLICY_WORDS[data.client_policy];
	const { opened, button, close } = useFold("Keys in browsers and apps");
	return (
		<Rule title="Keys in browsers and apps" value={data && held} aside={may.manage_keys && data !== undefined && button}>
			<Problem error={error} />
			{may.manage_keys && data !== undefined && opened && (
				<ClientPolicyChoice
					label="Keys in browsers and apps"
					value={data.client_policy}
					undecided={UNDECIDED}
					onClose={close}
					onSave={async (next) => {
						queries.setQueryData(policyQuery(tenant_id).queryKey, await putPolicy(tenant_id, { client_policy: next }));
						toaster.done("The decision holds from now on, for every request.");
					}}
				/>
			)}
		</Rule>
	);
}
