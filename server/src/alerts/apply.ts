import { newId } from "../core/id.ts";
import { HOUR_MS } from "../core/time.ts";
import type { RecordTx } from "../database/transaction.ts";
import type { OutboxEvent } from "../outbox/events.ts";
import { insertEvents } from "../outbox/store.ts";
import type { Fact, OpenAlert } from "./alert.ts";
import { evaluate, type Situation, type Step } from "./evaluate.ts";
import { readRulesOf } from "./rules-store.ts";
import { type ChangedAlert, insertAlerts, lockTenants, type NewAlert, readResolvedSubjects, resolvedName, updateAlerts } from "./store.ts";
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
	const raised: NewAlert[] = [];
	const changed = new Map<string, ChangedAlert>();
	const events: OutboxEvent[] = [];
	for (const step of steps) {
		if (step.kind === "raise") {
			if (!existing.has(step.fact.tenant_id)) continue;
			const alert = toAlert(step, now);
			raised.push(alert);
			events.push({ tenant_id: alert.tenant_id, type: "alert.raised", data: eventData(alert) });
		} else {
			const { id } = step.alert;
			// An alert may be renewed and reminded of at once.
			changed.set(id, { ...(changed.get(id) ?? { ...step.alert, resolved_at: null }), ...toChanges(step, now) });
			events.push(...toEvents(step, now));
		}
	}
	await insertAlerts(tx, raised);
	await updateAlerts(tx, [...changed.values()]);
	await insertEvents(tx, events);
	return events.length;
}

type Raise = Extract<Step, { kind: "raise" }>;
type Change = Exclude<Step, Raise>;

const toDate = (at: number | null): Date | null => (at === null ? null : new Date(at));

function toAlert({ fact, quiet_seconds, due_at }: Raise, now: Date): NewAlert {
	const { tenant_id, rule, subject, key_id, count, evidence } = fact;
	return { tenant_id, id: newId("alt"), rule, subject, key_id, count, evidence, raised_at: now, quiet_seconds, due_at: toDate(due_at) };
}

function toChanges(step: Change, now: Date): Partial<ChangedAlert> {
	if (step.kind === "resolve") return { status: "resolved", resolved_at: now, due_at: null };
	const due_at = toDate(step.due_at);
	if (step.kind === "renew") return { count: step.count, evidence: step.evidence, last_at: now, due_at };
	return step.kind === "remind" ? { reminded_at: now, due_at } : { due_at };
}

function toEvents({ kind, alert }: Change, now: Date): OutboxEvent[] {
	const { tenant_id } = alert;
	if (kind === "remind") return [{ tenant_id, type: "alert.reminded", data: eventData(alert) }];
	return kind === "resolve" ? [{ tenant_id, type: "alert.resolved", data: { ...eventData(alert), resolved_at: now.toISOString() } }] : [];
}

function eventData(alert: Pick<OpenAlert, "id" | "raised_at"> & Pick<Fact, "rule" | "key_id" | "subject" | "evidence" | "count">) {
	const { id, rule, key_id, count, raised_at } = alert;
	return { alert_id: id, rule, key_id, summary: summarize(alert), count, raised_at: raised_at.toISOString() };
}
