/** Every operation of the API from the generated OpenAPI document, with a valid body for each. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Call } from "./client.ts";
import { ROOT } from "./server.ts";
import { newName } from "./things.ts";

type Kind = "public" | "key" | "operator" | "service" | "person";

export interface Operation {
	readonly id: string;
	readonly method: string;
	/** With `{name}` for its parameters. */
	readonly path: string;
	readonly kind: Kind;
	/** The minimum role, for management operations. */
	readonly role: string;
	/** Names of the parameters in the path. */
	readonly parameters: readonly string[];
	/** Names of all query parameters. */
	readonly queried: readonly string[];
	/** Names of query parameters that refer to a resource; a parameter with several ids is listed once. */
	readonly queried_ids: readonly string[];
	readonly status: number;
	readonly takes_body: boolean;
	/** Whether the body is optional, because all of its fields are. */
	readonly body_optional: boolean;
}

interface Described {
	readonly operationId: string;
	readonly description: string;
	readonly security: readonly Readonly<Record<string, unknown>>[];
	readonly parameters: readonly { readonly name: string; readonly in: string }[];
	readonly requestBody?: { readonly required: boolean };
	readonly responses: Readonly<Record<string, unknown>>;
}

const KINDS: Readonly<Record<string, Kind>> = { apiKey: "key", operatorToken: "operator", serviceCredential: "service", session: "person" };

/** Guarantee: the file is generated from the routes, and `npm run check` fails if it is out of date. */
function describedPaths(): Readonly<Record<string, Readonly<Record<string, Described>>>> {
	const parsed = JSON.parse(readFileSync(join(ROOT, "server/openapi.json"), "utf8")) as { paths: Record<string, Record<string, Described>> };
	return parsed.paths;
}

/** Query parameters that refer to resources, with the kind of each. */
const QUERIED: Readonly<Record<string, string>> = { key_id: "key_id", key_ids: "key_id", site_id: "site_id", site_ids: "site_id" };

function toOperation(path: string, method: string, described: Described): Operation {
	const names = (where: string) => described.parameters.filter((parameter) => parameter.in === where).map(({ name }) => name);
	const [scheme] = Object.keys(described.security[0] ?? {});
	return {
		id: described.operationId,
		method: method.toUpperCase(),
		path,
		kind: scheme === undefined ? "public" : (KINDS[scheme] ?? "operator"),
		role: /^Access: (viewer|admin|owner)\./.exec(described.description)?.[1] ?? "none",
		parameters: names("path"),
		queried: names("query"),
		queried_ids: names("query").flatMap((name) => (name in QUERIED ? [QUERIED[name] ?? name] : [])),
		status: Number(Object.keys(described.responses).find((status) => /^2\d\d$/.test(status)) ?? 0),
		takes_body: described.requestBody !== undefined,
		body_optional: described.requestBody?.required === false,
	};
}

/** The forward-auth endpoint, which forward-auth.test.ts covers. */
const FORWARD_AUTH = "/api/v1/forward-auth";

export const OPERATIONS: readonly Operation[] = Object.entries(describedPaths())
	.filter(([path]) => path !== FORWARD_AUTH && !path.startsWith(`${FORWARD_AUTH}/`))
	.flatMap(([path, methods]) => Object.entries(methods).map(([method, described]) => toOperation(path, method, described)));

/** The keyed and the management operations, which concern one tenant. */
export const KEYED = OPERATIONS.filter(({ kind }) => kind === "key");
export const MANAGEMENT = OPERATIONS.filter(({ path }) => path.startsWith("/api/v1/tenants/{tenant_id}"));

export const FORM_TYPE = "multipart/form-data; boundary=edge";

