import { Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useAccess } from "../access/session.ts";
import { ClientPolicyChoice, POLICY_WORDS, policyQuery, putPolicy } from "../tenants/client-policy.tsx";
import { Section } from "../ui/page.tsx";
import { Problem } from "../ui/problem.tsx";
import { toaster } from "../ui/toaster.tsx";

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
	return (
		<Section title="Keys in browsers and apps">
			<Text size="sm" c="dimmed" mb={12} maw={720}>
				A key in a browser or an app is a key that others can read. This holds for every key that decides nothing itself.
			</Text>
			<Problem error={error} />
			{data !== undefined &&
				(may.manage_keys ? (
					<ClientPolicyChoice
						label="Keys in browsers and apps"
						value={data.client_policy}
						undecided={UNDECIDED}
						onSave={async (next) => {
							queries.setQueryData(policyQuery(tenant_id).queryKey, await putPolicy(tenant_id, { client_policy: next }));
							toaster.done("The decision holds from now on, for every request.");
						}}
					/>
				) : (
					<Text size="sm">
						<b>{held.title}.</b> {held.text}
					</Text>
				))}
		</Section>
	);
}
