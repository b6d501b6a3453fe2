const TREATMENTS = ["serve", "suspend", "end"] as const;
/** The effect of a subscription status. */
export type Treatment = (typeof TREATMENTS)[number];

/** The content of `plans.json`. Products are listed from the best plan to the least; null is a product without a plan, such as an extra seat. */
export interface Table {
	readonly products: ReadonlyMap<string, string | null>;
	readonly free_plan_id: string;
	readonly statuses: ReadonlyMap<string, Treatment>;
	/** `retry` answers 404, so that an event that arrived before the tenant's creation is sent again; `ignore` is for systems that also bill others. */
	readonly unknown_customers: "retry" | "ignore";
}

/** Throws an error that names the invalid entry. */
export function parseTable(value: unknown): Table {
	if (!isRecord(value) || !Array.isArray(value.products) || !isRecord(value.statuses)) throw new TypeError("plans.json: give products and statuses");
	const products = new Map(value.products.map(parseProduct));
	if (products.size !== value.products.length) throw new TypeError("plans.json: a product is listed twice");
	if (typeof value.free_plan_id !== "string") throw new TypeError("plans.json: free_plan_id is the plan of those who pay for none");
	if (value.unknown_customers !== "retry" && value.unknown_customers !== "ignore")
		throw new TypeError("plans.json: unknown_customers is retry or ignore");
	const statuses = new Map(Object.entries(value.statuses).map(([status, treatment]) => [status, parseTreatment(status, treatment)]));
	return { products, free_plan_id: value.free_plan_id, statuses, unknown_customers: value.unknown_customers };
}

function parseProduct(value: unknown): [string, string | null] {
	if (!isRecord(value) || typeof value.product_id !== "string" || (typeof value.plan_id !== "string" && value.plan_id !== null))
		throw new TypeError("plans.json: a product is {product_id, plan_id}");
	return [value.product_id, value.plan_id];
}

function parseTreatment(status: string, value: unknown): Treatment {
	const treatment = TREATMENTS.find((known) => known === value);
	if (!treatment) throw new TypeError(`plans.json: the status ${status} is one of ${TREATMENTS.join(", ")}`);
	return treatment;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
