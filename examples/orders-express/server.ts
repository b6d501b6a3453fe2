import { keywright } from "@keywright/client/express";
import express from "express";

const url = process.env.KEYWRIGHT_URL ?? `http://127.0.0.1:${process.env.KEYWRIGHT_PORT ?? 8787}`;
const credential = process.env.KEYWRIGHT_SERVICE_CREDENTIAL;
const port = Number(process.env.ORDERS_PORT ?? "8791");
if (!credential) throw new Error("Set KEYWRIGHT_SERVICE_CREDENTIAL; examples/orders-express/README.md says where to get one.");

const guard = keywright({ url, credential });
const mayRead = guard({ tenant: (request) => request.params.tenant_id, permission: "orders:read" });
const mayWrite = guard({ tenant: (request) => request.params.tenant_id, permission: "orders:write" });

const app = express();
const orders = new Map<string, unknown[]>();

app.get("/tenants/:tenant_id/orders", mayRead, (request, response) => {
	response.json({ data: orders.get(request.keywright.tenant.id) ?? [] });
});

// The body is read only for those who may write.
app.post("/tenants/:tenant_id/orders", mayWrite, express.json(), (request, response) => {
	const { tenant, key } = request.keywright;
	const { item, quantity } = request.body ?? {};
	if (typeof item !== "string" || !Number.isInteger(quantity) || quantity < 1) {
		response.status(400).json({ detail: "Send {item, quantity}." });
		return;
	}
	const order = { item, quantity, created_by: key.name };
	orders.set(tenant.id, [...(orders.get(tenant.id) ?? []), order].slice(-1000));
	response.status(201).json(order);
});

const server = app.listen(port, "127.0.0.1", () => console.log(`Orders at http://127.0.0.1:${port}/tenants/demo/orders, guarded by ${url}`));

for (const signal of ["SIGINT", "SIGTERM"]) {
	process.once(signal, () => {
		server.close();
		server.closeIdleConnections();
		guard.close();
	});
}
