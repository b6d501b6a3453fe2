import { Button, Checkbox, Group, Radio, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useAccess } from "../access/session.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import { formatRequirements, KEY_REQUIREMENTS, type KeyRequirement } from "../plans/key-policy.ts";
import { policyQuery, putPolicy, type TenantPolicies } from "../tenants/client-policy.tsx";
import { ChoiceCard } from "../ui/choice-card.tsx";
import { Section } from "../ui/page.tsx";
import { Problem } from "../ui/problem.tsx";
import { toaster } from "../ui/toaster.tsx";
import { useAction } from "../ui/use-action.ts";

const RESPONSES = {
	revoke: { title: "Revoke it at once", text: "No request with it works any more. What uses it stops until it has another key." },
	rotate: {
		title: "Replace it within a day",
		text: "A new key is made, the old one works for 24 more hours, and you are alerted. Within that day, press “Issue the new key” on the page of the replacement.",
	},
} as const;

/** What production keys must have, and what happens to a key that was found by others. */
export function KeyRules({ tenant_id }: { tenant_id: string }) {
	const { data, error } = useQuery(policyQuery(tenant_id));
	return (
		<>
			<Section title="A key that others found">
				<Text size="sm" c="dimmed" mb={12} maw={720}>
					Who finds a key can report it, and code hosts do so by themselves. This happens when the whole key was reported.
				</Text>
				<Problem error={error} />
				{data !== undefined && <LeakResponse tenant_id={tenant_id} held={data.leak_response} />}
			</Section>
			<Section title="What production keys must have">
				<Text size="sm" c="dimmed" mb={12} maw={720}>
					A production key that lacks it is not made, and not changed away from it. Keys that exist keep working.
				</Text>
				{data !== undefined && <Requirements tenant_id={tenant_id} held={data.key_policy} />}
			</Section>
		</>
	);
}

function useSave(tenant_id: string) {
	const queries = useQueryClient();
	const action = useAction();
	const save = (policies: Partial<TenantPolicies>, done: string) =>
		action.run(async () => {
			queries.setQueryData(policyQuery(tenant_id).queryKey, await putPolicy(tenant_id, policies));
			await queries.invalidateQueries({ queryKey: cacheRoots.access(tenant_id) });
			toaster.done(done);
			return true;
		});
	return { action, save };
}

function LeakResponse({ tenant_id, held }: { tenant_id: string; held: TenantPolicies["leak_response"] }) {
	const { may } = useAccess();
	const [chosen, setChosen] = useState(held);
	const { action, save } = useSave(tenant_id);
	if (!may.manage_keys)
		return (
			<Text size="sm">
				<b>{RESPONSES[held].title}.</b> {RESPONSES[held].text}
			</Text>
		);
	return (
		<Stack gap={12}>
			<Radio.Group aria-label="A key that others found" value={chosen} onChange={(next) => setChosen(next === "rotate" ? "rotate" : "revoke")}>
				<SimpleGrid cols={{ base: 1, sm: 2 }} spacing={8}>
					<ChoiceCard value="revoke" {...RESPONSES.revoke} />
					<ChoiceCard value="rotate" {...RESPONSES.rotate} />
				</SimpleGrid>
			</Radio.Group>
			<Problem error={action.error} />
			{chosen !== held && (
				<Save
					pending={action.pending}
					onSave={() => void save({ leak_response: chosen }, "The decision holds from the next report on.")}
					onLeave={() => setChosen(held)}
				/>
			)}
		</Stack>
	);
}

function Requirements({ tenant_id, held }: { tenant_id: string; held: readonly KeyRequirement[] }) {
	const { may, plan } = useAccess();
	const [chosen, setChosen] = useState<readonly KeyRequirement[]>(held);
	const { action, save } = useSave(tenant_id);
	if (!may.manage_keys) {
		const words = formatRequirements([...held, ...plan.key_policy]);
		return <Text size="sm">{words === "" ? "Nothing in particular." : `They must have ${words}.`}</Text>;
	}
	const differs = KEY_REQUIREMENTS.some(({ value }) => chosen.includes(value) !== held.includes(value));
	return (
		<Stack gap={8}>
			{KEY_REQUIREMENTS.map(({ value, label }) => {
				const of_plan = plan.key_policy.includes(value);
				return (
					<Checkbox
						key={value}
						label={`${label.charAt(0).toUpperCase()}${label.slice(1)}`}
						description={of_plan ? "Your plan requires it" : undefined}
						checked={of_plan || chosen.includes(value)}
						disabled={of_plan}
						onChange={(event) => setChosen(event.currentTarget.checked ? [...chosen, value] : chosen.filter((other) => other !== value))}
					/>
				);
			})}
			<Problem error={action.error} />
			{differs && (
				<Save
					pending={action.pending}
					onSave={() => void save({ key_policy: [...chosen] }, "It holds for every production key that is made or changed from now on.")}
					onLeave={() => setChosen(held)}
				/>
			)}
		</Stack>
	);
}

function Save({ pending, onSave, onLeave }: { pending: boolean; onSave: () => void; onLeave: () => void }) {
	return (
		<Group gap={8}>
			<Button loading={pending} onClick={onSave}>
				Save this decision
			</Button>
			<Button variant="default" onClick={onLeave}>
				Leave it as it is
			</Button>
		</Group>
	);
}
