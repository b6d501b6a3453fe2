import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../core/time.ts";
import { type Fact, type OpenAlert, THE_REST } from "./alert.ts";
import { evaluate, type Situation, type Step, SUBJECTS_MAX } from "./evaluate.ts";
import { defaultRule, getKind, isReached, RULE_NAMES, type RuleName } from "./rule.ts";

const NOW = Date.UTC(2026, 10, 30, 9);
const TENANT = "acme";

const getFact = (rule: RuleName, subject = "key_1", rest: Partial<Fact> = {}): Fact => ({
	...{ tenant_id: TENANT, rule, subject, key_id: subject, value: getKind(rule).threshold?.default ?? 0, count: 1, evidence: { name: subject } },
	...rest,
});

const situation = (rest: Partial<Situation>): Situation => ({
	...{ now: NOW, facts: [], open: [], complete: new Set<RuleName>(), ended: new Set<string>(), ruleOf: () => null, wasResolved: () => false },
	...rest,
});

/** The open alerts after the steps were written. */
function after(open: readonly OpenAlert[], steps: readonly Step[], now: number): OpenAlert[] {
	const alerts = new Map(open.map((alert) => [alert.id, alert]));
	for (const step of steps) {
		const due_at = step.kind === "resolve" || step.due_at === null ? null : new Date(step.due_at);
		const at = new Date(now);
		if (step.kind === "raise") {
			const { tenant_id, rule, subject, key_id, count, evidence } = step.fact;
			const times = { raised_at: at, last_at: at, reminded_at: null, quiet_seconds: step.quiet_seconds, due_at };
			const id = `alt_${alerts.size}_${now}`;
			alerts.set(id, { tenant_id, id, rule, subject, key_id, status: "raised", evidence, count, ...times });
			continue;
		}
		const alert = alerts.get(step.alert.id) ?? step.alert;
		if (step.kind === "resolve") alerts.delete(alert.id);
		else if (step.kind === "renew") alerts.set(alert.id, { ...alert, count: step.count, evidence: step.evidence, last_at: at, due_at });
		else alerts.set(alert.id, { ...alert, ...(step.kind === "remind" ? { reminded_at: at } : {}), due_at });
	}
	return [...alerts.values()];
}

const kinds = (steps: readonly Step[]): string[] => steps.map(({ kind }) => kind);

test("every rule is on by default, raises at its default threshold, and has recipients", () => {
	for (const name of RULE_NAMES) {
		const rule = defaultRule(name);
		equal(rule.enabled && rule.to.length > 0 && isReached(rule, rule.threshold ?? 0), true, name);
		const threshold = getKind(name).threshold;
		equal(rule.threshold, threshold?.default ?? null, name);
		if (threshold) equal(isReached(rule, threshold.reached === "at_least" ? threshold.default - 1 : threshold.default + 1), false, name);
		deepEqual(kinds(evaluate(situation({ facts: [getFact(name)] }))), ["raise"], name);
	}
});

test("occurrences of one subject are one alert, which is resolved after a time without any", () => {
	const first = evaluate(situation({ facts: [getFact("dead_key_presented"), getFact("dead_key_presented")] }));
	let open = after([], first, NOW);
	deepEqual(
		open.map(({ count }) => count),
		[2],
	);
	for (let minute = 1; minute <= 4; minute += 1) {
		const now = NOW + minute * MINUTE_MS;
		const steps = evaluate(situation({ now, open, facts: [getFact("dead_key_presented", "key_1", { count: 100 })] }));
		deepEqual(kinds(steps), ["renew"]);
		open = after(open, steps, now);
	}
	equal(open[0]?.count, 402);
	deepEqual(evaluate(situation({ now: NOW + 8 * MINUTE_MS, open })), []);
	deepEqual(kinds(evaluate(situation({ now: NOW + 9 * MINUTE_MS, open }))), ["resolve"]);
});

test("what comes back soon after it was resolved stays open for longer than a day", () => {
	const [raised] = evaluate(situation({ facts: [getFact("dead_key_presented")], wasResolved: () => true }));
	equal(raised?.kind === "raise" ? raised.quiet_seconds : 0, (26 * HOUR_MS) / 1_000);
});

test("a state is one alert for as long as it lasts, and only a complete reading resolves it", () => {
	const complete = new Set<RuleName>(["key_expiring"]);
	const open = after([], evaluate(situation({ complete, facts: [getFact("key_expiring")] })), NOW);
	deepEqual(evaluate(situation({ open, complete, facts: [getFact("key_expiring")] })), []);
	deepEqual(evaluate(situation({ open })), []);
	deepEqual(kinds(evaluate(situation({ open, complete }))), ["resolve"]);
	const far = getFact("key_expiring", "key_1", { value: 15 });
	deepEqual(kinds(evaluate(situation({ open, complete, facts: [far] }))), ["resolve"], "the end was moved");
});

