import { DAY_MS, SECOND_MS } from "../core/time.ts";
import { type Evidence, type Fact, type OpenAlert, THE_REST } from "./alert.ts";
import { defaultRule, getKind, isReached, type Rule, type RuleName } from "./rule.ts";

/** Open alerts of one rule and tenant beside which further subjects are one alert: a storm must not bury what matters. */
export const SUBJECTS_MAX = 10;

/** Everything that the evaluation depends on. */
export interface Situation {
	/** Milliseconds, by the database's clock. */
	readonly now: number;
	/** Of rules of kind `news`, what is new; of kind `state`, everything that is so now. */
	readonly facts: readonly Fact[];
	/** At least the open alerts of each tenant and rule that has facts, and those that are due. */
	readonly open: readonly OpenAlert[];
	/** The rules of kind `state` that `facts` has completely: what is missing has ended. */
	readonly complete: ReadonlySet<RuleName>;
	/** Alerts whose subject is found to be in order, by id. */
	readonly ended: ReadonlySet<string>;
	/** Null: the default. */
	readonly ruleOf: (tenant_id: string, rule: RuleName) => Rule | null;
	/** Whether this subject had an alert that was resolved a short time ago. */
	readonly wasResolved: (fact: Fact) => boolean;
}

interface Timed {
	/** When to look again without news; null: never. */
	readonly due_at: number | null;
}

export type Step =
	| ({ readonly kind: "raise"; readonly fact: Fact; readonly quiet_seconds: number | null } & Timed)
	/** It goes on: further occurrences, or new evidence. */
	| ({ readonly kind: "renew"; readonly alert: OpenAlert; readonly count: number; readonly evidence: Evidence } & Timed)
	| ({ readonly kind: "remind"; readonly alert: OpenAlert } & Timed)
	/** It was looked at, and nothing is to be done before the next time. */
	| ({ readonly kind: "wait"; readonly alert: OpenAlert } & Timed)
	| { readonly kind: "resolve"; readonly alert: OpenAlert };

const getGroup = ({ tenant_id, rule }: { tenant_id: string; rule: RuleName }): string => JSON.stringify([tenant_id, rule]);

/**
 * What has to be written so that the alerts describe the situation. The same situation without facts has no steps, so a repeated evaluation
 * changes nothing. Pure.
 */
export function evaluate(situation: Situation): Step[] {
	const open = Map.groupBy(situation.open, getGroup);
	const facts = Map.groupBy(situation.facts, getGroup);
	return [...new Set([...open.keys(), ...facts.keys()])].flatMap((group) => evaluateGroup(situation, facts.get(group) ?? [], open.get(group) ?? []));
}

/** The facts and open alerts of one rule and tenant. */
function evaluateGroup(situation: Situation, found: readonly Fact[], open: readonly OpenAlert[]): Step[] {
	const first = found[0] ?? open[0];
	if (first === undefined) return [];
	const rule = situation.ruleOf(first.tenant_id, first.rule) ?? defaultRule(first.rule);
	const reached = rule.enabled ? merge(found.filter((fact) => isReached(rule, fact.value))) : [];
	const bySubject = new Map(open.map((alert) => [alert.subject, alert]));
	const facts = new Map(limitSubjects(reached, bySubject).map((fact) => [fact.subject, fact]));
	const known = open.flatMap((alert) => getStep(situation, rule, alert, facts.get(alert.subject)));
	const fresh = [...facts.values()].filter(({ subject }) => !bySubject.has(subject)).map((fact) => raise(situation, fact));
	return [...known, ...fresh];
}

/** One fact for each subject, with the sum of the counts and the last evidence. */
function merge(facts: readonly Fact[]): Fact[] {
	const merged = new Map<string, Fact>();
	for (const fact of facts) merged.set(fact.subject, { ...fact, count: fact.count + (merged.get(fact.subject)?.count ?? 0) });
	return [...merged.values()];
}

