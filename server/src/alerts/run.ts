import { record } from "../audit/record.ts";
import { ALL_TENANTS } from "../core/context.ts";
import type { Database } from "../database/database.ts";
import { type ReadTx, read } from "../database/transaction.ts";
import { NEWS_RULES, type NewsRule, takeNews } from "../outbox/news-store.ts";
import { applySituation } from "./apply.ts";
import { toFacts } from "./facts/news.ts";
import { look } from "./facts/states.ts";
import type { RulePauses } from "./pauses.ts";
import { RULE_NAMES, type RuleName } from "./rule.ts";
import { readDueRules, readFarthest, storeEvaluated } from "./rules-store.ts";
import { lockEvaluation, lockOpenAlerts, readDue, readTime } from "./store.ts";

const NEWS_PER_STEP = 2_000;
/** Of each tenant with refusals the usage of a day is read. */
const FAILURES_PER_STEP = 100;
const DUE_PER_STEP = 500;
/** What is promised within two seconds comes before what reads much. */
const URGENT: readonly NewsRule[] = ["canary_used", "key_exposed"];
const IN_ORDER: readonly NewsRule[] = [...URGENT, ...NEWS_RULES.filter((rule) => !URGENT.includes(rule))];

export interface EvaluationContext {
	readonly database: Database;
	/** For tests, which drive the time. Default: the database's clock. */
	readonly now?: () => Date;
	/** Rules that failed a short time ago. Default: none, each is attempted. */
	readonly pauses?: RulePauses;
}

async function readNow(context: EvaluationContext, tx: ReadTx): Promise<Date> {
	return context.now?.() ?? readTime(tx);
}

/** Evaluates each rule apart from the others: one that fails ends after them, with its name. */
class Attempts {
	readonly #pauses: RulePauses | undefined;
	readonly #errors: Error[] = [];
	readonly failed = new Set<RuleName>();

	constructor({ pauses }: EvaluationContext) {
		this.#pauses = pauses;
		for (const rule of RULE_NAMES) if (pauses?.has(rule) === true) this.failed.add(rule);
	}

	/** The number of events, or 0 after a failure, which is thrown by `end`. */
	async run(rule: RuleName, evaluate: () => Promise<number>): Promise<number> {
		try {
			const events = await evaluate();
			this.#pauses?.delete(rule);
			return events;
		} catch (error) {
			this.#pauses?.add(rule);
			this.failed.add(rule);
			this.#errors.push(new Error(`the rule ${rule} could not be evaluated`, { cause: error }));
			return 0;
		}
	}

	end(): void {
		if (this.#errors.length > 1) throw new AggregateError(this.#errors, this.#errors.map(({ message }) => message).join("; "));
		for (const error of this.#errors) throw error;
	}
}

/**
 * Raises, reminds and resolves alerts by what has happened since, and by the time. One query while nothing is to be done. The news are deleted in the
 * transaction that writes the alerts: a node that dies leaves both to the next one. Returns the number of events.
 */
export async function evaluateNews(context: EvaluationContext): Promise<number> {
	const attempts = new Attempts(context);
	let events = 0;
	for (;;) {
		// An alert is not resolved for want of news while its news cannot be read.
		const rules = RULE_NAMES.filter((rule) => !attempts.failed.has(rule));
		const due = await read({ ...context, scope: ALL_TENANTS }, (tx) => readDue(tx, { now: context.now?.() ?? null, rules }));
		const news = IN_ORDER.filter((rule) => due.news.includes(rule) && !attempts.failed.has(rule));
		for (const rule of news) events += await attempts.run(rule, () => evaluateNewsOf(context, rule));
		if (news.length > 0) continue;
		if (!due.alerts) break;
		events += await evaluateDue(context, rules);
	}
	attempts.end();
	return events;
}

/** A step of the news of one rule. */
async function evaluateNewsOf(context: EvaluationContext, rule: NewsRule): Promise<number> {
	return record(context, async (tx) => {
		await lockEvaluation(tx);
		const now = await readNow(context, tx);
		const news = await takeNews(tx, rule, rule === "failures_jump" ? FAILURES_PER_STEP : NEWS_PER_STEP);
		const facts = await toFacts(tx, news, now);
		const open = await lockOpenAlerts(tx, { now, groups: facts, rules: [], due: { rules: [], rows_max: 0 } });
		return applySituation(tx, now, { facts, complete: new Set(), ended: new Set() }, open);
	});
}

/** A step of the alerts of `rules` that are due: to be reminded of, or quiet for long enough to be resolved. */
async function evaluateDue(context: EvaluationContext, rules: readonly RuleName[]): Promise<number> {
	return record(context, async (tx) => {
		await lockEvaluation(tx);
		const now = await readNow(context, tx);
		const open = await lockOpenAlerts(tx, { now, groups: [], rules: [], due: { rules, rows_max: DUE_PER_STEP } });
		return applySituation(tx, now, { facts: [], complete: new Set(), ended: new Set() }, open);
	});
}

/** Evaluates each rule that looks at a state and is due. Returns the number of events. */
export async function evaluateStates(context: EvaluationContext): Promise<number> {
	const due = await read({ ...context, scope: ALL_TENANTS }, async (tx) => readDueRules(tx, await readNow(context, tx)));
	const attempts = new Attempts(context);
	let events = 0;
	for (const rule of due) if (!attempts.failed.has(rule)) events += await attempts.run(rule, () => evaluateState(context, rule));
	attempts.end();
	return events;
}

/** The reading takes no lock, because it may take long with many keys; what it found holds for another moment. */
async function evaluateState(context: EvaluationContext, rule: RuleName): Promise<number> {
	const found = await read({ ...context, scope: ALL_TENANTS }, async (tx) => {
		const now = await readNow(context, tx);
		return { now, ...(await look(tx, rule, now, await readFarthest(tx, rule))) };
	});
	return record(context, async (tx) => {
		await lockEvaluation(tx);
		const now = await readNow(context, tx);
		// Another node has evaluated it meanwhile, from what may be newer.
		if (!(await readDueRules(tx, now)).includes(rule)) return 0;
		const open = await lockOpenAlerts(tx, { now, groups: [], rules: [rule], due: { rules: [], rows_max: 0 } });
		const known = open.filter(({ raised_at }) => raised_at <= found.now);
		const complete = new Set(found.facts === null ? [] : [rule]);
		const events = await applySituation(tx, now, { facts: found.facts ?? [], complete, ended: new Set(found.ended) }, known);
		await storeEvaluated(tx, rule, now);
		return events;
	});
}
