import fastify from "fastify";
import { keywright } from "../../src/fastify.ts";
import type { Host } from "../run-behaviour.ts";
import { acceptedRules } from "../wrong-rules.ts";
import { BODY_BYTES_MAX, getNote, LATE, startNotes } from "./notes.ts";

export async function startFastify(url: string): Promise<Host> {
	const { handled, errors, reset, options } = startNotes(url);
	const guard = keywright(options);
	const app = fastify({ bodyLimit: BODY_BYTES_MAX });
	app.addHook("onClose", guard.close);
	app.get("/free", async () => ({ free: true }));
	app.get("/__seen", async () => ({ handled, errors }));
	app.get("/__start", async () => ({ accepted: acceptedRules(guard) }));
	app.post("/__reset", async (_request, reply) => {
		reset();
		return reply.code(204).send();
	});
	app.get("/any", { onRequest: guard({}) }, async ({ keywright }) => {
		handled.push(keywright.key.id);
		return { tenant: keywright.tenant.id };
	});
	app.get("/tenants/:tenant_id/orders", { onRequest: guard({ tenant: (r) => r.params.tenant_id, permission: "orders:read" }) }, async (request) => {
		handled.push(request.keywright.key.id);
		return { tenant: request.keywright.tenant.id };
	});
	const writes = guard({ tenant: (r) => r.params.tenant_id, permission: ["orders:read", "orders:write"] });
	app.post("/tenants/:tenant_id/orders", { onRequest: writes }, async (request, reply) => {
		handled.push(getNote(request.body));
		return reply.code(201).send({ tenant: request.keywright.tenant.id });
	});
	const exportsRules = guard({
		tenant: (r) => r.params.tenant_id,
		site: (r) => r.params.site_id,
		permission: "exports:read",
		capability: "exports",
		cost: (r) => Number(r.query.weight),
		limits: (r) => ({ exports: Number(r.query.weight) }),
		budgets: (r) => ({ credits: 25 * Number(r.query.weight), calls: 0 }),
	});
	app.get("/tenants/:tenant_id/sites/:site_id/exports", { onRequest: exportsRules }, async ({ keywright }) => {
		handled.push(keywright.key.id);
		return { tenant: keywright.tenant.id };
	});
	app.get("/broken/:tenant_id", { onRequest: guard({ tenant: (r) => r.params.id, permission: "orders:read" }) }, async () => handled.push("broken"));
	app.get("/late/:tenant_id", { onRequest: guard({ tenant: (r) => r.params.tenant_id, limits: LATE }) }, async () => handled.push("late"));
	app.post("/read-before", { preHandler: guard({}) }, async () => handled.push("read before"));
	return { url: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() };
}
