import { replayRequests } from "../checklist/narrowing/replay.ts";
import { type KeyedOperations, readNeeds } from "../checklist/operations.ts";
import { allowGrouping } from "../checklist/traffic-store.ts";
import { DAY_MS } from "../core/time.ts";
import type { ReadTx } from "../database/transaction.ts";
import { readCatalogue } from "../plans/store.ts";
import { type PlanChange, readAffectedUses } from "./plan-impact-store.ts";

const DAYS = 30;

/** What the capabilities of another plan would have refused of the last 30 days. */
export interface PlanReplay {
	/** That were allowed, of live keys. */
	readonly requests: number;
	readonly would_refuse: number;
	/** More than `would_refuse` where what is recorded does not say it exactly. */
	readonly would_refuse_at_most: number;
	readonly exact: boolean;
	/** Whether some requests are counted together with others, so that nothing is known about them. */
	readonly unknown: boolean;
	/** Keys with such requests. */
	readonly keys: number;
}

/** Asks the checks of the decision again, for each live key of the affected tenants. Rate limits, quotas and maximum numbers are not replayed. */
export async function replayPlan(tx: ReadTx, change: PlanChange, operations: KeyedOperations): Promise<PlanReplay> {
	await allowGrouping(tx);
	const { needsOf, rules_changed_on } = await readNeeds(tx, operations);
	const catalogue = new Map([...(await readCatalogue(tx))].map(([name, { capability }]) => [name, capability]));
	const today = dayOf(change.now.getTime());
	const keys = await readAffectedUses(tx, change, { from_day: dayOf(change.now.getTime() - (DAYS - 1) * DAY_MS), today, rules_changed_on });
	const replays = keys.map(({ uses, ...key }) => {
		const rows = uses.map((use) => ({ ...use, day: today, site_id: "", source_id: "", network: "", code: "allowed" }));
		const replayed = { ...key, site_ids: null, allowed_ips: null, plan: change.before, catalogue };
		return replayRequests(replayed, { capabilities: change.after.capabilities }, rows, needsOf);
	});
	const sum = (of: (replay: (typeof replays)[number]) => number) => replays.reduce((total, replay) => total + of(replay), 0);
	return {
		requests: sum(({ requests }) => requests),
		would_refuse: sum(({ would_refuse }) => would_refuse),
		would_refuse_at_most: sum(({ would_refuse_at_most }) => would_refuse_at_most),
		exact: replays.every(({ exact }) => exact),
		unknown: replays.some(({ overflowed }) => overflowed > 0),
		keys: replays.filter(({ would_refuse_at_most }) => would_refuse_at_most > 0).length,
	};
}

function dayOf(time: number): string {
	return new Date(time).toISOString().slice(0, 10);
}
