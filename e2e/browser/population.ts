/** One tenant and the operator's things, with something on every page of the dashboard and in every dialog. */
import { ok } from "node:assert/strict";
import type { Answer } from "../client.ts";
import { Browser, getToken, inviteToken, newMember, newPortalPerson } from "../people.ts";
import type { Server } from "../server.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeService, makeSite, makeTenant } from "../things.ts";
import { eventually, OLIVIA } from "./browser.ts";

const DAY_MS = 86_400_000;
const CLIENTS = 12;
const FURTHER_KEYS = 6;

export interface Population {
	readonly tenant_id: string;
	/** A key with clients, refusals, an alert and a replacement that runs. */
	readonly busy: MadeKey;
	readonly rotation_id: string;
	/** A key whose replacement waits for its link to be opened. */
	readonly waiting: MadeKey;
	readonly waiting_rotation_id: string;
	/** A key with a link that waits to be opened. */
	readonly unused: MadeKey;
	readonly handover_url: string;
	/** A key whose replacement a finder's report has begun. */
	readonly leaked: MadeKey;
	readonly paused: MadeKey;
	readonly revoked: MadeKey;
	readonly canary: MadeKey;
	/** A request that was refused. */
	readonly request_id: string;
	readonly alert_id: string;
	/** Of the tenant's audit log. */
	readonly entry_id: string;
	/** Of dialogs, by "route name" or by route: the address of the page, and what the dialog is about. */
	readonly dialogs: Readonly<Record<string, readonly [page: string, of?: string]>>;
}

type Ask = (method: string, path: string, body?: unknown) => Promise<Answer>;

interface Page<Row> {
	readonly data: readonly Row[];
}

/** Waits until the list has a row, which comes in the background. */
async function firstOf(ask: Ask, path: string): Promise<string> {
	let id: string | undefined;
	await eventually(async () => {
		id = expectStatus(await ask("GET", path), 200).as<Page<{ id: string }>>().data[0]?.id;
		ok(id !== undefined, path);
	});
	return id ?? "";
}

/** Dialogs of webhooks at a page: one with a delivery that fails, because its receiver does not exist, and one that is disabled. */
async function makeWebhooks(ask: Ask, page: string) {
	const make = async (url: string) => expectStatus(await ask("POST", "/webhooks", { url }), 201).as<{ webhook: { id: string } }>().webhook.id;
	const active = await make("https://hooks.keywright.test/keys");
	const disabled = await make("https://hooks.keywright.test/disabled");
	expectStatus(await ask("PATCH", `/webhooks/${disabled}`, { status: "disabled" }), 200);
	return async () => {
		const about = ["test", "edit", "secret", "disable", "delete"].map((name) => [`${page} ${name}`, [page, active]] as const);
		const delivery = await firstOf(ask, `/webhooks/${active}/deliveries`);
		return {
			...Object.fromEntries(about),
			[`${page} enable`]: [page, disabled],
			[`${page} delivery`]: [`${page}?webhook=${active}`, delivery],
		} as const;
	};
}

/** A key that a finder reported, in a tenant that replaces such keys. */
async function reportKey(server: Server, tenant_id: string): Promise<{ leaked: MadeKey; leaked_rotation_id: string }> {
	expectStatus(await server.management(tenant_id, "PUT", "/policy", { leak_response: "rotate" }), 200);
	const leaked = await makeKey(server, tenant_id);
	expectStatus(await server.send({ method: "POST", path: "/api/v1/leak-reports", body: { keys: [{ raw_key: leaked.raw_key }] } }), 202);
	let leaked_rotation_id: string | undefined;
	await eventually(async () => {
		const read = expectStatus(await server.management(tenant_id, "GET", `/api-keys/${leaked.id}`), 200);
		leaked_rotation_id = read.as<{ rotation: { id: string } | null }>().rotation?.id;
		ok(leaked_rotation_id !== undefined, "the report is not processed");
	});
	return { leaked, leaked_rotation_id: leaked_rotation_id ?? "" };
}

