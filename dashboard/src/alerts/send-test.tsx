import { Alert, Button, Group, Select, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconClock } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Modal } from "../ui/dialog/modal.tsx";
import { Problem } from "../ui/problem.tsx";
import { useNow } from "../ui/time.tsx";
import { useAction } from "../ui/use-action.ts";
import { alertTestsQuery, type MadeAlertTest, type RuleName, rulesQuery, sendAlertTest } from "./queries.ts";
import { formatMails, formatWebhooks, isFinal, type Recipients } from "./reached.ts";
import { RecipientList } from "./recipients.tsx";
import { RULES } from "./rules/words.ts";

const STANDARD: RuleName = "key_exposed";

interface TestProps {
	readonly tenant_id: string;
	readonly opened: boolean;
	readonly onClose: () => void;
}

/** Sends a test alert by a rule and shows whom it reached. */
export function SendAlertTest({ tenant_id, opened, onClose }: TestProps) {
	return (
		<Modal name="test" opened={opened} onClose={onClose} title="Send a test alert" closeButtonProps={{ "aria-label": "Close" }}>
			<Test tenant_id={tenant_id} onClose={onClose} />
		</Modal>
	);
}

function Test({ tenant_id, onClose }: Omit<TestProps, "opened">) {
	const { data: rules } = useSuspenseQuery(rulesQuery(tenant_id));
	const on = rules.filter(({ enabled }) => enabled).map(({ rule }) => rule);
	const [rule, setRule] = useState<RuleName | null>(on.includes(STANDARD) ? STANDARD : (on[0] ?? null));
	const [made, setMade] = useState<MadeAlertTest | null>(null);
	const action = useAction();
	async function send(): Promise<void> {
		if (rule === null) return;
		setMade(null);
		const sent = await action.run(() => sendAlertTest(tenant_id, rule));
		if (sent !== undefined) setMade(sent);
	}
	return (
		<Stack gap="md">
			<Text size="sm" className="kw-wrap">
				It goes the way that alerts of the rule go: by mail to its people, and to webhooks that receive alerts. It says that it is a test, and is in
				no list of alerts.
			</Text>
			{rule === null ? (
				<Text size="sm">Every rule is off, so no one is alerted. Turn one on first.</Text>
			) : (
				<Select
					label="Rule"
					data={on.map((value) => ({ value, label: RULES[value].name }))}
					value={rule}
					allowDeselect={false}
					onChange={(value) => setRule(on.find((one) => one === value) ?? rule)}
				/>
			)}
			{made !== null && <Outcome key={made.test.id} tenant_id={tenant_id} made={made} />}
			<Problem error={action.error} />
			<Group justify="flex-end" gap={8}>
				<Button variant="default" onClick={onClose}>
					Close
				</Button>
				<Button onClick={() => void send()} loading={action.pending} disabled={rule === null} data-autofocus>
					{made === null ? "Send it" : "Send it again"}
				</Button>
			</Group>
		</Stack>
	);
}

const NO_MAIL: Readonly<Record<Exclude<MadeAlertTest["mail"], "queued">, string>> = {
	off: "no one: this server sends no mail",
	own_mail: "no one: the event itself has a mail of its own",
	no_recipient: "no one: no member whom this rule mails has a proven address",
};

function Outcome({ tenant_id, made: { test, mail, not_proven } }: { tenant_id: string; made: MadeAlertTest }) {
	const { data } = useQuery(alertTestsQuery(tenant_id, ({ id, reached }) => id === test.id && isFinal(reached)));
	const now_ms = useNow();
	const latest = data?.find(({ id }) => id === test.id) ?? test;
	const reached = latest.reached ?? { mails: null, webhooks: null };
	const final = mail === "queued" ? isFinal(latest.reached) : isFinal({ ...reached, mails: [] });
	const mailed: Recipients = mail === "queued" ? formatMails(reached, test.rule, now_ms) : NO_MAIL[mail];
	const arrived = latest.delivered_at !== null;
	const [color, Icon, title] = arrived
		? (["teal", IconCheck, "It arrived"] as const)
		: final
			? (["yellow", IconAlertTriangle, "It reached no one"] as const)
			: (["gray", IconClock, "It is being sent"] as const);
	return (
		<Alert role="status" variant="light" color={color} icon={<Icon size={18} aria-hidden="true" />} title={title} data-test-result={arrived}>
			<dl className="kw-alert-facts" data-plain>
				<div>
					<dt>Mailed</dt>
					<dd data-mailed>
						<RecipientList of={mailed} />
					</dd>
				</div>
				<div>
					<dt>Webhooks</dt>
					<dd data-webhooks>
						<RecipientList of={formatWebhooks(reached, now_ms)} />
					</dd>
				</div>
				{not_proven.length > 0 && (
					<div>
						<dt>Not mailed</dt>
						<dd>
							<RecipientList
								of={not_proven.map((name, index) => ({ id: String(index), name, outcome: "the address is not proven", is_reached: false }))}
							/>
						</dd>
					</div>
				)}
			</dl>
		</Alert>
	);
}
