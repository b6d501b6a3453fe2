import type { KeyFacts, TenantFacts } from "./facts.ts";
import { type Finding, ITEM_NAMES, type Item, type ItemKey, type ItemName, type Status, unknown } from "./item.ts";
import { ITEMS } from "./items/all.ts";
import { isUsed } from "./items/traffic.ts";

interface KeyFinding {
	readonly key: ItemKey;
	readonly finding: Finding;
}

const keyOf = ({ key_id, name, environment }: KeyFacts): ItemKey => ({ id: key_id, name, environment });

/** The items that are about this key. */
export function assessKey(key: KeyFacts, tenant: TenantFacts): Item[] {
	return ITEM_NAMES.flatMap((item) => {
		const how = ITEMS[item];
		if (how.of !== "key" || !how.applies(key)) return [];
		const { status, reason, facts, observed_at } = how.assess(key, tenant);
		return [{ item, status, scope: "key" as const, key_id: key.key_id, evidence: { reason, facts, key: keyOf(key), keys: null }, observed_at }];
	});
}

/** Every item of the tenant: not met if it is not for any live key that it is about, else unknown if it is for any, else met. */
export function assessTenant(keys: readonly KeyFacts[], tenant: TenantFacts): Item[] {
	const is_quiet = !keys.some((key) => isUsed(key, tenant.now));
	return ITEM_NAMES.map((item) => {
		const how = ITEMS[item];
		if (how.of === "key") {
			const found = keys.filter(how.applies).map((key) => ({ key: keyOf(key), finding: how.assess(key, tenant) }));
			return combine(item, found, is_quiet);
		}
		const { status, reason, facts, observed_at } = how.assess(tenant);
		return { item, status, scope: "tenant", key_id: null, evidence: { reason, facts, key: null, keys: null }, observed_at };
	});
}

const WORST_FIRST: readonly Status[] = ["not_met", "unknown", "met"];

/** `is_quiet`: no key was used in the last 30 days, so that nothing counts as met. */
function combine(item: ItemName, found: readonly KeyFinding[], is_quiet: boolean): Item {
	const keys = { met: 0, not_met: 0, unknown: 0 };
	for (const { finding } of found) keys[finding.status] += 1;
	const status = WORST_FIRST.find((candidate) => keys[candidate] > 0);
	const shown = found.filter(({ finding }) => finding.status === status).reduce<KeyFinding | null>(weightier, null);
	const rest = { item, scope: "tenant", key_id: null } as const;
	if (shown === null) {
		return { ...rest, status: "unknown", evidence: { reason: "no_keys", facts: {}, key: null, keys }, observed_at: null };
	}
	const { status: shown_status, reason, facts, observed_at } = orQuiet(shown.finding, is_quiet);
	return { ...rest, status: shown_status, evidence: { reason, facts, key: shown.key, keys }, observed_at };
}

function orQuiet(finding: Finding, is_quiet: boolean): Finding {
	return finding.status === "met" && is_quiet ? unknown("quiet", null, { facts: finding.facts }) : finding;
}

/** The one with the greater weight; of equal ones the first by name, so that the same facts always show the same key. */
function weightier(best: KeyFinding | null, next: KeyFinding): KeyFinding {
	if (best === null) return next;
	const difference = (next.finding.weight ?? 0) - (best.finding.weight ?? 0);
	if (difference !== 0) return difference > 0 ? next : best;
	return next.key.name < best.key.name || (next.key.name === best.key.name && next.key.id < best.key.id) ? next : best;
}
