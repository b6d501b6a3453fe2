import { getFirstDelivery, TEST_TYPE, toReachedResponse } from "../alerts/reached.ts";
import { readReached, readRecipients } from "../alerts/reached-store.ts";
import { defaultRule, type RuleName } from "../alerts/rule.ts";
import { readRules } from "../alerts/rules-store.ts";
import { readTests } from "../alerts/tests-store.ts";
import { DAY_MS } from "../core/time.ts";
import type { ReadTx } from "../database/transaction.ts";
import { type KeyFacts, type MonitoringFacts, Neighbours, type TenantFacts, WINDOW_DAYS } from "./facts.ts";
import { countAlertWebhooks, readKeyFacts, readLatestAcknowledgement, readSiteFacts } from "./keys-store.ts";
import { type KeyedOperations, readNeeds } from "./operations.ts";
import { readLatestRehearsal } from "./rehearsal-store.ts";
import { allowGrouping, readChecks, readSourceFacts, readUses } from "./traffic-store.ts";

/** Rules that watch failed authentication. */
const WATCHING = ["failures_jump", "dead_key_presented"] as const satisfies readonly RuleName[];

export interface FactsWanted {
	readonly tenant_id: string;
	/** Null: all live keys. */
	readonly key_id: string | null;
	readonly now: Date;
	/** Whether mails can be sent at all. */
	readonly mails: boolean;
	readonly operations: KeyedOperations;
}

/** Reads what every item depends on: a fixed number of queries, whose rows are bounded by the number of live keys. */
export async function readFacts(tx: ReadTx, wanted: FactsWanted): Promise<{ keys: KeyFacts[]; tenant: TenantFacts }> {
	const { tenant_id, key_id, now } = wanted;
	const since = new Date(now.getTime() - WINDOW_DAYS * DAY_MS);
	const { needsOf, rules_changed_on } = await readNeeds(tx, wanted.operations);
	const traffic = { tenant_id, key_id, rules_changed_on, from_day: toDay(now.getTime() - (WINDOW_DAYS - 1) * DAY_MS), today: toDay(now.getTime()) };
	if (key_id === null) await allowGrouping(tx);
	const keys = await readKeyFacts(tx, { tenant_id, key_id, now, since });
	const sources = Map.groupBy(await readSourceFacts(tx, tenant_id, { now, since }), (source) => source.key_id);
	const uses = Map.groupBy(await readUses(tx, traffic), (use) => use.key_id);
	const checks = new Map((await readChecks(tx, traffic)).map((check) => [check.key_id, check]));
	const used_by = [...sources.values()].flatMap((of_key) => {
		const [first] = of_key;
		return first === undefined ? [] : [{ key_id: first.key_id, name: first.name, environment: first.environment, sources: of_key }];
	});
	const rules = new Map((await readRules(tx, tenant_id)).map((rule) => [rule.rule, rule]));
	const ruleOf = (name: RuleName) => rules.get(name) ?? defaultRule(name);
	return {
		keys: keys.map((key) => ({
			...key,
			sources: sources.get(key.key_id) ?? [],
			uses: (uses.get(key.key_id) ?? []).filter(({ overflowed }) => !overflowed),
			overflowed: uses.get(key.key_id)?.some(({ overflowed }) => overflowed) ?? false,
			checks: checks.get(key.key_id) ?? null,
		})),
		tenant: {
			now,
			sites: await readSiteFacts(tx, tenant_id),
			neighbours: new Neighbours(used_by),
			idle_days: ruleOf("key_unused").threshold ?? WINDOW_DAYS,
			needsOf,
			rehearsal: await readLatestRehearsal(tx, tenant_id),
			monitoring: await readMonitoring(tx, wanted, ruleOf),
		},
	};
}

const toDate = (time: string | null): Date | null => (time === null ? null : new Date(time));
const toDay = (time_ms: number): string => new Date(time_ms).toISOString().slice(0, 10);

async function readMonitoring(
	tx: ReadTx,
	{ tenant_id, mails }: FactsWanted,
	ruleOf: (name: RuleName) => ReturnType<typeof defaultRule>,
): Promise<MonitoringFacts> {
	const enabled = WATCHING.filter((name) => ruleOf(name).enabled);
	const latest = (await readTests(tx, tenant_id)).filter(({ rule }) => enabled.some((name) => name === rule));
	const reached = await readReached(
		tx,
		tenant_id,
		latest.map(({ id }) => id),
		TEST_TYPE,
	);
	const tests = latest.map((test) => ({
		...test,
		delivered_at: test.delivered_at ?? toDate(getFirstDelivery(toReachedResponse(reached.get(test.id), mails))),
	}));
	const test = tests.find(({ delivered_at }) => delivered_at !== null) ?? tests[0];
	const recipients = mails
		? await readRecipients(
				tx,
				tenant_id,
				enabled.flatMap((name) => [...ruleOf(name).to]),
			)
		: [];
	const acknowledged = await readLatestAcknowledgement(tx, tenant_id);
	return {
		enabled,
		can_reach: recipients.some(({ proven }) => proven) || (await countAlertWebhooks(tx, tenant_id)) > 0,
		test: test === undefined ? null : { rule: test.rule, tested_at: test.tested_at, delivered_at: test.delivered_at, tested_by: test.tested_by.name },
		acknowledged_at: acknowledged?.acknowledged_at ?? null,
		acknowledged_by: acknowledged?.name ?? null,
	};
}
