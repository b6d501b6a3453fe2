import { Anchor, Button, Checkbox, Group, MultiSelect, NumberInput, Stack, Switch, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useSession } from "../../access/session.ts";
import { assertUnchanged } from "../../http/meanwhile.ts";
import { membersQuery } from "../../tenants/team-queries.ts";
import { goToFirstFault } from "../../ui/first-fault.ts";
import { GuardedModal, LeaveButton, useFormGuard } from "../../ui/form/guarded-modal.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SheetFoot } from "../../ui/sheet-foot.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { putRule, type Rule, readRule, rulesQuery, useAlertsChanged } from "../queries.ts";
import { GROUP_WORDS, isGroup, RULES, RULES_WITH_OWN_MAIL, seenOfRule, thresholdFault } from "./words.ts";

const WIDTH_PX = 480;
/** The server accepts as many. */
const RECIPIENTS_MAX = 20;

interface SheetProps {
	readonly tenant_id: string;
	readonly rule: Rule;
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Changes a rule: whether it is on, its threshold, and whom it mails. */
export function RuleSheet({ opened, onClose, rule, ...props }: SheetProps) {
	return (
		<GuardedModal
			name="rule"
			sheet
			opened={opened}
			onClose={onClose}
			title={RULES[rule.rule].name}
			size={WIDTH_PX}
			undone="The rule has not been changed."
			closing="Close without saving"
		>
			<RuleForm key={rule.rule} {...props} rule={rule} onClose={onClose} />
		</GuardedModal>
	);
}

function RuleForm({ tenant_id, rule: current, onClose }: Omit<SheetProps, "opened">) {
	// What the person has seen; the list goes on refreshing meanwhile.
	const [seen, setSeen] = useState(current);
	const { rule } = seen;
	const { when, threshold: range } = RULES[rule];
	const [enabled, setEnabled] = useState(seen.enabled);
	const [threshold, setThreshold] = useState<number | string>(seen.threshold ?? "");
	const [to, setTo] = useState<readonly string[]>(seen.to);
	const [tried, setTried] = useState(false);
	const { data: members } = useQuery(membersQuery(tenant_id));
	const queries = useQueryClient();
	const changed = useAlertsChanged(tenant_id);
	const action = useAction();
	const { finish } = useFormGuard();
	const fault = thresholdFault(rule, threshold);

	async function save(event: FormEvent<HTMLFormElement>): Promise<void> {
		event.preventDefault();
		setTried(true);
		if (fault !== null) return goToFirstFault(event.currentTarget);
		const saved = await action.run(async () => {
			const fields = seenOfRule(members?.data ?? []);
			await assertUnchanged({ seen, read: () => readRule(tenant_id, rule), fields, gone: "The rule is not there any more.", onNow: setSeen });
			return putRule(tenant_id, { rule, enabled, to: [...to], ...(typeof threshold === "number" && range !== null ? { threshold } : {}) });
		});
		if (saved === undefined) return;
		queries.setQueryData(rulesQuery(tenant_id).queryKey, (rules) => rules?.map((one) => (one.rule === rule ? saved : one)));
		void changed();
		toaster.done(`“${RULES[rule].name}” is saved.`);
		finish();
		onClose();
	}
	return (
		<form noValidate className="kw-sheet-form" onSubmit={(event) => void save(event)}>
			<Stack gap="lg" flex={1}>
				<Text size="sm" c="dimmed">
					An alert is raised when {when}.
				</Text>
				<Switch
					label="On"
					description="While it is off, nothing is raised, and what is open is resolved"
					checked={enabled}
					onChange={(event) => setEnabled(event.currentTarget.checked)}
					data-autofocus={range === null || undefined}
				/>
				{range !== null && (
					<NumberInput
						label={range.label}
						description={`From ${range.min.toLocaleString("en")} to ${range.max.toLocaleString("en")}`}
						value={threshold}
						onChange={setThreshold}
						allowDecimal={false}
						allowNegative={false}
						thousandSeparator=","
						suffix={` ${range.unit}`}
						w={240}
						maw="100%"
						hideControls
						error={tried ? fault : null}
						data-autofocus
						inputContainer={(children) => (
							<Group gap={8} wrap="nowrap">
								{children}
								{threshold !== range.standard && (
									<Anchor component="button" type="button" size="xs" style={{ whiteSpace: "nowrap" }} onClick={() => setThreshold(range.standard)}>
										Back to {range.standard}
									</Anchor>
								)}
							</Group>
						)}
					/>
				)}
				<Recipients rule={rule} to={to} onTo={setTo} members={members?.data ?? []} />
				<Problem error={action.error} labels={{ "/threshold": range?.label ?? "Threshold", "/to": "Mailed to" }} />
			</Stack>
			<SheetFoot>
				<Group justify="flex-end" gap={8}>
					<LeaveButton>Close without saving</LeaveButton>
					<Button type="submit" loading={action.pending}>
						Save this rule
					</Button>
				</Group>
			</SheetFoot>
		</form>
	);
}

interface RecipientsProps {
	readonly rule: Rule["rule"];
	readonly to: readonly string[];
	readonly onTo: (to: readonly string[]) => void;
	readonly members: readonly { readonly id: string; readonly name: string }[];
}

function Recipients({ rule, to, onTo, members }: RecipientsProps) {
	const { mail } = useSession();
	if (!mail) return <Text size="sm">This server sends no mail: the alert is shown on this page, and webhooks get it.</Text>;
	if (RULES_WITH_OWN_MAIL.includes(rule))
		return (
			<Text size="sm" data-own-mail>
				It has a mail of its own, to owners, admins and the person responsible for the key. Each of them can switch it off in their settings.
			</Text>
		);
	const groups = to.filter(isGroup);
	const people = to.filter((recipient) => !isGroup(recipient));
	// Equal names are two people.
	const options = [
		...members.map(({ id, name }) => ({ value: id, label: name })),
		...people.filter((id) => !members.some((member) => member.id === id)).map((id) => ({ value: id, label: "A person who has left" })),
	];
	return (
		<>
			<Checkbox.Group label="Mailed to" value={[...groups]} onChange={(next) => onTo([...next, ...people])}>
				<Stack gap={8} mt={6}>
					{GROUP_WORDS.map(({ value, label }) => (
						<Checkbox key={value} value={value} label={label} />
					))}
				</Stack>
			</Checkbox.Group>
			<MultiSelect
				label="And to these members"
				data={options}
				value={[...people]}
				onChange={(next) => onTo([...groups, ...next])}
				maxValues={RECIPIENTS_MAX - GROUP_WORDS.length}
				placeholder={people.length === 0 ? "No one else" : ""}
				searchable
				nothingFoundMessage="No member has this name"
				hidePickedOptions
			/>
			{to.length === 0 && (
				<Text size="sm" c="dimmed" role="status">
					No one is mailed. The alert is shown on this page, and webhooks get it.
				</Text>
			)}
		</>
	);
}
