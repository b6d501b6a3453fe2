import { keywright } from "@keywright/client/fastify";
import fastify, { type FastifyInstance } from "fastify";

const ORDERS_PER_TENANT_MAX = 1000;
const TEXT_CHARACTERS_MAX = 200;
const QUANTITY_MAX = 1_000_000;

interface NewOrder {
	item: string;
	quantity: number;
}

interface Order extends NewOrder {
	id: number;
	created_by: string;
}

const NEW_ORDER = {
	type: "object",
	required: ["item", "quantity"],
	additionalProperties: false,
	properties: {
		item: { type: "string", minLength: 1, maxLength: TEXT_CHARACTERS_MAX },
		quantity: { type: "integer", minimum: 1, maximum: QUANTITY_MAX },
	},
};

/** An operator's API with each tenant's orders in memory. Keywright decides who may read and write them. */
export function createOrdersApi(options: { url: string; credential: string }): FastifyInstance {
	const guard = keywright(options);
	const app = fastify();
	app.addHook("onClose", guard.close);
	const orders = new Map<string, Order[]>();

	const mayRead = guard({ tenant: (request) => request.params.tenant_id, permission: "orders:read" });
	app.get("/tenants/:tenant_id/orders", { onRequest: mayRead }, async (request) => {
		return { data: orders.get(request.keywright.tenant.id) ?? [] };
	});

	const mayWrite = guard({ tenant: (request) => request.params.tenant_id, permission: "orders:write" });
	app.post<{ Body: NewOrder }>("/tenants/:tenant_id/orders", { onRequest: mayWrite, schema: { body: NEW_ORDER } }, async (request, reply) => {
		const { tenant, key } = request.keywright;
		const list = orders.get(tenant.id) ?? [];
		if (list.length >= ORDERS_PER_TENANT_MAX) return reply.code(409).send({ detail: "This example keeps no more orders." });
		const order: Order = { id: list.length + 1, ...request.body, created_by: key.name };
		orders.set(tenant.id, [...list, order]);
		return reply.code(201).send(order);
	});

	return app;
}
