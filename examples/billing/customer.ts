import type { SubscriptionEvent } from "./event.ts";
import type { Table } from "./table.ts";

/** How many ids of events of one instant are stored. */
const IDS_MAX = 100;

/** The newest known event of one subscription; `event_ids` are the events of that instant. */
export interface Subscription {
	readonly product_id: string;
	readonly status: string;
	readonly occurred_ms: number;
	readonly stage: number;
	readonly event_ids: readonly string[];
}

/** The stored state of a customer. Billing must not lift a suspension that it did not set. */
export interface Customer {
	readonly subscriptions: Readonly<Record<string, Subscription>>;
	readonly suspended_by_billing: boolean;
}

export const NEW_CUSTOMER: Customer = { subscriptions: {}, suspended_by_billing: false };

/** The intended state of a tenant. */
export interface Due {
	readonly plan_id: string;
	readonly suspended: boolean;
}

/** The customer after an event; null for an event that is repeated or older than the known state of its subscription. */
export function applyEvent(customer: Customer, event: SubscriptionEvent): Customer | null {
	const { subscription_id, event_id, product_id, status, occurred_ms, stage } = event;
	const known = Object.hasOwn(customer.subscriptions, subscription_id) ? customer.subscriptions[subscription_id] : undefined;
	const same_instant = known?.occurred_ms === occurred_ms;
	if (known && known.occurred_ms > occurred_ms) return null;
	if (known && same_instant && (known.stage > stage || known.event_ids.includes(event_id))) return null;
	const event_ids = [...(same_instant && known ? known.event_ids : []), event_id];
	if (event_ids.length > IDS_MAX) throw new RangeError("too many events of one instant");
	const subscription: Subscription = { product_id, status, occurred_ms, stage, event_ids };
	return { ...customer, subscriptions: { ...customer.subscriptions, [subscription_id]: subscription } };
}

/**
 * The result of all subscriptions of a customer: the best plan of the active ones, else the best of those that await payment,
 * suspended, else the free plan. Throws `TypeError` for a product or a status that is not in the table.
 */
export function dueOf(customer: Customer, table: Table): Due {
	const order = [...table.products.keys()];
	const candidates = Object.values(customer.subscriptions)
		.map(({ product_id, status }) => ({ plan_id: planOf(product_id, table), treatment: treatmentOf(status, table), rank: order.indexOf(product_id) }))
		.sort((one, other) => one.rank - other.rank);
	for (const treatment of ["serve", "suspend"] as const) {
		const best = candidates.find((one) => one.treatment === treatment && one.plan_id !== null);
		if (best?.plan_id) return { plan_id: best.plan_id, suspended: treatment === "suspend" };
	}
	return { plan_id: table.free_plan_id, suspended: false };
}

function planOf(product_id: string, table: Table): string | null {
	const plan_id = table.products.get(product_id);
	if (plan_id === undefined) throw new TypeError("the product is not in plans.json");
	return plan_id;
}

function treatmentOf(status: string, table: Table) {
	const treatment = table.statuses.get(status);
	if (treatment === undefined) throw new TypeError("the status is not in plans.json");
	return treatment;
}
