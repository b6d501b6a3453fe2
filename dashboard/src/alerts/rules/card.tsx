import { Switch, Table, Text, UnstyledButton } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useSession } from "../../access/session.ts";
import { membersQuery } from "../../tenants/team-queries.ts";
import { useDialog, useKept, useStaying } from "../../ui/dialog/use-dialog.ts";
import { lazyDialog } from "../../ui/lazy-dialog.tsx";
import { Card } from "../../ui/page.tsx";
import { toaster } from "../../ui/toaster.tsx";
import { useAction } from "../../ui/use-action.ts";
import { putRule, type Rule, rulesQuery, useAlertsChanged } from "../queries.ts";
import { formatRecipients, formatThreshold, RULES, RULES_WITH_OWN_MAIL } from "./words.ts";

const RuleSheet = lazyDialog(
	() => import("./sheet.tsx").then((module) => module.RuleSheet),
	({ opened }) => opened,
	{ opened: false },
);

interface RulesProps {
	readonly tenant_id: string;
	/** Whether this person may change rules: owners and admins, unless the tenant is suspended. */
	readonly edits: boolean;
}

/** Every rule: what it watches, from when on, and whom it mails. */
export function RulesCard({ tenant_id, edits }: RulesProps) {
	const { data: rules } = useSuspenseQuery(rulesQuery(tenant_id));
	const { mail } = useSession();
	const { opened, of, open, close } = useDialog("rule");
	const on = rules.filter(({ enabled }) => enabled).length;
	const asked = rules.find((one) => one.rule === of);
	const rule = useKept(asked);
	const changes = useStaying(opened, edits && asked !== undefined);
	return (
		<Card title="Watched" note={`${on} of ${rules.length} rules on`} flush>
			<Table className="kw-list kw-rules" data-inset aria-label="Rules" verticalSpacing={0}>
				<colgroup>
					<col className="kw-rule-name" />
					<col className="kw-rule-when kw-from-sm" />
					<col className="kw-rule-threshold" />
					{mail && <col className="kw-rule-to kw-from-sm" />}
					<col className="kw-rule-on" />
				</colgroup>
				<Table.Thead>
					<Table.Tr>
						<Table.Th>Rule</Table.Th>
						<Table.Th className="kw-from-sm">Raised when</Table.Th>
						<Table.Th>From</Table.Th>
						{mail && <Table.Th className="kw-from-sm">Mailed to</Table.Th>}
						<Table.Th ta="right">On</Table.Th>
					</Table.Tr>
				</Table.Thead>
				<Table.Tbody>
					{rules.map((one) => (
						<RuleRow key={one.rule} tenant_id={tenant_id} rule={one} mail={mail} edits={edits} onEdit={() => open(one.rule)} />
					))}
				</Table.Tbody>
			</Table>
			<Text size="xs" c="dimmed" px={16} py={10} className="kw-foot" data-delivery>
				{mail
					? "Alerts are mailed when they are raised and when they are resolved, to people whose address is proven. Webhooks get them too."
					: "This server sends no mail: alerts are shown here, and webhooks get them."}
			</Text>
			{rule !== null && <RuleSheet tenant_id={tenant_id} rule={rule} opened={changes} onClose={close} />}
		</Card>
	);
}

interface RowProps extends RulesProps {
	readonly rule: Rule;
	readonly mail: boolean;
	readonly onEdit: () => void;
}

function RuleRow({ tenant_id, rule, mail, edits, onEdit }: RowProps) {
	const { name, when } = RULES[rule.rule];
	const threshold = formatThreshold(rule.rule, rule.threshold);
	const color = rule.enabled ? "var(--mantine-color-text)" : "dimmed";
	return (
		<Table.Tr data-rule={rule.rule} data-off={!rule.enabled || undefined}>
			<Table.Th scope="row" fw={500}>
				{edits ? (
					<UnstyledButton className="kw-rule-edit" onClick={onEdit} aria-label={`Edit the rule ${name}`} title={`Raised when ${when}`}>
						{name}
					</UnstyledButton>
				) : (
					<Text span inherit c={color} truncate display="block" title={`Raised when ${when}`}>
						{name}
					</Text>
				)}
			</Table.Th>
			<Table.Td className="kw-from-sm">
				<Text span inherit c="dimmed" truncate display="block" title={when}>
					{when}
				</Text>
			</Table.Td>
			<Table.Td>
				<Text span inherit c={color} truncate display="block">
					{threshold}
				</Text>
			</Table.Td>
			{mail && (
				<Table.Td className="kw-from-sm">
					<Recipients tenant_id={tenant_id} rule={rule} />
				</Table.Td>
			)}
			<Table.Td>
				<OnOff tenant_id={tenant_id} rule={rule} edits={edits} />
			</Table.Td>
		</Table.Tr>
	);
}

function Recipients({ tenant_id, rule }: { tenant_id: string; rule: Rule }) {
	const { data } = useQuery(membersQuery(tenant_id));
	const words = RULES_WITH_OWN_MAIL.includes(rule.rule) ? "has mails of its own" : formatRecipients(rule.to, data?.data ?? []);
	return (
		<Text span inherit c="dimmed" truncate display="block" title={words}>
			{!rule.enabled || words === "" ? "—" : <bdi>{words}</bdi>}
		</Text>
	);
}

/** Turns the rule on or off at once; open alerts of a rule that is off are resolved by the server. */
function OnOff({ tenant_id, rule: { rule, enabled }, edits }: RulesProps & { readonly rule: Rule }) {
	const changed = useAlertsChanged(tenant_id);
	const { pending, run } = useAction();
	const { name } = RULES[rule];
	async function turn(next: boolean): Promise<void> {
		const done = await run(() => putRule(tenant_id, { rule, enabled: next }));
		await changed();
		if (done === undefined) toaster.failed("The rule is as it was", "The server refused the change or did not answer. Look again, then try again.");
		else if (done.enabled) toaster.done(`“${name}” is on.`);
		else toaster.noted(`“${name}” is off. Its open alerts are resolved.`);
	}
	return (
		<Switch
			size="sm"
			checked={enabled}
			disabled={!edits || pending}
			onChange={(event) => void turn(event.currentTarget.checked)}
			aria-label={name}
			withThumbIndicator={false}
			styles={{ body: { justifyContent: "flex-end" } }}
		/>
	);
}
