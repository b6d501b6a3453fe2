/** What is stored of the requests of keys: networks and route templates, never a path or a query. A full address is for the operator. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { asKid, makeRawKey, newKid, newSecret } from "../server/src/keys/secrets/format.ts";
import type { Answer } from "./client.ts";
import { Database } from "./database.ts";
import { buildCall, KEYED, MANAGEMENT, OPERATIONS } from "./operations.ts";
import { newMember, newPortalPerson } from "./people.ts";
import { type Server, startServer } from "./server.ts";
import { expectStatus, type MadeKey, makeKey, makeService, makeWorld } from "./things.ts";

/** Occurs in the paths and queries of callers only. */
const IN_PATH = "zqxjpath";
const IN_QUERY = "zqxjquery";
/** Of callers only; people and services call from loopback. */
const ADDRESSES = ["203.0.113.77", "2001:db8:77:1::77"];
const NETWORKS = ["203.0.113.0/24", "2001:db8:77::/48"];
const RULES = [{ pattern: "/tenants/:tenant_id/orders/*" }, { pattern: "/exports/:export_id", methods: ["GET"] }];
const WRITTEN_WITHIN_MS = 20_000;

let server: Server;
let database: Database;
let world: Awaited<ReturnType<typeof makeWorld>>;
before(async () => {
	server = await startServer({ env: { KEYWRIGHT_TRUSTED_PROXIES: "127.0.0.1", KEYWRIGHT_AUTH_FAILURES_PER_MINUTE: "0" } });
	database = await Database.open(server.data_dir);
	world = await makeWorld(server);
	expectStatus(await server.operator("PUT", "/forward-auth-rules", { rules: RULES }), 200);
	await present();
});
after(async () => {
	await database.close();
	await server.stop();
});

const foreignSecret = (kid: string = newKid()) => makeRawKey({ brand: "kw", environment: "prod", kid: asKid(kid), secret: newSecret() });

/** Every way in which a key is presented, with keys of every standing, from both addresses, by paths and queries that hold ids. */
async function present(): Promise<void> {
	const tenant_id = world.tenant.id;
	const make = (fields = {}) => makeKey(server, tenant_id, fields);
	const change = async (key: MadeKey, verb: string, body?: unknown) =>
		expectStatus(await server.management(tenant_id, "POST", `/api-keys/${key.id}/${verb}`, body), 200);
	const [good, revoked, paused] = [await make(), await make(), await make()];
	const [elsewhere, canary, narrow] = [
		await make({ allowed_ips: ["198.51.100.0/24"] }),
		await make({ canary: true }),
		await make({ permissions: [] }),
	];
	await change(revoked, "revoke", { reason: "other" });
	await change(paused, "pause");
	const kid = good.key.secrets[0]?.kid ?? "";
	const raw_keys = [good, revoked, paused, elsewhere, canary, narrow].map(({ raw_key }) => raw_key);
	const presented = [...raw_keys, foreignSecret(kid), foreignSecret(), "no key at all", ""];
	const { credential } = await makeService(server);
	const values = Object.fromEntries(KEYED.flatMap(({ parameters, queried_ids }) => [...parameters, ...queried_ids]).map((name) => [name, IN_PATH]));
	const sent: Answer[] = [];
	const address = () => ADDRESSES[sent.length % ADDRESSES.length] ?? "";
	const from = (ip = address()) => ({ "x-forwarded-for": ip, "x-forwarded-proto": "https", "user-agent": "order-bot/1.0" });
	for (const operation of KEYED) {
		const own = /m2m_key/.test(operation.id) ? [(await make()).raw_key, ...presented.slice(1)] : presented;
		for (const [index, raw_key] of own.entries()) {
			const [tenant, site_id] = index % 2 === 0 ? [tenant_id, IN_PATH] : [IN_PATH, world.site.id];
			const call = buildCall(operation, { ...values, tenant_id: tenant, site_id });
			const path = `${call.path}${call.path.includes("?") ? "&" : "?"}${IN_QUERY}=1`;
			sent.push(await server.send({ ...call, path, headers: { ...call.headers, ...from(), ...(raw_key === "" ? {} : { "x-api-key": raw_key }) } }));
		}
	}
	for (const raw_key of presented) {
		const keyed = () => ({ ...from(), "x-api-key": raw_key });
		sent.push(await server.send({ method: "GET", path: `/api/v1/m2m/${IN_PATH}?${IN_QUERY}=1`, headers: keyed() }));
		sent.push(await server.send({ method: "GET", path: `/api/v1/m2m/whoami?key=${raw_key.replaceAll(" ", "")}&${IN_QUERY}=1`, headers: from() }));
		for (const uri of [`/tenants/${tenant_id}/orders/${IN_PATH}`, `/exports/${IN_PATH}`, `/${IN_PATH}`])
			for (const method of ["GET", "PURGE"]) {
				const forwarded = { "x-forwarded-uri": `${uri}?${IN_QUERY}=1`, "x-forwarded-method": method, "x-forwarded-host": "api.example" };
				sent.push(await server.send({ method: "GET", path: "/api/v1/forward-auth", headers: { ...keyed(), ...forwarded } }));
			}
		for (const site_id of [world.site.id, IN_PATH])
			for (const origin of [undefined, "https://shop.example"]) {
				const request = { method: "GET", path: `/orders/${IN_PATH}?${IN_QUERY}=1`, ip: address(), user_agent: "order-bot/1.0", origin };
				sent.push(await server.verify(credential, { raw_key, tenant_id, site_id, permissions: ["documents:read"], request }));
			}
	}
	// The people's part of the API looks for keys too.
	for (const _address of ADDRESSES)
		sent.push(await server.send({ method: "GET", path: `/api/v1/tenants/${IN_PATH}?${good.raw_key}&${IN_QUERY}=1`, headers: from() }));
	equal(sent.find(({ status }) => status >= 500)?.text, undefined);
	const last = await server.keyed(revoked.raw_key, "GET", "/whoami", undefined, from("192.0.2.1"));
	const written = "select from auth_failures where request_id = $1";
	const aggregated = "select from key_sources where tenant_id = $1 and key_id = $2 and network = '192.0.2.0/24'";
	for (const until = performance.now() + WRITTEN_WITHIN_MS; ; await sleep(100)) {
		const refusals = await database.rows(written, [last.json.request_id]);
		// What is aggregated is read by the report that asks for it.
		await server.management(tenant_id, "GET", `/api-keys/${revoked.id}/sources`);
		if (refusals.length > 0 && (await database.rows(aggregated, [tenant_id, revoked.id])).length > 0) return;
		ok(performance.now() < until, "the requests were not written");
	}
}

