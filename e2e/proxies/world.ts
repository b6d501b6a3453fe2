/** A Keywright with forward-auth rules for an API, and the keys of the tests. */
import { equal } from "node:assert/strict";
import { type Server, startServer } from "../server.ts";
import { expectStatus, makeKey, makePlan, makeTenant } from "../things.ts";

const RULES = [
	{ pattern: "/tenants/:tenant_id/orders", methods: ["GET"], permissions: ["orders:read"] },
	{ pattern: "/tenants/:tenant_id/orders", methods: ["POST"], permissions: ["orders:write"] },
	{ pattern: "/tenants/:tenant_id/sites/:site_id/*", methods: ["GET"], permissions: ["orders:read"] },
];

export interface World {
	readonly server: Server;
	/** May read the orders of the tenant "acme". */
	readonly reader: { readonly id: string; readonly raw_key: string };
	/** May read and write them. */
	readonly writer: { readonly id: string; readonly raw_key: string };
	/** May do both in the tenant "other". */
	readonly stranger: { readonly id: string; readonly raw_key: string };
}

async function makeGuardedTenant(server: Server, id: string, plan_id: string): Promise<void> {
	await makeTenant(server, { id, plan_id });
	expectStatus(await server.management(id, "POST", "/sites", { id: "shop", name: "Shop" }), 201);
}

export async function startWorld(): Promise<World> {
	const server = await startServer({ env: { KEYWRIGHT_TRUSTED_PROXIES: "127.0.0.1", KEYWRIGHT_AUTH_FAILURES_PER_MINUTE: "0" } });
	for (const permission of ["orders:read", "orders:write"])
		expectStatus(await server.operator("PUT", `/permissions/${permission}`, { description: permission, capability: "orders" }), 200);
	const plan_id = await makePlan(server, {
		capabilities: ["m2m_api", "orders"],
		rate_limits: [{ name: "burst", requests: 3_000, window_seconds: 60, per: "key" }],
	});
	await makeGuardedTenant(server, "acme", plan_id);
	await makeGuardedTenant(server, "other", plan_id);
	const both = ["orders:read", "orders:write"];
	const answer = await server.operator("PUT", "/forward-auth-rules", { rules: RULES });
	equal(answer.status, 200, answer.text);
	return {
		server,
		reader: await makeKey(server, "acme", { name: "prod-reader-ü", permissions: ["orders:read"] }),
		writer: await makeKey(server, "acme", { permissions: both }),
		stranger: await makeKey(server, "other", { permissions: both }),
	};
}