/** A multipart body with this file. */
export function buildForm(content: string | Buffer, filename = "a.bin"): Buffer {
	const head = `--edge\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
	return Buffer.concat([Buffer.from(head), Buffer.from(content), Buffer.from("\r\n--edge--\r\n")]);
}

const KEY_BODY = { name: "prod-order-bot", environment: "prod", owner: "Olivia" };
/** A receiver that does not exist, for a type that never occurs: no background task changes its rows. */
export const WEBHOOK_BODY = { url: "https://hooks.keywright.test/events", events: ["webhook.disabled"] };
const PLAN_BODY = { name: "Plan", capabilities: ["m2m_api", "documents"] };
/** By operation. `values` are those of the path, where a body names the same things. */
const BODIES: Readonly<Record<string, (values: Readonly<Record<string, string>>) => unknown>> = {
	post_m2m_sites_by_site_id_documents_text: () => ({ title: "T", content: "C" }),
	post_tenants_by_tenant_id_api_keys: () => KEY_BODY,
	patch_tenants_by_tenant_id_api_keys_by_key_id: () => ({ labels: { changed: "yes" } }),
	post_tenants_by_tenant_id_api_keys_by_key_id_revoke: () => ({ reason: "other" }),
	post_tenants_by_tenant_id_api_keys_by_key_id_narrowing: () => ({ permissions: ["documents:read"] }),
	post_tenants_by_tenant_id_api_keys_by_key_id_handovers: () => ({}),
	post_tenants_by_tenant_id_api_keys_by_key_id_rotate: () => ({}),
	post_tenants_by_tenant_id_api_keys_by_key_id_rotations_by_rotation_id_complete: () => ({ force: true, reason: "The old server is gone" }),
	post_tenants_by_tenant_id_api_keys_by_key_id_rotations_by_rotation_id_cancel: () => ({}),
	post_m2m_key_rotate: () => ({ overlap_seconds: 600 }),
	post_m2m_key_revoke: () => ({}),
	put_tenants_by_tenant_id_api_keys_by_key_id_kept_in: () => ({ place: "secret_manager" }),
	post_tenants_by_tenant_id_api_keys_bulk_revoke: () => ({ filter: {}, reason: "other", preview: true }),
	post_tenants_by_tenant_id_api_keys_transfer: ({ member_id = "mem_none" }) => ({ from: "Mia", owner: { name: "Dana", member_id }, preview: true }),
	post_api_auth_sign_in_email: () => ({ email: "nobody@example.com", password: "as it was before" }),
	post_api_auth_sign_in_link: () => ({ token: "kwl_none" }),
	post_api_auth_request_password_reset: () => ({ email: "nobody@example.com" }),
	post_api_auth_reset_password: () => ({ token: "none", newPassword: "as it will be" }),
	post_invitations_read: () => ({ token: "kwi_none" }),
	post_invitations_accept: () => ({ token: "kwi_none", name: "Nobody", password: "as it will be" }),
	post_portal_sessions_redeem: () => ({ token: "kwp_none" }),
	post_handovers_read: () => ({ token: "kwh_none" }),
	post_handovers_reveal: () => ({ token: "kwh_none", name: "Dora" }),
	post_leak_reports: () => ({ keys: [{ raw_key: "kw_prod_none" }] }),
	post_tenants_by_tenant_id_sites: () => ({ name: "Shop" }),
	patch_tenants_by_tenant_id_sites_by_site_id: () => ({ name: "Renamed shop" }),
	patch_tenants_by_tenant_id_members_by_member_id: () => ({ role: "viewer" }),
	put_tenants_by_tenant_id_sources_by_source_id: () => ({ name: "Nightly export" }),
	post_tenants_by_tenant_id_invitations: () => ({ role: "viewer" }),
	put_tenants_by_tenant_id_alert_rules: () => ({ rule: "key_expiring", threshold: 21 }),
	post_tenants_by_tenant_id_alerts_tests: () => ({ rule: "key_unused" }),
	put_tenants_by_tenant_id_policy: () => ({ client_policy: "alert" }),
	post_tenants_by_tenant_id_webhooks: () => WEBHOOK_BODY,
	patch_tenants_by_tenant_id_webhooks_by_webhook_id: () => ({ events: ["webhook.disabled", "key.expiring"] }),
	post_tenants_by_tenant_id_webhooks_by_webhook_id_rotate_secret: () => ({ overlap_seconds: 0 }),
	post_operator_webhooks: () => WEBHOOK_BODY,
	patch_operator_webhooks_by_webhook_id: () => ({ events: ["webhook.disabled", "key.expiring"] }),
	post_operator_webhooks_by_webhook_id_rotate_secret: () => ({ overlap_seconds: 0 }),
	put_operator_plans_by_plan_id: () => PLAN_BODY,
	post_operator_plans_by_plan_id_preview: () => PLAN_BODY,
	put_operator_api_profile: () => ({ product_name: "Orders" }),
	put_operator_forward_auth_rules: () => ({ rules: [{ pattern: "/tenants/:tenant_id/*", permissions: ["documents:read"] }] }),
	post_operator_forward_auth_rules_test: () => ({ method: "GET", uri: "/tenants/none/orders" }),
	put_operator_legacy_formats_by_name: () => ({ prefix: "old_", alphabet: "base62", length_min: 24, length_max: 32 }),
	put_operator_capabilities_by_capability: () => ({ description: "Orders" }),
	put_operator_permissions_by_permission: () => ({ description: "Write orders", capability: "orders" }),
	post_operator_tenants: () => ({ id: newName("made"), name: "Made", plan_id: "plan-1" }),
	put_operator_tenants_by_tenant_id: () => ({ name: "Put", plan_id: "plan-1" }),
	patch_operator_tenants_by_tenant_id: () => ({ name: "Patched" }),
	post_operator_services: () => ({ name: "Service" }),
	post_operator_tenants_by_tenant_id_portal_sessions: () => ({ external_user_id: "user-7", name: "Paula", role: "viewer" }),
	post_operator_operators: () => ({ email: "nobody@example.com" }),
	post_operator_password_resets: () => ({ email: "nobody@example.com" }),
	post_api_auth_change_password: () => ({ currentPassword: "as it was before", newPassword: "as it will be" }),
	put_session_mail_preferences: () => ({ tenant_id: "none", class: "key_use", mailed: false }),
	post_session_confirm: () => ({ password: "as it was before" }),
	patch_session_person: () => ({ name: "Olivia Owner" }),
	post_session_address: () => ({ email: "nobody@example.com", password: "as it was before" }),
	post_session_address_confirm: () => ({ token: "kwe_none" }),
	post_verify: () => ({ raw_key: "kw_prod_x" }),
};

/** Query parameters that an operation requires. */
const QUERIES: Readonly<Record<string, readonly string[]>> = {
	get_tenants_by_tenant_id_api_keys_by_key_id_budget_preview: ["amount=1", "per=day"],
};

/** A valid body for the operation; undefined if it has no body or takes a form. */
export function buildBody({ id }: Pick<Operation, "id">): unknown {
	return BODIES[id]?.({});
}

/** The request of an operation with these values in its path and query; without a credential. */
export function buildCall(operation: Operation, values: Readonly<Record<string, string>>): Call & { headers: Record<string, string> } {
	const path = operation.path.replace(/\{([a-z_]+)\}/g, (_all, name: string) => values[name] ?? "none");
	const plural = operation.path.endsWith("activity") ? "s" : "";
	const ids = operation.queried_ids.filter((name) => values[name] !== undefined).map((name) => `${name}${plural}=${values[name]}`);
	const query = [...ids, ...(QUERIES[operation.id] ?? [])];
	const call = { method: operation.method, path: query.length > 0 ? `${path}?${query.join("&")}` : path };
	if (!operation.takes_body) return { ...call, headers: {} };
	if (operation.id === "post_m2m_sites_by_site_id_documents") return { ...call, headers: { "content-type": FORM_TYPE }, body: buildForm("content") };
	const body = BODIES[operation.id];
	if (!body) throw new Error(`${operation.id} takes a body, and the tests have none for it: add one to e2e/operations.ts`);
	return { ...call, headers: {}, body: body(values) };
}