/** Every text column of the database, JSON included. */
async function textColumns(): Promise<{ table: string; column: string }[]> {
	const types = "('text', 'jsonb', 'json', 'ARRAY', 'inet', 'cidr', 'character varying')";
	const rows = await database.rows(
		`select c.table_name, c.column_name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
		where c.table_schema = 'keywright' and t.table_type = 'BASE TABLE' and c.data_type in ${types} order by 1, 2`,
	);
	return rows.map(({ table_name, column_name }) => ({ table: String(table_name), column: String(column_name) }));
}

/** The columns in which one of `texts` occurs, as `table.column`. */
async function columnsWith(texts: readonly string[]): Promise<string[]> {
	const found: string[] = [];
	for (const { table, column } of await textColumns()) {
		const rows = await database.rows(
			`select from "${table}" where exists (select from unnest($1::text[]) t where strpos("${column}"::text, t) > 0) limit 1`,
			[texts],
		);
		if (rows.length > 0) found.push(`${table}.${column}`);
	}
	return found;
}

test("no path and no query of a caller is stored anywhere; their networks are", async () => {
	deepEqual(await columnsWith([IN_PATH, IN_QUERY]), []);
	const with_networks = await columnsWith(NETWORKS);
	for (const place of [
		"key_sources.network",
		"auth_failures.network",
		"unknown_auth_failures.network",
		"key_exposures.network",
		"outbox.data",
		"alerts.evidence",
	])
		ok(with_networks.includes(place), `${place} is not among ${with_networks}`);
});

test("stored operations are the templates of routes and rules, or a permission that was asked about", async () => {
	const routes = OPERATIONS.map(({ method, path }) => `${method} ${path.replace(/\{([a-z_]+)\}/g, ":$1")}`);
	const rules = RULES.flatMap(({ pattern }) => ["GET", "OTHER"].map((method) => `${method} ${pattern}`));
	const allowed = new Set([...routes, ...rules, "GET documents:read", "forward-auth without a rule", "exposure"]);
	const columns = (await textColumns()).filter(({ column }) => /(?:^|_)operation$/.test(column));
	ok(columns.length >= 6, JSON.stringify(columns));
	const seen = new Set<string>();
	for (const { table, column } of columns) {
		for (const { operation } of await database.rows(`select distinct "${column}" as operation from "${table}" where "${column}" is not null`)) {
			seen.add(`${table}.${column}`);
			ok(allowed.has(String(operation)), `${table}.${column} holds ${operation}`);
		}
	}
	for (const place of ["auth_failures.operation", "unknown_auth_failures.operation", "usage_operations.operation", "usage_by_source.operation"])
		ok(seen.has(place), `${place} holds nothing`);
});

test("a full address is stored with a refusal that belongs to no tenant, which the operator alone reads, and with a change that a key made; all else has networks", async () => {
	deepEqual(await columnsWith(ADDRESSES), ["audit_entries.details", "unknown_auth_failures.address"]);
	const audited = await database.rows("select distinct actor_kind from audit_entries where details::text like any ($1)", [
		ADDRESSES.map((address) => `%${address}%`),
	]);
	deepEqual(audited, [{ actor_kind: "key" }]);
	const shown = expectStatus(await server.operator("GET", "/auth-failures"), 200).text;
	for (const address of ADDRESSES) ok(shown.includes(address), `the operator does not see ${address}`);

	const tenant_id = world.tenant.id;
	const { data } = expectStatus(await server.management(tenant_id, "GET", "/api-keys?limit=100"), 200).as<{ data: { id: string }[] }>();
	const people = [(await newMember(server, tenant_id, "owner")).browser, await newPortalPerson(server, tenant_id, "owner")];
	let networks = 0;
	for (const operation of MANAGEMENT.filter(({ method, id }) => method === "GET" && !id.endsWith("_audit"))) {
		const keys = operation.parameters.includes("key_id") ? data.map(({ id }) => id) : ["none"];
		for (const [index, key_id] of keys.entries()) {
			const { path, headers } = buildCall(operation, { tenant_id, key_id });
			const text = (await people[index % people.length]?.send("GET", path, undefined, headers))?.text ?? "";
			for (const address of ADDRESSES) ok(!text.includes(address), `${operation.id} shows ${address}`);
			networks += NETWORKS.filter((network) => text.includes(network)).length;
		}
	}
	ok(networks > 0, "nothing shows a network");
});
