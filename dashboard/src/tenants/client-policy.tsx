import { Button, Group, Radio, SimpleGrid, Stack } from "@mantine/core";
import { queryOptions } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import type { paths } from "../http/openapi.gen.ts";
import { ChoiceCard } from "../ui/choice-card.tsx";
import { Problem } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";

const POLICY = "/api/v1/tenants/{tenant_id}/policy";
const UNDECIDED = "undecided";

export const CLIENT_POLICIES = ["block", "alert", "observe"] as const;
export type ClientPolicy = (typeof CLIENT_POLICIES)[number];

export const POLICY_WORDS: Readonly<Record<ClientPolicy, { title: string; text: string }>> = {
	block: {
		title: "Refuse",
		text: "A request from a browser or an app is refused, also from okhttp and Dart, which servers use as well. It is recorded and raises an alert.",
	},
	alert: { title: "Let in with an alert", text: "The request works, is recorded on the page of the key, and raises an alert." },
	observe: { title: "Let in and record", text: "The request works, and the page of the key says that it is exposed. No alert." },
};

export const policyQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: cacheRoots.policy(tenant_id),
		queryFn: () => answered(api.GET(POLICY, { params: { path: { tenant_id } } })),
	});

interface ChoiceProps {
	readonly label: string;
	readonly value: ClientPolicy | null;
	/** What holds when nothing is decided here. */
	readonly undecided: { readonly title: string; readonly text: string };
	readonly onSave: (value: ClientPolicy | null) => Promise<unknown>;
	readonly onClose: () => void;
}

/** Decides what happens to requests from browsers and apps. */
export function ClientPolicyChoice({ label, value, undecided, onSave, onClose }: ChoiceProps) {
	const [chosen, setChosen] = useState<ClientPolicy | null | undefined>(undefined);
	const action = useAction();
	const shown = chosen === undefined ? value : chosen;
	async function save(): Promise<void> {
		if ((await action.run(async () => ({ saved: await onSave(shown) }))) !== undefined) onClose();
	}
	return (
		<Stack gap={12}>
			<Radio.Group
				aria-label={label}
				value={shown ?? UNDECIDED}
				onChange={(next) => setChosen(CLIENT_POLICIES.find((policy) => policy === next) ?? null)}
			>
				<SimpleGrid cols={{ base: 1, sm: 2 }} spacing={8}>
					<ChoiceCard value={UNDECIDED} {...undecided} />
					{CLIENT_POLICIES.map((policy) => (
						<ChoiceCard key={policy} value={policy} {...POLICY_WORDS[policy]} />
					))}
				</SimpleGrid>
			</Radio.Group>
			<Problem error={action.error} />
			{shown !== value && (
				<Group gap={8}>
					<Button loading={action.pending} onClick={() => void save()}>
						Save this decision
					</Button>
					<Button variant="default" onClick={onClose}>
						Leave it as it is
					</Button>
				</Group>
			)}
		</Stack>
	);
}

export type TenantPolicies = paths[typeof POLICY]["get"]["responses"][200]["content"]["application/json"];

/** Changes what is given, and leaves the rest as it is. */
export function putPolicy(tenant_id: string, body: Partial<TenantPolicies>) {
	return answered(api.PUT(POLICY, { params: { path: { tenant_id } }, body }));
}
