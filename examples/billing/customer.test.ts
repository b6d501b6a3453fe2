import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { applyEvent, type Customer, dueOf, NEW_CUSTOMER } from "./customer.ts";
import { parseEvent, type SubscriptionEvent } from "./event.ts";
import { parseTable } from "./table.ts";

const raw = JSON.parse(await readFile(join(import.meta.dirname, "plans.json"), "utf8"));
const table = parseTable(raw);
const NOW = Date.parse("2026-11-01T12:00:00Z");

function event(more: Partial<SubscriptionEvent> = {}): SubscriptionEvent {
	const usual = { event_id: "evt_1", customer_id: "cus_1", subscription_id: "sub_1", product_id: "prod_team", status: "active" };
	return { ...usual, occurred_ms: NOW, stage: 1, ...more };
}

function after(...events: readonly SubscriptionEvent[]): Customer {
	return events.reduce((customer, one) => applyEvent(customer, one) ?? customer, NEW_CUSTOMER);
}

test("the table in plans.json determines the plan, and when a tenant is suspended", () => {
	const due = (...events: SubscriptionEvent[]) => dueOf(after(...events), table);
	const team = { plan_id: "team", suspended: false };
	const free = { plan_id: "free", suspended: false };
	assert.deepEqual(due(), free);
	for (const status of ["active", "trialing", "past_due"]) assert.deepEqual(due(event({ status })), team, status);
	for (const status of ["unpaid", "paused"]) assert.deepEqual(due(event({ status })), { plan_id: "team", suspended: true }, status);
	for (const status of ["canceled", "incomplete"]) assert.deepEqual(due(event({ status })), free, status);
	assert.deepEqual(due(event({ product_id: "prod_extra_seat" })), free);
	assert.throws(() => due(event({ product_id: "prod_new" })), /not in plans\.json$/);
	assert.throws(() => due(event({ status: "new" })), /not in plans\.json$/);
});

test("of several active subscriptions the best counts, and the end of one does not end the others", () => {
	const two = [event({ product_id: "prod_starter" }), event({ subscription_id: "sub_2", status: "trialing" })];
	assert.deepEqual(dueOf(after(...two), table), { plan_id: "team", suspended: false });
	const ended = event({ event_id: "evt_3", status: "canceled", occurred_ms: NOW + 1, stage: 2 });
	assert.deepEqual(dueOf(after(...two, ended), table), { plan_id: "team", suspended: false });
	const unpaid = event({ event_id: "evt_4", subscription_id: "sub_2", status: "unpaid", occurred_ms: NOW + 1 });
	assert.deepEqual(dueOf(after(...two, unpaid), table), { plan_id: "free", suspended: false });
});

test("the newest event wins in any order and with any repetition", () => {
	const statuses = ["active", "past_due", "unpaid", "canceled"];
	const subscriptions = fc.constantFrom("sub_1", "sub_2", "__proto__");
	const story = fc.uniqueArray(fc.tuple(subscriptions, fc.nat(20), fc.constantFrom(...statuses)), { selector: ([sub, time]) => `${sub} ${time}` });
	fc.assert(
		fc.property(story, fc.func(fc.nat()), (sent, shuffle) => {
			const events = sent.map(([subscription_id, time, status], index) =>
				event({ event_id: `evt_${index}`, subscription_id, status, occurred_ms: NOW + time }),
			);
			const in_order = after(...[...events].sort((one, other) => one.occurred_ms - other.occurred_ms));
			const shuffled = [...events, ...events].map((one, index) => ({ one, key: shuffle(index) })).sort((one, other) => one.key - other.key);
			const mixed = after(...shuffled.map(({ one }) => one));
			assert.deepEqual(dueOf(mixed, table), dueOf(in_order, table));
			for (const one of events) assert.equal(applyEvent(mixed, one), null);
		}),
	);
});

test("events of the same instant count once each, and a subscription's status only moves forward", () => {
	const updated = after(event());
	assert.equal(applyEvent(updated, event()), null);
	assert.equal(applyEvent(updated, event({ event_id: "evt_0", stage: 0, status: "incomplete" })), null);
	const deleted = applyEvent(updated, event({ event_id: "evt_2", stage: 2, status: "canceled" }));
	assert.ok(deleted);
	assert.equal(applyEvent(deleted, event()), null);
	assert.equal(applyEvent(deleted, event({ event_id: "evt_3" })), null);
});

test("an invalid event is refused, an event of another type is ignored", () => {
	const data = { id: "sub_1", customer_id: "cus_1", product_id: "prod_team", status: "active" };
	const body = { type: "subscription.updated", timestamp: "2026-11-01T12:00:00Z", data };
	assert.deepEqual(parseEvent("evt_1", body, NOW), event());
	assert.equal(parseEvent("evt_1", { ...body, type: "subscription.deleted" }, NOW)?.status, "canceled");
	assert.equal(parseEvent("evt_1", { ...body, type: "invoice.paid" }, NOW), null);
	const timestamps = ["", "2026-11-01", "2026-11-01T12:00:00", "2026-13-01T12:00:00Z", "2026-11-01T12:06:00Z", 1];
	for (const timestamp of timestamps) assert.throws(() => parseEvent("evt_1", { ...body, timestamp }, NOW), TypeError);
	for (const name of Object.keys(data)) assert.throws(() => parseEvent("evt_1", { ...body, data: { ...data, [name]: "" } }, NOW), TypeError);
	for (const odd of [null, [], "x", {}, { ...body, data: null }]) assert.throws(() => parseEvent("evt_1", odd, NOW), TypeError);
});

test("an invalid table is refused", () => {
	const products = raw.products;
	const tables = [
		{},
		{ ...raw, products: [...products, products[0]] },
		{ ...raw, products: [{ product_id: "prod_team" }] },
		{ ...raw, free_plan_id: null },
		{ ...raw, statuses: { active: "yes" } },
		{ ...raw, unknown_customers: "drop" },
	];
	for (const one of tables) assert.throws(() => parseTable(one), /^TypeError: plans\.json/);
});
