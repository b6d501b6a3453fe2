import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS } from "../../core/time.ts";
import { assessKey, assessTenant } from "../assess.ts";
import { type KeyFacts, Neighbours, type SourceFacts, type TenantFacts } from "../facts.ts";
import { ITEM_NAMES, type ItemName } from "../item.ts";
import { toStates } from "../states.ts";

const NOW = new Date(Date.UTC(2026, 10, 30, 9));
const ago = (days: number) => new Date(NOW.getTime() - days * DAY_MS);

const source = (rest: Partial<SourceFacts> = {}): SourceFacts => ({
	...{ source_id: "src_1", network: "203.0.113.0/24", agent: "order-bot", client: null, last_seen_at: ago(0) },
	...rest,
});
const key = (rest: Partial<KeyFacts> = {}): KeyFacts => ({
	...{ key_id: "key_1", name: "prod-order-bot", environment: "prod", responsible: "Olivia", member_id: "mem_1", is_member: true },
	...{ permissions: [], site_ids: null, allowed_ips: ["203.0.113.0/24"], rotate_every_days: 90, rotation_due_at: ago(-30), expires_at: ago(-60) },
	...{ paused_at: null, created_at: ago(40), last_used_at: ago(0), stored_in: [], last_check_at: ago(0), exposed: null, rotated_at: null },
	...{ rotated_due_at: null, sources: [source()], uses: [], overflowed: false, checks: { days: 7, recent: 96, sources: 1 } },
	...rest,
});
const tenant = (rest: Partial<TenantFacts> = {}): TenantFacts => ({
	...{ now: NOW, sites: [], neighbours: new Neighbours([]), idle_days: 90, needsOf: () => null, rehearsal: null },
	monitoring: { enabled: ["failures_jump"], can_reach: true, test: null, acknowledged_at: null, acknowledged_by: null },
	...rest,
});
const stateOf = (item: ItemName, of: KeyFacts, facts = tenant()): string => {
	const found = assessKey(of, facts).find((one) => one.item === item);
	return found === undefined ? "none" : `${found.status} ${found.evidence.reason}`;
};

test("of a tenant, one key that is not met outweighs any that are unknown, and these outweigh those that are met", () => {
	const itemOf = (keys: readonly KeyFacts[]) => assessTenant(keys, tenant()).find(({ item }) => item === "responsible_present");
	const [good, vague, bad] = [key({ key_id: "a" }), key({ key_id: "b", member_id: null }), key({ key_id: "c", is_member: false })];
	equal(itemOf([good])?.status, "met");
	equal(itemOf([good, vague])?.status, "unknown");
	const worst = itemOf([good, vague, bad, vague]);
	deepEqual([worst?.status, worst?.evidence.key?.id, worst?.evidence.keys], ["not_met", "c", { met: 1, unknown: 2, not_met: 1 }]);
});

test("the shown key does not depend on the order in which keys are read", () => {
	const keys = [key({ key_id: "a", name: "b", is_member: false }), key({ key_id: "b", name: "a", is_member: false })];
	const shown = (of: readonly KeyFacts[]) => assessTenant(of, tenant()).map(({ evidence }) => evidence.key?.id ?? null);
	deepEqual(shown(keys), shown(keys.toReversed()));
});

test("without a use in 30 days no item about keys is met", () => {
	const items = assessTenant([key({ last_used_at: ago(30) })], tenant());
	deepEqual(
		items.filter(({ status }) => status === "met"),
		[],
	);
});

test("keys of other environments have no items that are about production", () => {
	const missing = ITEM_NAMES.filter((item) => stateOf(item, key({ environment: "dev" })) === "none");
	deepEqual(missing, [
		"environments_separate",
		"connectivity_automated",
		"revocation_rehearsed",
		"failures_monitored",
		"expiry_set",
		"addresses_known",
	]);
});

test("a program that shares no place with a key of another environment is separate, whatever its name", () => {
	const other = { key_id: "key_dev", name: "dev", environment: "dev" };
	const near = (rest: Partial<SourceFacts>) => tenant({ neighbours: new Neighbours([{ ...other, sources: [source(rest)] }]) });
	equal(stateOf("environments_separate", key(), near({ source_id: "src_2", network: "198.51.100.0/24" })), "met separate");
	equal(stateOf("environments_separate", key(), near({ source_id: "src_2" })), "unknown same_network");
	equal(stateOf("environments_separate", key(), near({})), "not_met same_program");
	const library = source({ agent: "curl" });
	equal(stateOf("environments_separate", key({ sources: [library] }), near(library)), "unknown same_network", "a library is many programs");
	const nowhere = source({ network: "hidden" });
	equal(stateOf("environments_separate", key({ sources: [nowhere] }), near({ ...nowhere, source_id: "src_2" })), "unknown networks_unknown");
});

test("clients of one library are distinguished by the names that they send", () => {
	const clients = (...names: string[]) =>
		key({ sources: names.map((client, index) => source({ source_id: `src_${index}`, agent: "node", client })) });
	equal(stateOf("integrations_separate", clients("order-1", "order-2")), "met one_program");
	equal(stateOf("integrations_separate", clients("order-1", "export-1")), "not_met several_programs");
});

test("requests that are counted together make no proof that a permission is not needed", () => {
	const needsOf = () => ({ permissions: ["documents:read"], capabilities: [], more: false });
	const uses = [{ operation: "GET /documents", site_id: "", requests: 3, names_all: true, rules_hold: true }];
	const wide = key({ permissions: ["documents:read", "documents:write", "key:rotate"], uses });
	equal(stateOf("least_privilege", wide, tenant({ needsOf })), "not_met more_than_used");
	equal(stateOf("least_privilege", { ...wide, overflowed: true }, tenant({ needsOf })), "unknown overflowed");
	equal(stateOf("least_privilege", wide), "unknown not_known");
	equal(stateOf("least_privilege", { ...wide, permissions: ["documents:read", "key:rotate"] }, tenant({ needsOf })), "met all_used");
	equal(stateOf("least_privilege", { ...wide, created_at: ago(29) }, tenant({ needsOf })), "unknown new");
});

test("what is found first is no turn; a change is one, with the status before it", () => {
	const [before] = [assessKey(key({ expires_at: null }), tenant())];
	const first = toStates(null, before, ago(1));
	deepEqual(first.turns, []);
	deepEqual(toStates(first.states, before, NOW).turns, [], "nothing has changed");
	const { states, turns } = toStates(first.states, assessKey(key(), tenant()), NOW);
	deepEqual(
		turns.map(({ item, from, to, at }) => [item, from, to, at]),
		[["expiry_set", "not_met", "met", NOW]],
	);
	deepEqual([states.expiry_set?.since, states.no_idle_keys?.since], [NOW, ago(1)]);
});