/** Makes the population through the API. */
export async function populate(server: Server): Promise<Population> {
	const rate_limits = [{ name: "burst", requests: 1_000, window_seconds: 60, per: "key" }];
	const plan_id = await makePlan(server, { rate_limits, quota_requests_per_month: 1_000, limits: { api_keys: 100, sites: 5 } });
	const { id: tenant_id } = await makeTenant(server, { plan_id, name: "Northwind" });
	const ask: Ask = (method, path, body) => server.management(tenant_id, method, path, body);
	const askOperator: Ask = (method, path, body) => server.operator(method, path, body);
	const webhooks = [await makeWebhooks(ask, "/webhooks"), await makeWebhooks(askOperator, "/operator/webhooks")];
	const site = await makeSite(server, tenant_id);
	await makeSite(server, tenant_id, { environment: "prod" });

	const busy = await makeKey(server, tenant_id, { site_ids: [site.id], expires_at: new Date(Date.now() + 9 * DAY_MS).toISOString() });
	for (let at = 0; at < CLIENTS; at += 1)
		await server.keyed(busy.raw_key, "GET", "/whoami", undefined, { "x-keywright-client": `worker-${at}`, "user-agent": "bot/1" });
	const request_id = (await server.keyed(busy.raw_key, "GET", "/sites/another")).header("x-request-id");
	await server.send({ method: "GET", path: `/api/v1/m2m/whoami?api_key=${busy.raw_key}` });
	const rotate = async (key: MadeKey, input: object) =>
		expectStatus(await ask("POST", `/api-keys/${key.id}/rotate`, input), 201).as<{ rotation: { id: string } }>().rotation.id;
	const rotation_id = await rotate(busy, {});
	const waiting = await makeKey(server, tenant_id);
	const waiting_rotation_id = await rotate(waiting, { handover: {} });
	const unused = await makeKey(server, tenant_id);
	const { handover_url } = expectStatus(await ask("POST", `/api-keys/${unused.id}/handovers`, {}), 201).as<{ handover_url: string }>();
	const { leaked, leaked_rotation_id } = await reportKey(server, tenant_id);
	const paused = await makeKey(server, tenant_id);
	expectStatus(await ask("POST", `/api-keys/${paused.id}/pause`), 200);
	const canary = await makeKey(server, tenant_id, { canary: true });
	await server.keyed(canary.raw_key, "GET", "/whoami");
	const revoked = await makeKey(server, tenant_id);
	expectStatus(await ask("POST", `/api-keys/${revoked.id}/revoke`, { reason: "other" }), 200);
	await server.keyed(revoked.raw_key, "GET", "/whoami");
	const shown_once = await makeKey(server, tenant_id);
	for (let at = 0; at < FURTHER_KEYS; at += 1) await makeKey(server, tenant_id);

	return {
		...{ tenant_id, busy, rotation_id, waiting, waiting_rotation_id, unused, handover_url, leaked, paused, revoked, canary, request_id },
		alert_id: await firstOf(ask, "/alerts"),
		entry_id: await firstOf(ask, "/audit"),
		dialogs: {
			...Object.assign({}, ...(await Promise.all(webhooks.map((dialogs) => dialogs())))),
			...(await makePeople(server, tenant_id)),
			...(await makeOperatorThings(server, tenant_id)),
			"/settings/api-access revoke": ["/settings/api-access", unused.id],
			"/settings/api-access revoke-leaked": ["/settings/api-access", unused.id],
			"/settings/api-access transfer": ["/settings/api-access", unused.id],
			"/settings/api-access/$key_id": [`/settings/api-access/${shown_once.id}`],
			"/settings/api-access/$key_id/rotations/$rotation_id": [`/settings/api-access/${busy.id}/rotations/${rotation_id}`],
			"/settings/api-access/$key_id/rotations/$rotation_id another-link": [`/settings/api-access/${waiting.id}/rotations/${waiting_rotation_id}`],
			"/settings/api-access/$key_id/rotations/$rotation_id issue-again": [`/settings/api-access/${leaked.id}/rotations/${leaked_rotation_id}`],
			"/sites edit": ["/sites", site.id],
			"/sites delete": ["/sites", site.id],
			"/alerts rule": ["/alerts", "key_expiring"],
			"/operator/plans edit": ["/operator/plans", plan_id],
		},
	};
}

/** A member, an invitation and a person by a portal link; an operator and an invitation of one. */
async function makePeople(server: Server, tenant_id: string): Promise<Population["dialogs"]> {
	const { member_id } = await newMember(server, tenant_id, "admin");
	await newPortalPerson(server, tenant_id, "viewer");
	await inviteToken(server, tenant_id, "viewer", "vera@example.com");
	const invite = async (email: string) => expectStatus(await server.operator("POST", "/operators", { email }), 201).as<{ url: string }>().url;
	const account = { token: getToken(await invite("omar@example.com")), name: "Omar Operator", password: OLIVIA.password };
	expectStatus(await new Browser(server).send("POST", "/api/v1/invitations/accept", account), 200);
	await invite("oona@example.com");
	const { data } = expectStatus(await server.operator("GET", "/operators"), 200).as<Page<{ person_id: string; email: string }>>();
	return {
		"/team remove": ["/team", member_id],
		"/team demote": ["/team", `${member_id} viewer`],
		"/operator/people remove": ["/operator/people", data.find(({ email }) => email === "omar@example.com")?.person_id ?? ""],
	};
}

/** A service, a plan without tenants, an entry of the catalogue, a format of imported keys, and a rule for forwarded requests. */
async function makeOperatorThings(server: Server, tenant_id: string): Promise<Population["dialogs"]> {
	const { id: service_id } = await makeService(server);
	const put = async (path: string, body: object) => expectStatus(await server.operator("PUT", path, body), 200);
	await put("/capabilities/stamps", { description: "Stamps" });
	await put("/permissions/stamps:read", { description: "Count stamps", capability: "stamps" });
	await put("/legacy-formats/acme", { prefix: "acme_", alphabet: "base62", length_min: 24, length_max: 24 });
	await put("/forward-auth-rules", { rules: [{ pattern: "/tenants/:tenant_id/*", permissions: ["documents:read"] }] });
	return {
		"/operator/tenants": [`/operator/tenants?open=${tenant_id}`],
		"/operator/tenants create": ["/operator/tenants"],
		"/operator/plans retire": ["/operator/plans", await makePlan(server)],
		"/operator/services revoke": ["/operator/services", service_id],
		"/operator/catalogue delete": ["/operator/catalogue", "permission stamps:read"],
		"/operator/legacy-formats delete": ["/operator/legacy-formats", "acme"],
	};
}
