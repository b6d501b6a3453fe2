import type { ReadTx } from "../../database/transaction.ts";
import type { News, NewsRule } from "../../outbox/news-store.ts";
import type { Fact } from "../alert.ts";
import { type Occurrence, readCanaryUses, readDeadKeys, readExposedKeys, readFailures, readNewSources } from "./news-store.ts";

type Reader = (tx: ReadTx, occurrences: readonly Occurrence[], now: Date) => Promise<Fact[]>;

/** How news become facts. A rule that another module feeds is one line here. */
const READERS: Readonly<Record<NewsRule, Reader>> = {
	failures_jump: readFailures,
	dead_key_presented: readDeadKeys,
	new_source: readNewSources,
	key_exposed: readExposedKeys,
	canary_used: readCanaryUses,
};

/** Several keys of a tenant. */
const SEVERAL = "";

function merge(news: readonly News[], byKey: boolean): Occurrence[] {
	const merged = new Map<string, Occurrence>();
	for (const { tenant_id, key_id, requests, details } of news) {
		const name = byKey ? `${tenant_id} ${key_id}` : tenant_id;
		const known = merged.get(name);
		const same = known === undefined || known.key_id === key_id;
		merged.set(name, { tenant_id, key_id: same ? (key_id ?? SEVERAL) : SEVERAL, requests: requests + (known?.requests ?? 0), details });
	}
	return [...merged.values()];
}

/** What the news are about, as facts; news about keys or tenants that do not exist any more are none. */
export async function toFacts(tx: ReadTx, news: readonly News[], now: Date): Promise<Fact[]> {
	const facts: Fact[] = [];
	for (const [rule, of_rule] of Map.groupBy(news, (one) => one.rule)) {
		facts.push(...(await READERS[rule](tx, merge(of_rule, rule !== "failures_jump"), now)));
	}
	return facts;
}