/** Those that have an alert keep it; of the others as many as there is room for, and the rest is one fact. */
function limitSubjects(facts: readonly Fact[], open: ReadonlyMap<string, OpenAlert>): Fact[] {
	const known = facts.filter(({ subject }) => open.has(subject));
	const fresh = facts.filter(({ subject }) => !open.has(subject));
	const taken = [...open.keys()].filter((subject) => subject !== THE_REST).length;
	const room = open.has(THE_REST) ? 0 : Math.max(0, SUBJECTS_MAX - taken);
	const rest = fresh.slice(room);
	const [example] = rest;
	if (example === undefined) return facts.slice();
	// Occurrences come bit by bit, and the rest is not kept apart: the most at once is what is certain.
	const before = isState(example.rule) ? 0 : Number(open.get(THE_REST)?.evidence.subjects ?? 0);
	const evidence = { subjects: Math.max(rest.length, before), first: example.evidence.name ?? null };
	const one = { ...example, subject: THE_REST, key_id: null, count: rest.reduce((sum, { count }) => sum + count, 0), evidence };
	return [...known, ...fresh.slice(0, room), one];
}

/** The rest has no subject whose state could end it. */
function quietMs({ rule, subject }: Fact, again: boolean): number | null {
	const { how } = getKind(rule);
	if (how.kind === "state") return null;
	const quiet_ms = how.quiet_ms ?? (subject === THE_REST ? DAY_MS : null);
	return again ? (how.quiet_again_ms ?? quiet_ms) : quiet_ms;
}

function raise({ now, wasResolved }: Situation, fact: Fact): Step {
	const quiet_ms = quietMs(fact, wasResolved(fact));
	const quiet_seconds = quiet_ms === null ? null : quiet_ms / SECOND_MS;
	const times = { rule: fact.rule, status: "raised" as const, raised_at: new Date(now), last_at: new Date(now), reminded_at: null, quiet_seconds };
	return { kind: "raise", fact, quiet_seconds, due_at: dueAt(times) };
}

function getStep(situation: Situation, rule: Rule, alert: OpenAlert, fact: Fact | undefined): Step[] {
	const { now } = situation;
	if (!rule.enabled || situation.ended.has(alert.id)) return [{ kind: "resolve", alert }];
	const last = fact === undefined || isState(alert.rule) ? [] : [renew(now, alert, fact)];
	if (fact === undefined && hasEnded(situation, alert)) return [{ kind: "resolve", alert }];
	if (fact !== undefined && isState(alert.rule) && differs(alert, fact)) last.push(renew(now, alert, fact));
	const remind_at = remindAt(alert);
	if (remind_at === null || remind_at > now) {
		const overdue = last.length === 0 && alert.due_at !== null && alert.due_at.getTime() <= now;
		return overdue ? [{ kind: "wait", alert, due_at: dueAt(alert) }] : last;
	}
	const at = { ...alert, last_at: fact === undefined ? alert.last_at : new Date(now), reminded_at: new Date(now) };
	return [...last, { kind: "remind", alert, due_at: dueAt(at) }];
}

function isState(rule: RuleName): boolean {
	return getKind(rule).how.kind === "state";
}

function hasEnded({ now, complete }: Situation, { rule, last_at, quiet_seconds }: OpenAlert): boolean {
	if (isState(rule)) return complete.has(rule);
	return quiet_seconds !== null && now >= last_at.getTime() + quiet_seconds * SECOND_MS;
}

/** Whether the state has changed so much that its evidence is written again. */
function differs(alert: OpenAlert, fact: Fact): boolean {
	const names = new Set([...Object.keys(alert.evidence), ...Object.keys(fact.evidence)]);
	return alert.count !== fact.count || [...names].some((name) => alert.evidence[name] !== fact.evidence[name]);
}

function renew(now: number, alert: OpenAlert, fact: Fact): Step {
	const count = isState(alert.rule) ? fact.count : alert.count + fact.count;
	return { kind: "renew", alert, count, evidence: fact.evidence, due_at: dueAt({ ...alert, last_at: new Date(now) }) };
}

type Times = Pick<OpenAlert, "rule" | "status" | "raised_at" | "last_at" | "reminded_at" | "quiet_seconds">;

/** Null: no reminder is sent of what a person has acknowledged. */
function remindAt({ rule, status, raised_at, reminded_at }: Times): number | null {
	return status === "raised" ? (reminded_at ?? raised_at).getTime() + getKind(rule).remind_ms : null;
}

function dueAt(times: Times): number | null {
	const { last_at, quiet_seconds } = times;
	const moments = [remindAt(times), quiet_seconds === null ? null : last_at.getTime() + quiet_seconds * SECOND_MS].filter((at) => at !== null);
	return moments.length === 0 ? null : Math.min(...moments);
}

/** When the evaluator must look at an alert again after a person acknowledged it. */
export function dueOnceAcknowledged(alert: OpenAlert): number | null {
	return dueAt({ ...alert, status: "acknowledged" });
}
