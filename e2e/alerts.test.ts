/** Alerts over HTTP: raised by what happens, one for a storm, resolved by themselves, acknowledged by a person. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type MailTrap, mailTrap } from "../server/testing/mail-trap.ts";
import { isSignedBy, Receiver } from "../server/testing/webhooks.ts";
import type { Answer } from "./client.ts";
import { Database } from "./database.ts";
import { buildCall, MANAGEMENT } from "./operations.ts";
import { newMember, newPortalPerson, type Role } from "./people.ts";
import { assertProblem } from "./problem.ts";
import { type Server, startServer } from "./server.ts";
import { expectStatus, makeKey, makePlan, makeTenant } from "./things.ts";

/** Contract: raised within this time of the request. */
const EXPOSED_WITHIN_MS = 2_000;
/** Usage is aggregated every ten seconds, and the machine may be busy. */
const WITHIN_MS = 30_000;

/** Contract: viewers read alerts, their rules and the policy; all else about them, webhooks and the audit log is for admins and owners. */
const TELLING = MANAGEMENT.filter(({ path }) => /\/(?:alerts|alert-rules|webhooks|audit|policy)(?:\/|$)/.test(path));
const FOR_VIEWERS = /^get_tenants_by_tenant_id_(?:alerts|alert_rules|policy)/;
/** Contract: allowed in a suspended tenant. */
const WHILE_SUSPENDED: Readonly<Record<string, number>> = {
	post_tenants_by_tenant_id_alerts_by_alert_id_acknowledge: 200,
	delete_tenants_by_tenant_id_webhooks_by_webhook_id: 204,
};

interface Alert {
	readonly id: string;
	readonly rule: string;
	readonly status: string;
	readonly key_id: string | null;
	readonly summary: string;
	readonly count: number;
	readonly acknowledged_by: { readonly kind: string } | null;
}

let server: Server;
let database: Database;
let tenant_id: string;
let trap: MailTrap;
let receiver: Receiver;
before(async () => {
	[trap, receiver] = [await mailTrap(), await Receiver.start()];
	server = await startServer({
		env: {
			KEYWRIGHT_SMTP_URL: `smtp://127.0.0.1:${trap.port}`,
			KEYWRIGHT_MAIL_FROM: "keys@shop.example",
			KEYWRIGHT_OUTGOING_ALLOWED: "127.0.0.1",
		},
	});
	database = await Database.open(server.data_dir);
	tenant_id = (await makeTenant(server, { plan_id: await makePlan(server) })).id;
});
after(async () => {
	await database.close();
	await server.stop();
	await Promise.all([trap.close(), receiver.close()]);
});

const whoami = (raw_key: string) => server.keyed(raw_key, "GET", "/whoami");

async function list(query = "", of = tenant_id): Promise<readonly Alert[]> {
	return expectStatus(await server.management(of, "GET", `/alerts${query}`), 200).as<{ data: Alert[] }>().data;
}

async function waitFor(query: string, isRight: (alerts: readonly Alert[]) => boolean, within_ms: number, of = tenant_id): Promise<readonly Alert[]> {
	for (const until = performance.now() + within_ms; ; await sleep(50)) {
		const alerts = await list(query, of);
		if (isRight(alerts)) return alerts;
		ok(performance.now() < until, `not within ${within_ms} ms: ${JSON.stringify(alerts)}`);
	}
}

