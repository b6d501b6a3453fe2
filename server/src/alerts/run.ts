import { record } from "../audit/record.ts";
import { ALL_TENANTS } from "../core/context.ts";
import type { Database } from "../database/database.ts";
import { type ReadTx, read } from "../database/transaction.ts";
import { takeNews } from "../outbox/news-store.ts";
import { applySituation } from "./apply.ts";
import { toFacts } from "./facts/news.ts";
import { look } from "./facts/states.ts";
import type { RuleName } from "./rule.ts";
import { readDueRules, readFarthest, storeEvaluated } from "./rules-store.ts";
import { isAnythingDue, lockEvaluation, lockOpenAlerts, readTime } from "./store.ts";

const NEWS_PER_STEP = 2_000;
const DUE_PER_STEP = 500;

export interface EvaluationContext {
	readonly database: Database;
	/** For tests, which drive the time. Default: the database's clock. */
	readonly now?: () => Date;
}

async function readNow(context: EvaluationContext, tx: ReadTx): Promise<Date> {
	return context.now?.() ?? readTime(tx);
}

/**
 * Raises, reminds and resolves alerts by what has happened since, and by the time. One query while nothing is to be done. The news are deleted in the
 * transaction that writes the alerts: a node that dies leaves both to the next one. Returns the number of events.
 */
export async function evaluateNews(context: EvaluationContext): Promise<number> {
	let events = 0;
	for (;;) {
		const due = await read({ ...context, scope: ALL_TENANTS }, (tx) => isAnythingDue(tx, context.now?.() ?? null));
		if (!due) return events;
		events += await record(context, async (tx) => {
			await lockEvaluation(tx);
			const now = await readNow(context, tx);
			const news = await takeNews(tx, NEWS_PER_STEP);
			const facts = await toFacts(tx, news, now);
			const open = await lockOpenAlerts(tx, { now, groups: facts, rules: [], due_max: DUE_PER_STEP });
			return applySituation(tx, now, { facts, complete: new Set(), ended: new Set() }, open);
		});
	}
}

/** Evaluates each rule that looks at a state and is due. Returns the number of events. */
export async function evaluateStates(context: EvaluationContext): Promise<number> {
	const due = await read({ ...context, scope: ALL_TENANTS }, async (tx) => readDueRules(tx, await readNow(context, tx)));
	let events = 0;
	for (const rule of due) events += await evaluateState(context, rule);
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
		const open = await lockOpenAlerts(tx, { now, groups: [], rules: [rule], due_max: 0 });
		const known = open.filter(({ raised_at }) => raised_at <= found.now);
		const complete = new Set(found.facts === null ? [] : [rule]);
		const events = await applySituation(tx, now, { facts: found.facts ?? [], complete, ended: new Set(found.ended) }, known);
		await storeEvaluated(tx, rule, now);
		return events;
	});
}
