import { record } from "../audit/record.ts";
import { ALL_TENANTS } from "../core/context.ts";
import type { Database } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { assessKey, assessTenant } from "./assess.ts";
import {
	deleteStatesExcept,
	insertTurns,
	lockChecklist,
	markCompleted,
	putKeyStates,
	putTenantStates,
	readKeyStates,
	readTenantStates,
} from "./history-store.ts";
import type { Item } from "./item.ts";
import type { KeyedOperations } from "./operations.ts";
import { readFacts } from "./read-facts.ts";
import { type States, type Turn, toStates } from "./states.ts";

export interface EvaluationContext {
	readonly database: Database;
	/** The scope of row-level security of the reading. */
	readonly scope: string;
	/** Whether mails can be sent at all. */
	readonly mails: boolean;
	readonly operations: KeyedOperations;
	readonly now: Date;
}

/** Items, and the states that were stored for them. */
export interface Evaluated {
	readonly items: readonly Item[];
	readonly states: States;
}

/** The tenant's items. What has turned since the last evaluation is stored. */
export async function evaluateTenant(context: EvaluationContext, tenant_id: string): Promise<Evaluated> {
	const { now } = context;
	const { items, known } = await read(context, async (tx) => {
		const { keys, tenant } = await readFacts(tx, { ...context, tenant_id, key_id: null });
		return { items: assessTenant(keys, tenant), known: (await readTenantStates(tx, tenant_id, now)).states };
	});
	const { states, turns } = toStates(known, items, now);
	if (known === null || turns.length > 0) await store(context, tenant_id, items);
	return { items, states };
}

/** The items of one live key; null if it has none: it has ended, or is a canary key. */
export async function evaluateKey(context: EvaluationContext, tenant_id: string, key_id: string): Promise<Evaluated | null> {
	const { now } = context;
	const found = await read(context, async (tx) => {
		const { keys, tenant } = await readFacts(tx, { ...context, tenant_id, key_id });
		const [key] = keys;
		if (key === undefined) return null;
		return { items: assessKey(key, tenant), known: (await readKeyStates(tx, tenant_id, key_id)).get(key_id)?.states ?? null };
	});
	if (found === null) return null;
	const { states, turns } = toStates(found.known, found.items, now);
	if (found.known === null || turns.length > 0) await storeKeys(context, tenant_id, [{ key_id, items: found.items }]);
	return { items: found.items, states };
}

/** Evaluates the tenant and each of its live keys, and stores what turned. */
export async function evaluateAll(context: Omit<EvaluationContext, "scope">, tenant_id: string): Promise<void> {
	const scoped = { ...context, scope: ALL_TENANTS };
	const found = await read(scoped, async (tx) => {
		const { keys, tenant } = await readFacts(tx, { ...context, tenant_id, key_id: null });
		return { items: assessTenant(keys, tenant), keys: keys.map((key) => ({ key_id: key.key_id, items: assessKey(key, tenant) })) };
	});
	await store(scoped, tenant_id, found.items);
	await storeKeys(scoped, tenant_id, found.keys, true);
}

/** Compares with what is stored by now, under its lock: two evaluations of one moment store a turn once, and an older one stores nothing. */
async function store({ database, now }: EvaluationContext, tenant_id: string, items: readonly Item[]): Promise<void> {
	await record({ database }, async (tx) => {
		if (!(await lockChecklist(tx, tenant_id))) return;
		const { states: known, is_older } = await readTenantStates(tx, tenant_id, now);
		if (!is_older) return;
		const { states, turns } = toStates(known, items, now);
		await putTenantStates(tx, tenant_id, states, now);
		await insertTurns(tx, tenant_id, turns);
	});
}

interface KeyItems {
	readonly key_id: string;
	readonly items: readonly Item[];
}

/** The same for keys. `complete`: these are all live keys of the tenant. */
async function storeKeys({ database, now }: EvaluationContext, tenant_id: string, keys: readonly KeyItems[], complete = false): Promise<void> {
	await record({ database }, async (tx) => {
		if (!(await lockChecklist(tx, tenant_id))) return;
		const [only] = keys;
		const known = await readKeyStates(tx, tenant_id, keys.length === 1 && !complete ? (only?.key_id ?? null) : null);
		const changed: { key_id: string; states: States }[] = [];
		const turned: Turn[] = [];
		for (const { key_id, items } of keys) {
			const before = known.get(key_id);
			if (before !== undefined && before.evaluated_at > now) continue;
			const { states, turns } = toStates(before?.states ?? null, items, now);
			if (before !== undefined && turns.length === 0 && Object.keys(before.states).length === items.length) continue;
			changed.push({ key_id, states });
			turned.push(...turns);
		}
		await insertTurns(tx, tenant_id, turned);
		await putKeyStates(tx, tenant_id, changed, now);
		if (!complete) return;
		await deleteStatesExcept(
			tx,
			tenant_id,
			keys.map(({ key_id }) => key_id),
		);
		await markCompleted(tx, tenant_id, now);
	});
}