test("a burst of refusals with a revoked key is one alert, one mail and one signed webhook, and is resolved by itself", async () => {
	const owner = await newMember(server, tenant_id, "owner");
	const wanted = { url: receiver.url("/alerts"), events: ["alert.raised", "alert.resolved"] };
	const { secret } = expectStatus(await server.management(tenant_id, "POST", "/webhooks", wanted), 201).as<{ secret: string }>();
	const key = await makeKey(server, tenant_id, { environment: "prod" });
	expectStatus(await server.management(tenant_id, "POST", `/api-keys/${key.id}/revoke`, { reason: "other" }), 200);
	for (let request = 0; request < 60; request += 1) assertProblem(await whoami(key.raw_key), "key_revoked");
	// A report of usage is no older than a second, so it does not wait for the next aggregation.
	expectStatus(await server.management(tenant_id, "GET", `/api-keys/${key.id}/usage?granularity=day`), 200);
	const [alert, ...others] = await waitFor("", ([first]) => first?.count === 60, WITHIN_MS);
	deepEqual([alert?.rule, alert?.status, alert?.key_id, others.length], ["dead_key_presented", "raised", key.id, 0]);
	// Five minutes without a request, as the alert sees it.
	await database.rows("update alerts set last_at = last_at - interval '5 minutes', due_at = due_at - interval '5 minutes' where id = $1", [
		alert?.id,
	]);
	const [resolved] = await waitFor("?status=resolved", ({ length }) => length === 1, WITHIN_MS);
	equal(resolved?.id, alert?.id);
	const events = await database.rows(
		"select type, data ->> 'alert_id' as id from outbox where tenant_id = $1 and type like 'alert.%' order by position",
		[tenant_id],
	);
	deepEqual(events, [
		{ type: "alert.raised", id: alert?.id },
		{ type: "alert.resolved", id: alert?.id },
	]);
	const subjects = () =>
		trap.mails.filter(({ to }) => to.includes(owner.email)).flatMap(({ headers }) => /^(?:Alert|Resolved):/.exec(headers.get("subject") ?? "") ?? []);
	for (const until = performance.now() + WITHIN_MS; receiver.received.length < 2 || subjects().length < 2; await sleep(50))
		ok(performance.now() < until, `${receiver.received.length} calls, ${subjects().length} mails`);
	deepEqual(subjects().toSorted(), ["Alert:", "Resolved:"]);
	deepEqual(
		receiver.received.map(({ type, data, headers, body }) => [type, data.alert_id, isSignedBy(secret, headers, body)]),
		[
			["alert.raised", alert?.id, true],
			["alert.resolved", alert?.id, true],
		],
	);
});

test("a whole key in a URL raises key_exposed within two seconds; an acknowledgement says by whom", async () => {
	const key = await makeKey(server, tenant_id, { environment: "prod" });
	const began = performance.now();
	await server.send({ method: "GET", path: `/api/v1/m2m/whoami?api_key=${key.raw_key}` });
	const [alert] = await waitFor(`?status=open&key_id=${key.id}`, ({ length }) => length > 0, EXPOSED_WITHIN_MS);
	ok(performance.now() - began < EXPOSED_WITHIN_MS);
	deepEqual([alert?.rule, alert?.status], ["key_exposed", "raised"]);
	const acknowledge = () => server.management(tenant_id, "POST", `/alerts/${alert?.id}/acknowledge`);
	// Who has received it becomes known meanwhile.
	const shown = (answer: Answer) => ({ ...expectStatus(answer, 200).as<Alert>(), reached: null });
	const acknowledged = shown(await acknowledge());
	deepEqual([acknowledged.status, acknowledged.acknowledged_by?.kind], ["acknowledged", "operator"]);
	deepEqual(shown(await acknowledge()), acknowledged);
	assertProblem(await server.management(tenant_id, "POST", "/alerts/alt_none/acknowledge"), "not_found");
	deepEqual(shown(await server.management(tenant_id, "GET", `/alerts/${alert?.id}`)), acknowledged);
	assertProblem(await server.management(tenant_id, "GET", "/alerts/alt_none"), "not_found");
	const counted = async (status: string) =>
		expectStatus(await server.management(tenant_id, "GET", `/alerts?total=true&limit=1&key_id=${key.id}&status=${status}`), 200).as<{
			total: number;
		}>().total;
	deepEqual([await counted("raised"), await counted("open")], [0, 1]);
});