test("people are reminded until a person acknowledges, and an acknowledged alert is still resolved", () => {
	let open = after([], evaluate(situation({ facts: [getFact("key_exposed")] })), NOW);
	equal(open[0]?.due_at?.getTime(), NOW + 8 * HOUR_MS);
	for (const hours of [8, 16]) {
		const now = NOW + hours * HOUR_MS;
		const steps = evaluate(situation({ now, open }));
		deepEqual(kinds(steps), ["remind"]);
		open = after(open, steps, now);
		deepEqual(evaluate(situation({ now, open })), []);
	}
	const acknowledged = open.map((alert) => ({ ...alert, status: "acknowledged" as const }));
	const steps = evaluate(situation({ now: NOW + DAY_MS, open: acknowledged }));
	deepEqual(
		steps.map((step) => [step.kind, step.kind === "wait" ? step.due_at : 0]),
		[["wait", null]],
	);
	deepEqual(kinds(evaluate(situation({ open: acknowledged, ended: new Set(acknowledged.map(({ id }) => id)) }))), ["resolve"]);
});

test("a rule that is off raises nothing and ends what it has raised", () => {
	const getRule = (_tenant: string, rule: RuleName) => ({ ...defaultRule(rule), enabled: false });
	const open = after([], evaluate(situation({ facts: [getFact("new_source")] })), NOW);
	deepEqual(evaluate(situation({ facts: [getFact("new_source")], ruleOf: getRule })), []);
	deepEqual(kinds(evaluate(situation({ facts: [getFact("new_source")], open, ruleOf: getRule }))), ["resolve"]);
});

test("a storm of subjects is a few alerts and one for the rest, whether at once or bit by bit", () => {
	const keys = Array.from({ length: 500 }, (_, index) => getFact("dead_key_presented", `key_${index}`));
	const at_once = after([], evaluate(situation({ facts: keys })), NOW);
	let bit_by_bit: OpenAlert[] = [];
	for (let from = 0; from < keys.length; from += 7) {
		bit_by_bit = after(bit_by_bit, evaluate(situation({ facts: keys.slice(from, from + 7), open: bit_by_bit })), NOW);
	}
	for (const open of [at_once, bit_by_bit]) {
		equal(open.length, SUBJECTS_MAX + 1);
		equal(
			open.reduce((sum, { count }) => sum + count, 0),
			500,
		);
		equal(open.find(({ subject }) => subject === THE_REST)?.key_id, null);
	}
	const expiring = Array.from({ length: 40 }, (_, index) => getFact("key_expiring", `key_${index}`));
	const complete = new Set<RuleName>(["key_expiring"]);
	const open = after([], evaluate(situation({ complete, facts: expiring })), NOW);
	deepEqual(evaluate(situation({ complete, facts: expiring, open })), [], "the same again changes nothing");
	deepEqual(kinds(after([], [], NOW) && evaluate(situation({ complete, facts: expiring.slice(0, SUBJECTS_MAX), open }))), ["resolve"]);
});

test("tenants do not share alerts, rules or the bound on subjects", () => {
	const facts = ["a", "b"].flatMap((tenant_id) => Array.from({ length: SUBJECTS_MAX }, (_, i) => getFact("key_exposed", `${i}`, { tenant_id })));
	equal(after([], evaluate(situation({ facts })), NOW).length, 2 * SUBJECTS_MAX);
});

test("whatever happens, at most one alert of a subject is open, and a repeated evaluation writes nothing", () => {
	const moment = fc.record({
		minutes: fc.integer({ min: 0, max: 2_000 }),
		facts: fc.array(
			fc.record({ rule: fc.constantFrom(...RULE_NAMES), subject: fc.integer({ min: 0, max: 14 }), count: fc.integer({ min: 1, max: 9 }) }),
		),
		looked: fc.subarray([...RULE_NAMES]),
	});
	fc.assert(
		fc.property(fc.array(moment, { maxLength: 12 }), (moments) => {
			let open: OpenAlert[] = [];
			let now = NOW;
			for (const { minutes, facts, looked } of moments) {
				now += minutes * MINUTE_MS;
				const complete = new Set(looked.filter((rule) => getKind(rule).how.kind === "state"));
				const found = facts.map(({ rule, subject, count }) => getFact(rule, `key_${subject}`, { count }));
				open = after(open, evaluate(situation({ now, open, complete, facts: found })), now);
				const subjects = open.map(({ rule, subject }) => `${rule} ${subject}`);
				equal(new Set(subjects).size, subjects.length);
				deepEqual(evaluate(situation({ now, open })), []);
			}
		}),
		{ numRuns: 300 },
	);
});
