import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { fieldsThatDiffer, formatField, mergedWith, toPatch, toValues, validateLabels, withPermissions } from "./values.ts";

const key = {
	name: "prod-order-bot",
	environment: "prod" as const,
	owner: { name: "Dana", email: "dana@example.com" },
	integration: "order bot",
	labels: { team: "checkout" },
	permissions: ["documents:read", "tenant:read"],
	site_ids: ["shop", "depot"],
	allowed_ips: null,
	rate_limits: [{ name: "trial", requests: 5, window_seconds: 10 }],
	budgets: [{ name: "requests-day", unit: "requests", amount: 100, per: "day" as const }],
	expires_at: "2030-05-03T13:45:00.000Z",
	rotate_every_days: 45,
	auto_rotate: null,
};
const around = {
	people: [{ id: "mem_1", name: "Mia", email: "mia@example.com" }],
	plan_limits: [{ name: "own-minute" }],
	now_ms: Date.parse("2026-03-01T00:00:00Z"),
};
const patch = (values: ReturnType<typeof toValues>) => toPatch(key, values, around);

test("an untouched form changes nothing, in any order of lists", () => {
	deepEqual(patch(toValues(key)), {});
	deepEqual(patch({ ...toValues(key), permissions: ["tenant:read", "documents:read"], site_ids: ["depot", "shop"], name: "prod-order-bot " }), {});
});

test("only changed fields are sent, in the API's format", () => {
	const values = toValues(key);
	deepEqual(patch({ ...values, name: " New ", integration: " " }), { name: "New", integration: null });
	deepEqual(patch({ ...values, allowed_ips: ["203.0.113.7"], site_ids: null }), { allowed_ips: ["203.0.113.7"], site_ids: null });
	deepEqual(patch({ ...values, expiry: { kind: "never" }, rotate_every_days: null }), { expires_at: null, rotate_every_days: null });
	deepEqual(patch({ ...values, auto_rotate: "self" }), { auto_rotate: "self" });
	const { rate_limits } = values;
	deepEqual(patch({ ...values, rate_limits: [...rate_limits, { name: null, requests: 60, window_seconds: 60 }] }), {
		rate_limits: [...rate_limits, { name: "own-minute-2", requests: 60, window_seconds: 60 }],
	});
	deepEqual(patch({ ...values, rate_limits: [] }), { rate_limits: [] });
	const { budgets } = values;
	const credits = { name: null, unit: "Credits", amount: 5, per: "total" as const };
	deepEqual(patch({ ...values, budgets: [...budgets, credits] }), { budgets: [...budgets, { ...credits, name: "credits-total" }] });
	deepEqual(patch({ ...values, budgets: [] }), { budgets: [] });
	deepEqual(patch({ ...values, labels: [{ name: " team ", value: "billing" }] }), { labels: { team: "billing" } });
	const { expires_at } = patch({ ...values, expiry: { kind: "date", date: "2031-01-02" } });
	equal(expires_at, new Date(2031, 0, 2, 23, 59, 59).toISOString());
});

test("a responsible member is sent by id, and a removed address is deleted", () => {
	const values = toValues(key);
	deepEqual(patch({ ...values, owner: "Mia", owner_email: "mia@example.com" }), {
		owner: { name: "Mia", email: "mia@example.com", member_id: "mem_1" },
	});
	deepEqual(patch({ ...values, owner_email: "" }), { owner: { name: "Dana" } });
});

test("everything means the permissions that the plan currently includes", () => {
	const offered = [
		{ name: "documents:read", included: true },
		{ name: "documents:write", included: true },
		{ name: "key:rotate", included: true },
		{ name: "sites:read", included: false },
	];
	deepEqual(withPermissions({ ...toValues(key), permissions: null }, offered).permissions, ["documents:read", "documents:write"]);
});

test("concurrent changes are listed; untouched fields take the new value", () => {
	const mine = { ...toValues(key), name: "mine", allowed_ips: ["203.0.113.7"] };
	const now = { ...key, name: "theirs", rotate_every_days: 90, labels: {} };
	const { values, changes } = mergedWith(mine, key, now);
	deepEqual(changes, [
		{ field: "name", both: true },
		{ field: "labels", both: false },
		{ field: "rotate_every_days", both: false },
	]);
	equal(values.name, "mine");
	equal(values.rotate_every_days, 90);
	deepEqual(values.labels, []);
	deepEqual(toPatch(now, values, around), { name: "mine", allowed_ips: ["203.0.113.7"] });
});

test("the same change on both sides is no conflict", () => {
	const mine = { ...toValues(key), name: "same" };
	const { values, changes } = mergedWith(mine, key, { ...key, name: "same" });
	deepEqual(changes, [{ field: "name", both: false }]);
	deepEqual(fieldsThatDiffer(values, toValues({ ...key, name: "same" })), []);
});

test("fields are formatted with their values", () => {
	const values = toValues(key);
	equal(formatField("site_ids", values), "Sites: shop, depot");
	equal(formatField("site_ids", { ...values, site_ids: null }), "Sites: all sites");
	equal(formatField("labels", values), "Labels: team = checkout");
	equal(formatField("allowed_ips", values), "Addresses: from anywhere");
	equal(formatField("expiry", { ...values, expiry: { kind: "never" } }), "Expiry: never");
	equal(formatField("rotate_every_days", values), "How often it is replaced: every 45 days");
	equal(formatField("integration", { ...values, integration: "" }), "Integration: nothing");
});

test("labels need unique names", () => {
	equal(validateLabels([{ name: "a", value: "" }]), null);
	equal(validateLabels([{ name: " ", value: "x" }]), "Give every label a name, or remove it");
	equal(
		validateLabels([
			{ name: "a", value: "" },
			{ name: "a ", value: "" },
		]),
		"Two labels have the same name",
	);
	equal(validateLabels(Array.from({ length: 21 }, (_, index) => ({ name: `l${index}`, value: "" }))), "At most 20 labels");
});