test("rules are listed with their defaults and changed one by one", async () => {
	const rules = async () =>
		expectStatus(await server.management(tenant_id, "GET", "/alert-rules"), 200).as<{ data: Record<string, unknown>[] }>().data;
	equal((await rules()).length, 11);
	ok((await rules()).every(({ enabled }) => enabled === true));
	const put = (body: object) => server.management(tenant_id, "PUT", "/alert-rules", body);
	const rule = { rule: "key_expiring", enabled: true, threshold: 30, to: ["owners"] };
	deepEqual(expectStatus(await put(rule), 200).json, rule);
	deepEqual(
		(await rules()).find((one) => one.rule === "key_expiring"),
		rule,
	);
	assertProblem(await put({ rule: "key_expiring", threshold: 1_000 }), "invalid_request");
	assertProblem(await put({ rule: "no_such_rule" }), "invalid_request");
});

/** A tenant with a webhook that receives `alert.raised`, and an open alert. */
async function alertedTenant(): Promise<{ tenant_id: string; webhook_id: string; alert_id: string; raw_key: string }> {
	const { id } = await makeTenant(server, { plan_id: await makePlan(server) });
	const wanted = { url: receiver.url(`/of/${id}`), events: ["alert.raised"] };
	const { webhook } = expectStatus(await server.management(id, "POST", "/webhooks", wanted), 201).as<{ webhook: { id: string } }>();
	const [key, ended] = [await makeKey(server, id), await makeKey(server, id)];
	expectStatus(await server.management(id, "POST", `/api-keys/${ended.id}/revoke`, { reason: "other" }), 200);
	await server.send({ method: "GET", path: `/api/v1/m2m/whoami?api_key=${key.raw_key}` });
	const [alert] = await waitFor("?rule=key_exposed", ({ length }) => length > 0, WITHIN_MS, id);
	return { tenant_id: id, webhook_id: webhook.id, alert_id: alert?.id ?? "", raw_key: ended.raw_key };
}

test("people of a portal link use alerts, webhooks, rules, policy and audit by their role; in a suspended tenant they acknowledge and delete, and nothing else", async () => {
	ok(TELLING.length >= 18, "the operations are found");
	// The deletion last, because the others need its webhook.
	const in_order = TELLING.toSorted((a, b) => Number(a.method === "DELETE") - Number(b.method === "DELETE"));
	for (const role of ["viewer", "admin", "owner"] as const satisfies readonly Role[]) {
		for (const enter of [newPortalPerson, async (...of: Parameters<typeof newMember>) => (await newMember(...of)).browser]) {
			const { raw_key: _raw_key, ...values } = await alertedTenant();
			const person = await enter(server, values.tenant_id, role);
			for (const status of ["active", "suspended"]) {
				expectStatus(await server.operator("PATCH", `/tenants/${values.tenant_id}`, { status }), 200);
				for (const operation of in_order.filter(({ method }) => status === "suspended" || method !== "DELETE")) {
					const { method, path, body, headers } = buildCall(operation, values);
					const answer = await person.send(method, path, body, headers);
					const about = `${status}, ${role}, ${operation.id}: ${answer.text}`;
					const may = role !== "viewer" || FOR_VIEWERS.test(operation.id);
					const goes_on = WHILE_SUSPENDED[operation.id];
					if (status === "suspended" && method !== "GET" && goes_on === undefined) equal(answer.code, "tenant_suspended", about);
					else if (!may) equal(answer.code, "role_not_allowed", about);
					else if (goes_on !== undefined) equal(answer.status, goes_on, about);
					else ok(answer.status < 500 && ![401, 403].includes(answer.status), about);
				}
			}
		}
	}
});

test("in a suspended tenant alerts are raised and delivered", async () => {
	const { tenant_id: id, raw_key } = await alertedTenant();
	expectStatus(await server.operator("PATCH", `/tenants/${id}`, { status: "suspended" }), 200);
	assertProblem(await whoami(raw_key), "key_revoked");
	const [alert] = await waitFor("?rule=dead_key_presented", ({ length }) => length > 0, WITHIN_MS, id);
	const isDelivered = () => receiver.received.some(({ path, data }) => path === `/of/${id}` && data.alert_id === alert?.id);
	for (const until = performance.now() + WITHIN_MS; !isDelivered(); await sleep(50)) ok(performance.now() < until, "it is not delivered");
});
