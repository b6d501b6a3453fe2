import { createServer } from "node:http";
import express from "express";
import { keywright } from "../../src/express.ts";
import type { Host } from "../run-behaviour.ts";
import { acceptedRules } from "../wrong-rules.ts";
import { BODY_BYTES_MAX, getNote, LATE, serve, startNotes } from "./notes.ts";

export async function startExpress(url: string): Promise<Host> {
	const { handled, errors, reset, options } = startNotes(url);
	const guard = keywright(options);
	const app = express();
	const answer: express.RequestHandler = ({ keywright }, response) => {
		handled.push(keywright.key.id);
		response.json({ tenant: keywright.tenant.id });
	};
	app.get("/free", (_request, response) => {
		response.json({ free: true });
	});
	app.get("/__seen", (_request, response) => {
		response.json({ handled, errors });
	});
	app.get("/__start", (_request, response) => {
		response.json({ accepted: acceptedRules(guard) });
	});
	app.post("/__reset", (_request, response) => {
		reset();
		response.sendStatus(204);
	});
	app.get("/any", guard({}), answer);
	app.get("/tenants/:tenant_id/orders", guard({ tenant: (r) => r.params.tenant_id, permission: "orders:read" }), (request, response) => {
		handled.push(request.keywright.key.id);
		response.json({ tenant: request.keywright.tenant.id });
	});
	const writes = guard({ tenant: (r) => r.params.tenant_id, permission: ["orders:read", "orders:write"] });
	app.post("/tenants/:tenant_id/orders", writes, express.json({ limit: BODY_BYTES_MAX }), (request, response) => {
		handled.push(getNote(request.body));
		response.status(201).json({ tenant: request.keywright.tenant.id });
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
	app.get("/tenants/:tenant_id/sites/:site_id/exports", exportsRules, (request, response) => {
		handled.push(request.keywright.key.id);
		response.json({ tenant: request.keywright.tenant.id });
	});
	app.get("/broken/:tenant_id", guard({ tenant: (r) => r.params.id, permission: "orders:read" }), () => handled.push("broken"));
	app.get("/late/:tenant_id", guard({ tenant: (r) => r.params.tenant_id, limits: LATE }), () => handled.push("late"));
	app.post("/read-before", express.json(), guard({}), () => handled.push("read before"));
	return serve(createServer(app), guard.close);
}
