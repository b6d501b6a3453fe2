import { Button, Checkbox, Group, Radio, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useAccess } from "../access/session.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import { formatRequirements, KEY_REQUIREMENTS, type KeyRequirement } from "../plans/key-policy.ts";
import { policyQuery, putPolicy, type TenantPolicies } from "../tenants/client-policy.tsx";
import { ChoiceCard } from "../ui/choice-card.tsx";
import { useFold } from "../ui/form/fold.tsx";
import { Problem } from "../ui/problem.tsx";
import { toaster } from "../ui/toaster.tsx";
import { useAction } from "../ui/use-action.ts";
import { Rule } from "./rule.tsx";

const RESPONSES = {
	revoke: { title: "Revoke it at once", text: "No request with it works any more. What uses it stops until it has another key." },
	rotate: {
		title: "Replace it within a day",
		text: "A new key is made, the old one works for 24 more hours, and you are alerted. Within that day, press “Issue the new key” on the page of the replacement.",
	},
} as const;
const LACKING = "A production key that lacks it is not made, and not changed away from it. Keys that exist keep working.";

interface RulesProps {
	readonly tenant_id: string;
	/** Undefined until they have come. */
	readonly policies: TenantPolicies | undefined;
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

/** What happens to a key that others found. */
export function LeakResponse({ tenant_id, policies }: RulesProps) {
	const { may } = useAccess();
	const { opened, button, close } = useFold("A key that others found");
	const held = policies?.leak_response;
	return (
		<Rule
			title="A key that others found"
			value={held === undefined ? undefined : RESPONSES[held]}
			aside={may.manage_keys && held !== undefined && button}
		>
			{may.manage_keys && held !== undefined && opened && <LeakChoice tenant_id={tenant_id} held={held} onClose={close} />}
		</Rule>
	);
}

interface FormProps<Held> {
	readonly tenant_id: string;
	readonly held: Held;
	readonly onClose: () => void;
}

function LeakChoice({ tenant_id, held, onClose }: FormProps<TenantPolicies["leak_response"]>) {
	const [chosen, setChosen] = useState(held);
	const { action, save } = useSave(tenant_id);
	return (
		<Stack gap={12}>
			<Text size="sm" c="dimmed">
				Who finds a key can report it, and code hosts do so by themselves. This happens when the whole key was reported.
			</Text>
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
					onSave={async () => {
						if (await save({ leak_response: chosen }, "The decision holds from the next report on.")) onClose();
					}}
					onLeave={onClose}
				/>
			)}
		</Stack>
	);
}

/** What production keys must have when they are made or changed. */
export function KeyRequirements({ tenant_id, policies }: RulesProps) {
	const { may, plan } = useAccess();
	const { opened, button, close } = useFold("What production keys must have");
	const held = policies?.key_policy;
	const words = formatRequirements([...(held ?? []), ...plan.key_policy]);
	const value = { title: words === "" ? "Nothing in particular" : `${words.charAt(0).toUpperCase()}${words.slice(1)}`, text: LACKING };
	return (
		<Rule title="What production keys must have" value={held && value} aside={may.manage_keys && held !== undefined && button}>
			{may.manage_keys && held !== undefined && opened && <Requirements tenant_id={tenant_id} held={held} onClose={close} />}
		</Rule>
	);
}

function Requirements({ tenant_id, held, onClose }: FormProps<readonly KeyRequirement[]>) {
	const { plan } = useAccess();
	const [chosen, setChosen] = useState<readonly KeyRequirement[]>(held);
	const { action, save } = useSave(tenant_id);
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
					onSave={async () => {
						if (await save({ key_policy: [...chosen] }, "It holds for every production key that is made or changed from now on.")) onClose();
					}}
					onLeave={onClose}
				/>
			)}
		</Stack>
	);
}

function Save({ pending, onSave, onLeave }: { pending: boolean; onSave: () => Promise<void>; onLeave: () => void }) {
	return (
		<Group gap={8}>
			<Button loading={pending} onClick={() => void onSave()}>
				Save this decision
			</Button>
			<Button variant="default" onClick={onLeave}>
				Leave it as it is
			</Button>
		</Group>
	);
}
