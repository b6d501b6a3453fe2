import { type ChangeContext, change } from "../audit/change.ts";
import { ApiError } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { type ReadTx, read } from "../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../http/input/cursor.ts";
import type { MailContext } from "../outbox/mail/mailer.ts";
import { readTenantForUpdate } from "../tenants/store.ts";
import { tenantNotFound } from "../tenants/tenant.ts";
import { keyExists } from "../usage/reports/report-store.ts";
import { type Alert, alertNotFound, toAcknowledger } from "./alert.ts";
import { dueOnceAcknowledged } from "./evaluate.ts";
import { toReachedResponse } from "./reached.ts";
import { readReached } from "./reached-store.ts";
import type { AlertAnswer } from "./schema.ts";
import { type AlertFilter, countAlerts, lockAlert, readAlert, readAlerts, storeAcknowledgement } from "./store.ts";
import { summarize } from "./summary.ts";

type AlertContext = DatabaseContext & MailContext;
type ListInput = PageRequest & AlertFilter & { readonly tenant_id: string; readonly total?: boolean | undefined };

/** Lists the alerts of a tenant, newest first; with `total`, also how many match in all. 404 `not_found` for an unknown key. */
export async function listAlerts(context: AlertContext, input: ListInput): Promise<Page<AlertAnswer> & { readonly total?: number }> {
	const window = windowByTime(input);
	const { tenant_id, key_id } = input;
	return read(context, async (tx) => {
		if (key_id !== undefined && !(await keyExists(tx, tenant_id, key_id))) throw new ApiError("not_found", "There is no API key with this id.");
		const rows = await readAlerts(tx, tenant_id, input, window);
		const page = toPage(rows, window, ({ raised_at, id }) => [raised_at.toISOString(), id]);
		const total = input.total === true ? { total: await countAlerts(tx, tenant_id, input) } : {};
		return { ...page, data: await withReached(tx, context, tenant_id, page.data), ...total };
	});
}

/** Returns one alert. 404 `not_found`. */
export async function getAlert(context: AlertContext, input: { tenant_id: string; alert_id: string }): Promise<AlertAnswer> {
	const { tenant_id } = input;
	const [answer] = await read(context, async (tx) => {
		const alert = await readAlert(tx, { tenant_id, id: input.alert_id });
		return alert ? withReached(tx, context, tenant_id, [alert]) : [];
	});
	if (!answer) throw alertNotFound();
	return answer;
}

/** The responses for alerts of one tenant, with who received each. */
async function withReached(tx: ReadTx, { mailer }: MailContext, tenant_id: string, alerts: readonly Alert[]): Promise<AlertAnswer[]> {
	const ids = alerts.map(({ id }) => id);
	const reached = await readReached(tx, tenant_id, ids, "alert.raised");
	return alerts.map((alert) => toAlertResponse(alert, toReachedResponse(reached.get(alert.id), mailer.enabled)));
}

/**
 * Records that a person has seen an alert: no further reminder is sent. It is resolved when it ends, as before. A repeat, and one that is
 * resolved, stay as they are. Also in a suspended tenant. 404 `not_found`.
 */
export async function acknowledgeAlert(context: ChangeContext & MailContext, input: { tenant_id: string; alert_id: string }): Promise<AlertAnswer> {
	const { tenant_id, alert_id: id } = input;
	return change(context, async (tx) => {
		if (!(await readTenantForUpdate(tx, tenant_id))) throw tenantNotFound();
		const alert = await lockAlert(tx, { tenant_id, id });
		if (!alert) throw alertNotFound();
		const answer = async (as: Alert): Promise<AlertAnswer> => {
			const [first] = await withReached(tx, context, tenant_id, [as]);
			return first ?? toAlertResponse(as, null);
		};
		if (alert.status !== "raised") return { unchanged: await answer(alert) };
		const now = new Date(context.clock.now());
		const who = toAcknowledger(context.actor);
		const due_at = dueOnceAcknowledged(alert);
		await storeAcknowledgement(tx, alert, { now, who, due_at: due_at === null ? null : new Date(due_at) });
		const details = { rule: alert.rule, name: summarize(alert) };
		return {
			result: await answer({ ...alert, status: "acknowledged", acknowledged_at: now, acknowledged_by: who }),
			audit: [{ action: "alert.acknowledged", target: { kind: "alert", id }, tenant_id, details }],
		};
	});
}

function toAlertResponse(alert: Alert, reached: AlertAnswer["reached"]): AlertAnswer {
	const { id, rule, status, key_id, evidence, count, acknowledged_by } = alert;
	return {
		...{ id, rule, status, key_id, count, acknowledged_by, summary: summarize(alert), evidence: { ...evidence }, reached },
		raised_at: alert.raised_at.toISOString(),
		last_at: alert.last_at.toISOString(),
		reminded_at: alert.reminded_at?.toISOString() ?? null,
		resolved_at: alert.resolved_at?.toISOString() ?? null,
		acknowledged_at: alert.acknowledged_at?.toISOString() ?? null,
	};
}
