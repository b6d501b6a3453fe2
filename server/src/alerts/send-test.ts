import { type ChangeContext, change } from "../audit/change.ts";
import { ApiError } from "../core/error.ts";
import { newId } from "../core/id.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import type { MailContext } from "../outbox/mail/mailer.ts";
import { readTenantForUpdate } from "../tenants/store.ts";
import { assertTenantActive, tenantNotFound } from "../tenants/tenant.ts";
import type { TestPace } from "../webhooks/test-pace.ts";
import { toAcknowledger } from "./alert.ts";
import { getFirstDelivery, RULES_WITH_OWN_MAIL, TEST_TYPE, toReachedResponse } from "./reached.ts";
import { readReached, readRecipients } from "./reached-store.ts";
import { defaultRule, type RuleName } from "./rule.ts";
import { readRules } from "./rules-store.ts";
import type { AlertTestAnswer, MadeAlertTest } from "./schema.ts";
import { type AlertTest, putTest, readTests } from "./tests-store.ts";

export interface AlertTestContext extends ChangeContext, MailContext {
	readonly alert_tests: TestPace;
}

/**
 * Sends a test through the queues of alerts: to those whom `rule` mails, and to the webhooks that receive `alert.raised`. It is no alert and is in no
 * list of them. Returns before it is sent, with what is known by then. 409 `conflict` if the rule is off, 429 `rate_limited`, 404 `not_found`.
 */
export async function sendAlertTest(context: AlertTestContext, input: { tenant_id: string; rule: RuleName }): Promise<MadeAlertTest> {
	const { tenant_id, rule: name } = input;
	return change(context, async (tx) => {
		const found = await readTenantForUpdate(tx, tenant_id);
		if (!found) throw tenantNotFound();
		assertTenantActive(found.tenant);
		const rule = (await readRules(tx, tenant_id)).find((changed) => changed.rule === name) ?? defaultRule(name);
		if (!rule.enabled) throw new ApiError("conflict", "This rule is off, so it raises no alert. Turn it on, or test another one.");
		context.alert_tests.count(tenant_id);
		const recipients = await readRecipients(tx, tenant_id, rule.to);
		const tested_at = new Date(context.clock.now());
		const tested_by = toAcknowledger(context.actor);
		const test: AlertTest = { tenant_id, rule: name, id: newId("alt"), tested_at, tested_by, delivered_at: null };
		await putTest(tx, test);
		return {
			result: {
				test: toTestResponse(test, null),
				mail: whyNoMail(context, name, recipients),
				not_proven: recipients.filter(({ proven }) => !proven).map((person) => person.name),
			},
			audit: [{ action: "alert.tested", target: { kind: "alert_rule", id: name }, tenant_id, details: { name } }],
			events: [
				{
					tenant_id,
					type: TEST_TYPE,
					data: {
						alert_id: test.id,
						rule: name,
						summary: "Test alert: nothing has happened",
						tested_by: tested_by.name,
						tested_at: tested_at.toISOString(),
					},
				},
			],
		};
	});
}

/** Whether the test is mailed, or why not. */
function whyNoMail({ mailer }: MailContext, rule: RuleName, recipients: readonly { proven: boolean }[]): MadeAlertTest["mail"] {
	if (!mailer.enabled) return "off";
	if (RULES_WITH_OWN_MAIL.includes(rule)) return "own_mail";
	return recipients.some(({ proven }) => proven) ? "queued" : "no_recipient";
}

/** The latest test of each rule, the latest first, with who received it. */
export async function listAlertTests(context: DatabaseContext & MailContext, input: { tenant_id: string }): Promise<{ data: AlertTestAnswer[] }> {
	const { tenant_id } = input;
	return read(context, async (tx) => {
		const tests = await readTests(tx, tenant_id);
		const ids = tests.map(({ id }) => id);
		const reached = await readReached(tx, tenant_id, ids, TEST_TYPE);
		return { data: tests.map((test) => toTestResponse(test, toReachedResponse(reached.get(test.id), context.mailer.enabled))) };
	});
}

function toTestResponse({ id, rule, tested_at, tested_by, delivered_at }: AlertTest, reached: AlertTestAnswer["reached"]): AlertTestAnswer {
	return { id, rule, tested_at: tested_at.toISOString(), tested_by, delivered_at: delivered_at?.toISOString() ?? getFirstDelivery(reached), reached };
}
