import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { keywright } from "../../src/hono.ts";
import type { Target } from "../../src/request/target.ts";
import type { Host } from "../run-behaviour.ts";
import { acceptedRules } from "../wrong-rules.ts";
import { getNote, LATE, serve, startNotes } from "./notes.ts";

export async function startHono(url: string): Promise<Host> {
	const { handled, errors, reset, options } = startNotes(url);
	const guard = keywright(options);
	const app = new Hono();
	const weight = (_c: Context, target: Target): number => Number(target.query("weight"));
	app.get("/free", (c) => c.json({ free: true }));
	app.get("/__seen", (c) => c.json({ handled, errors }));
	app.get("/__start", (c) => c.json({ accepted: acceptedRules(guard) }));
	app.post("/__reset", (c) => {
		reset();
		return c.body(null, 204);
	});
	app.get("/any", guard({}), (c) => {
		handled.push(c.var.keywright.key.id);
		// A response that the handler creates gets the headers too.
		return Response.json({ tenant: c.var.keywright.tenant.id });
	});
	app.get("/tenants/:tenant_id/orders", guard({ tenant: (c) => c.req.param("tenant_id"), permission: "orders:read" }), (c) => {
		handled.push(c.get("keywright").key.id);
		return c.json({ tenant: c.get("keywright").tenant.id });
	});
	const writes = guard({ tenant: (c) => c.req.param("tenant_id"), permission: ["orders:read", "orders:write"] });
	app.post("/tenants/:tenant_id/orders", writes, async (c) => {
		handled.push(getNote(await c.req.json()));
		return c.json({ tenant: c.var.keywright.tenant.id }, 201);
	});
	const exportsRules = guard({
		tenant: (c) => c.req.param("tenant_id"),
		site: (c) => c.req.param("site_id"),
		permission: "exports:read",
		capability: "exports",
		cost: weight,
		limits: (c, target) => ({ exports: weight(c, target) }),
		budgets: (c, target) => ({ credits: 25 * weight(c, target), calls: 0 }),
	});
	app.get("/tenants/:tenant_id/sites/:site_id/exports", exportsRules, (c) => {
		handled.push(c.var.keywright.key.id);
		return c.json({ tenant: c.var.keywright.tenant.id });
	});
	app.get("/broken/:tenant_id", guard({ tenant: (c) => c.req.param("id"), permission: "orders:read" }), (c) => {
		handled.push("broken");
		return c.body(null);
	});
	app.get("/late/:tenant_id", guard({ tenant: (c) => c.req.param("tenant_id"), limits: LATE }), (c) => {
		handled.push("late");
		return c.body(null);
	});
	return serve(createServer(getRequestListener(app.fetch)), guard.close);
}
