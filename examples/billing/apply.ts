import { asRecord, asText, type Operator } from "../orders/operator.ts";
import { applyEvent, type Customer, type Due, dueOf } from "./customer.ts";
import type { SubscriptionEvent } from "./event.ts";
import type { Memory } from "./memory.ts";
import type { Table } from "./table.ts";

export type Applied = "applied" | "nothing_new" | "unknown_customer";

/** Returns a function that applies an event to its tenant. It rejects if Keywright does not accept the change; the event is not stored then. */
export function createApply(operator: Operator, memory: Memory, table: Table): (event: SubscriptionEvent) => Promise<Applied> {
	const turns = new Map<string, Promise<unknown>>();

	async function apply(event: SubscriptionEvent): Promise<Applied> {
		const updated = applyEvent(await memory.read(event.customer_id), event);
		if (!updated) return "nothing_new";
		const due = dueOf(updated, table);
		const tenant = await tenantOf(operator, event.customer_id);
		if (!tenant) return "unknown_customer";
		const { changes, suspended_by_billing } = difference(tenant, updated, due);
		// Stored before a suspension too: one that is not recorded as ours would never be lifted.
		if (suspended_by_billing && !updated.suspended_by_billing) {
			await memory.write(event.customer_id, { ...(await memory.read(event.customer_id)), suspended_by_billing });
		}
		if (Object.keys(changes).length > 0) await operator.call("PATCH", `/api/v1/operator/tenants/${asText(tenant.id)}`, changes);
		await memory.write(event.customer_id, { ...updated, suspended_by_billing });
		return "applied";
	}

	/** One event of a customer at a time: two at once would both compare with the old state. */
	return (event) => {
		const turn = (turns.get(event.customer_id) ?? Promise.resolve()).then(
			() => apply(event),
			() => apply(event),
		);
		turns.set(event.customer_id, turn);
		const forget = () => {
			if (turns.get(event.customer_id) === turn) turns.delete(event.customer_id);
		};
		turn.then(forget, forget);
		return turn;
	};
}

async function tenantOf(operator: Operator, external_id: string): Promise<Record<string, unknown> | null> {
	const { data } = await operator.call("GET", `/api/v1/operator/tenants?external_id=${encodeURIComponent(external_id)}`);
	const [tenant] = Array.isArray(data) ? data.map(asRecord) : [];
	return tenant?.external_id === external_id ? tenant : null;
}

/** The required changes, and whether billing owns the suspension afterwards: billing lifts only its own suspensions. */
function difference(tenant: Record<string, unknown>, customer: Customer, due: Due) {
	const suspended = tenant.status === "suspended";
	const plan = tenant.plan_id === due.plan_id ? {} : { plan_id: due.plan_id };
	if (due.suspended && !suspended) return { changes: { ...plan, status: "suspended" }, suspended_by_billing: true };
	if (!due.suspended && suspended && customer.suspended_by_billing) return { changes: { ...plan, status: "active" }, suspended_by_billing: false };
	return { changes: plan, suspended_by_billing: due.suspended && customer.suspended_by_billing };
}
