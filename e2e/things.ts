/** Creates plans, tenants, sites and keys through the API. */
import { equal } from "node:assert/strict";
import type { Answer, Fields } from "./client.ts";
import type { Server } from "./server.ts";

export interface Tenant {
	readonly id: string;
	readonly name: string;
	readonly plan_id: string;
}

export interface Site {
	readonly id: string;
	readonly environment: string | null;
}

export interface Key {
	readonly id: string;
	readonly tenant_id: string;
	readonly name: string;
	readonly environment: string;
	readonly permissions: readonly string[];
	readonly secrets: readonly { readonly kid: string; readonly last4: string }[];
}

export interface MadeKey {
	readonly id: string;
	readonly raw_key: string;
	readonly key: Key;
}

export interface Document {
	readonly id: string;
	readonly sha256: string;
	readonly size_bytes: number;
}

let made = 0;

/** An id that is unique in this process. */
export function newName(word: string): string {
	made += 1;
	return `${word}-${made}`;
}

export function expectStatus(answer: Answer, status: number): Answer {
	equal(answer.status, status, answer.text);
	return answer;
}

/** Creates a plan with API access, documents and no limits, overridden by `fields`. Returns its id. */
export async function makePlan(server: Server, fields: Fields = {}): Promise<string> {
	const id = typeof fields.id === "string" ? fields.id : newName("plan");
	const plan = { name: `Plan ${id}`, capabilities: ["m2m_api", "documents"], ...fields };
	expectStatus(await server.operator("PUT", `/plans/${id}`, plan), 200);
	return id;
}

/** Creates a tenant on `fields.plan_id`, or on a new plan without limits. */
export async function makeTenant(server: Server, fields: Fields = {}): Promise<Tenant> {
	const plan_id = fields.plan_id ?? (await makePlan(server));
	const id = newName("tenant");
	return expectStatus(await server.operator("POST", "/tenants", { id, name: `Tenant ${id}`, ...fields, plan_id }), 201).as<Tenant>();
}

export async function makeSite(server: Server, tenant_id: string, fields: Fields = {}): Promise<Site> {
	const id = newName("site");
	return expectStatus(await server.management(tenant_id, "POST", "/sites", { id, name: `Site ${id}`, ...fields }), 201).as<Site>();
}

/** Creates a `prod` key with all permissions of the plan, overridden by `fields`. */
export async function makeKey(server: Server, tenant_id: string, fields: Fields = {}): Promise<MadeKey> {
	const body = { name: newName("prod-bot"), environment: "prod", owner: "Olivia Owner", integration: "bot", ...fields };
	const { key, raw_key } = expectStatus(await server.management(tenant_id, "POST", "/api-keys", body), 201).as<{ key: Key; raw_key: string }>();
	return { id: key.id, raw_key, key };
}

export async function makeText(server: Server, raw_key: string, site_id: string, content = "Hello"): Promise<Document> {
	return expectStatus(await server.keyed(raw_key, "POST", `/sites/${site_id}/documents/text`, { title: "Note", content }), 201).as<Document>();
}

/** Creates a service; returns it with its credential. */
export async function makeService(server: Server): Promise<{ id: string; credential: string }> {
	const { service, credential } = expectStatus(await server.operator("POST", "/services", { name: newName("service") }), 201).as<{
		service: { id: string };
		credential: string;
	}>();
	return { id: service.id, credential };
}

/** Creates a tenant with one site and one key. `plan` has fields of its plan. */
export async function makeWorld(
	server: Server,
	plan: Fields = {},
): Promise<{ plan_id: string; tenant: Tenant; site: Site; made: MadeKey; raw_key: string }> {
	const plan_id = await makePlan(server, plan);
	const tenant = await makeTenant(server, { plan_id });
	const site = await makeSite(server, tenant.id);
	const made = await makeKey(server, tenant.id);
	return { plan_id, tenant, site, made, raw_key: made.raw_key };
}
