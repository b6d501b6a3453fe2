import { newId } from "../core/id.ts";
import { HOUR_MS } from "../core/time.ts";
import type { RecordTx } from "../database/transaction.ts";
import type { OutboxEvent } from "../outbox/events.ts";
import { insertEvents } from "../outbox/store.ts";
import type { Fact, OpenAlert } from "./alert.ts";
import { evaluate, type Situation, type Step } from "./evaluate.ts";
import { readRulesOf } from "./rules-store.ts";
import { insertAlert, lockTenants, readResolvedSubjects, resolvedName, updateAlert } from "./store.ts";
import { summarize } from "./summary.ts";

/** More than a day, so that what happens once a day counts as coming back. */
const BACK_WITHIN_MS = 26 * HOUR_MS;

type Observed = Pick<Situation, "facts" | "complete" | "ended">;

/** Evaluates what was observed and writes the alerts with their events. Needs the lock of the evaluation. Returns the number of events. */
export async function applySituation(tx: RecordTx, now: Date, observed: Observed, open: readonly OpenAlert[]): Promise<number> {
	const tenant_ids = [...new Set([...observed.facts, ...open].map(({ tenant_id }) => tenant_id))];
	const ruleOf = await readRulesOf(tx, tenant_ids);
	const resolved = await readResolvedSubjects(tx, observed.facts, new Date(now.getTime() - BACK_WITHIN_MS));
	const steps = evaluate({ ...observed, now: now.getTime(), open, ruleOf, wasResolved: (fact) => resolved.has(resolvedName(fact)) });
	const raised_in = steps.flatMap((step) => (step.kind === "raise" ? [step.fact.tenant_id] : []));
	const existing = await lockTenants(tx, [...new Set(raised_in)]);
	const events: OutboxEvent[] = [];
	for (const step of steps) {
		if (step.kind === "raise" && !existing.has(step.fact.tenant_id)) continue;
		const event = await write(tx, now, step);
		if (event !== null) events.push(event);
	}
	await insertEvents(tx, events);
	return events.length;
}

/** Writes one step; returns its event, or null for none. */
async function write(tx: RecordTx, now: Date, step: Step): Promise<OutboxEvent | null> {
	const due_at = step.kind === "resolve" || step.due_at === null ? null : new Date(step.due_at);
	switch (step.kind) {
		case "raise": {
			const id = newId("alt");
			await insertAlert(tx, step.fact, { id, now, quiet_seconds: step.quiet_seconds, due_at });
			return { tenant_id: step.fact.tenant_id, type: "alert.raised", data: { ...eventData({ ...step.fact, id, raised_at: now }) } };
		}
		case "renew":
			await updateAlert(tx, step.alert, { count: step.count, evidence: step.evidence, last_at: now, due_at });
			return null;
		case "remind":
			await updateAlert(tx, step.alert, { reminded_at: now, due_at });
			return { tenant_id: step.alert.tenant_id, type: "alert.reminded", data: eventData(step.alert) };
		case "wait":
			await updateAlert(tx, step.alert, { due_at });
			return null;
		case "resolve":
			await updateAlert(tx, step.alert, { status: "resolved", resolved_at: now, due_at: null });
			return { tenant_id: step.alert.tenant_id, type: "alert.resolved", data: { ...eventData(step.alert), resolved_at: now.toISOString() } };
	}
}

function eventData(alert: Pick<OpenAlert, "id" | "raised_at"> & Pick<Fact, "rule" | "key_id" | "subject" | "evidence" | "count">) {
	const { id, rule, key_id, count, raised_at } = alert;
	return { alert_id: id, rule, key_id, summary: summarize(alert), count, raised_at: raised_at.toISOString() };
}
