import { deepEqual, equal, ok } from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { checksum } from "../server/src/core/checksum.ts";
import { randomBase62 } from "../server/src/core/id.ts";
import { type Answer, type Call, send } from "./client.ts";
import { removeDataFolder } from "./data-folder.ts";
import { buildCall, buildForm, FORM_TYPE, OPERATIONS, type Operation } from "./operations.ts";
import { newMember } from "./people.ts";
import { assertProblem } from "./problem.ts";
import { exchange, requestText } from "./raw-socket.ts";
import { type Server, startServer } from "./server.ts";
import { STORED_TEXTS, type TextField } from "./text-fields.ts";
import { expectStatus, makeKey, makeService, makeText, makeWorld } from "./things.ts";

/** Half of a secret (95 bits) is searched for: it cannot occur by chance. */
const PIECE_CHARACTERS = 16;
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
/** The only files that may contain a secret of the server. */
const SECRET_FILES: readonly string[] = ["pepper", "operator_token"];

let server: Server;
/** Each secret's name and the text that no sink may contain. */
const canaries = new Map<string, string>();
const exchanges: { call: string; answer: Answer }[] = [];

before(async () => {
	server = await startServer({ env: { KEYWRIGHT_LOG_LEVEL: "trace", KEYWRIGHT_AUTH_FAILURES_PER_MINUTE: "0" } });
});

after(() => removeDataFolder(server.data_dir));

/** The parts of `text` to search for, in several encodings. */
function splitText(text: string): string[] {
	const halves = [text.slice(0, PIECE_CHARACTERS), text.slice(-PIECE_CHARACTERS)];
	return [...halves, Buffer.from(text).toString("base64").slice(0, 40), Buffer.from(text).toString("hex")];
}

function getSecretPart(raw_key: string): string {
	return raw_key.slice(-38, -6);
}

async function sendCall(call: Call): Promise<Answer> {
	const answer = await send(server.url, call);
	exchanges.push({ call: `${call.method} ${call.path.split("?")[0]}`, answer });
	return answer;
}

/** The same request with `secret` in each place where a caller might put it by mistake. */
function misplaced(call: Call, secret: string, parameters: readonly string[]): Call[] {
	const { path, headers = {} } = call;
	const encoded = encodeURIComponent(secret);
	const inHeaders = {
		cookie: `session=${secret}; key="${secret}"`,
		authorization: `Bearer ${secret}`,
		"user-agent": `bot/1 (${secret})`,
		referer: `https://shop.example/?key=${secret}`,
		origin: `https://${secret}.example`,
		"x-forwarded-for": secret,
		"idempotency-key": secret,
		"x-keywright-client": `bot-${secret}`,
		"content-type": `application/json; key=${secret}`,
		"x-api-key": `${secret}\t`,
	};
	return [
		{ ...call, path: `${path}${path.includes("?") ? "&" : "?"}api_key=${encoded}` },
		{ ...call, path: `${path}${path.includes("?") ? "&" : "?"}cursor=${encoded}&limit=${encoded}&key_id=${encoded}` },
		...parameters.map(() => ({ ...call, path: path.replace(/none/g, encoded) })),
		...Object.entries(inHeaders).map(([name, value]) => ({ ...call, headers: { ...headers, [name]: value } })),
		{ ...call, headers: { ...headers, authorization: `Basic ${Buffer.from(`x:${secret}`).toString("base64")}` } },
		{ ...call, headers: { ...headers, "content-type": "application/json" }, body: `{"raw_key":"${secret}","${secret}":1,` },
		{ ...call, headers: { ...headers, "content-type": "application/json" }, body: { [secret]: secret, raw_key: secret, name: { secret } } },
	];
}

async function useEverywhere(secret: string, own: Readonly<Record<string, string>>): Promise<void> {
	for (const operation of OPERATIONS) {
		const call = buildCall(operation, {});
		for (const wrong of misplaced(call, secret, operation.parameters)) {
			await sendCall(wrong);
			await sendCall({ ...wrong, headers: { ...own, ...wrong.headers } });
		}
	}
}

async function sendGarbage(secret: string): Promise<void> {
	const texts = [
		`GET /${secret} HTTP/1.1\r\n\r\n`,
		`${secret} / HTTP/1.1\r\nHost: a\r\n\r\n`,
		requestText("GET", `/../${secret}`, [`X-API-Key: ${secret}`]),
		requestText("GET", "/healthz", [`X-API-Key: ${secret}`, `X-API-Key: ${secret}`]),
		requestText("GET", "/api/v1/m2m/whoami", [`X-API-Key: ${secret.repeat(400)}`]),
		requestText("POST", "/api/v1/verify", [`Transfer-Encoding: ${secret}`]),
		requestText("CONNECT", `${secret}:443`),
	];
	for (const text of texts) await exchange(server.port, text);
}

/** Requests with a key in the wrong field; each is counted in some metric. */
async function askMisleadingly(credential: string, raw_key: string): Promise<void> {
	const secret = getSecretPart(raw_key);
	const request = { method: secret.slice(0, 32), path: `/x?key=${raw_key}`, ip: "10.0.0.1", user_agent: raw_key, origin: raw_key };
	const questions = [
		{ raw_key },
		{ raw_key, request },
		{ raw_key, permissions: [raw_key] },
		{ raw_key, permissions: [secret], request },
		{ raw_key, tenant_id: raw_key, site_id: raw_key, capability: secret },
		{ raw_key: `Bearer ${raw_key}` },
		{ raw_key: `${raw_key}\n` },
		{ raw_key: raw_key.slice(0, -1) },
		{ raw_key: raw_key.slice(0, 30) + raw_key.slice(31) },
	];
	for (const body of questions) {
		const answer = await sendCall({ method: "POST", path: "/api/v1/verify", headers: { authorization: `Bearer ${credential}` }, body });
		ok([200, 400].includes(answer.status), answer.text);
	}
}

/** Two keys with a handover, one of them revealed; returns the tokens of the links, of which the first still works. */
async function handOver(tenant_id: string): Promise<{ waiting: string; claimed: string }> {
	const make = async () => {
		const body = { name: "prod-handed-bot", environment: "prod", owner: "Olivia", handover: {} };
		const made = expectStatus(await server.management(tenant_id, "POST", "/api-keys", body), 201);
		return String(made.json.handover_url).split("#")[1] ?? "";
	};
	const [waiting, claimed] = [await make(), await make()];
	const reveal = { method: "POST", path: "/api/v1/handovers/reveal", body: { token: claimed, name: "Dora" } };
	const { raw_key, key } = expectStatus(await send(server.url, reveal), 200).as<{ raw_key: string; key: { id: string } }>();
	equal((await sendCall(reveal)).code, "secret_already_issued");
	for (const token of [waiting, claimed]) expectStatus(await sendCall({ ...reveal, path: "/api/v1/handovers/read", body: { token } }), 200);
	const again = expectStatus(await server.management(tenant_id, "POST", `/api-keys/${key.id}/reissue`), 201);
	canaries.set("token of a waiting handover", waiting.slice(4)).set("token of a claimed handover", claimed.slice(4));
	canaries.set("raw key of a handover", getSecretPart(raw_key)).set("raw key issued anew", getSecretPart(String(again.json.raw_key)));
	return { waiting, claimed };
}

/** A secret that was replaced at once, and one that its key rotates itself: requested twice and returned both times. */
async function replace(tenant_id: string): Promise<string[]> {
	const made = await makeKey(server, tenant_id, { permissions: ["tenant:read", "key:rotate"] });
	const rotate = await server.management(tenant_id, "POST", `/api-keys/${made.id}/rotate`, { overlap_seconds: 0 });
	const second = String(expectStatus(rotate, 201).json.raw_key);
	equal((await sendCall({ method: "GET", path: "/api/v1/m2m/whoami", headers: { "x-api-key": made.raw_key } })).code, "key_rotated");
	const own = () => server.keyed(second, "POST", "/key/rotate", {}, { "idempotency-key": "lost-answer" });
	const [first, again] = [expectStatus(await own(), 201), expectStatus(await own(), 201)];
	equal(first.json.raw_key, again.json.raw_key);
	const third = String(first.json.raw_key);
	canaries.set("replaced raw key", getSecretPart(made.raw_key)).set("raw key of a rotation", getSecretPart(second));
	canaries.set("raw key of a self-rotation", getSecretPart(third));
	return [made.raw_key, second, third];
}

test("keys, credentials and tokens are sent to every route, in the right place and in every wrong one", { timeout: 110_000 }, async () => {
	const { tenant, site, raw_key } = await makeWorld(server);
	const revoked = await makeKey(server, tenant.id, { environment: "staging", name: "staging-order-bot" });
	const { credential } = await makeService(server);
	canaries.set("raw key", getSecretPart(raw_key)).set("revoked raw key", getSecretPart(revoked.raw_key));
	canaries.set("service credential", credential.slice(-38, -6)).set("operator token", server.operator_token);
	const webhook = expectStatus(await server.operator("POST", "/webhooks", { url: "https://hooks.keywright.test/", events: ["key.created"] }), 201);
	canaries.set("secret of a webhook", String(webhook.json.secret).slice("whsec_".length));

	const handed = await handOver(tenant.id);
	const replaced = await replace(tenant.id);

	await makeText(server, raw_key, site.id);
	expectStatus(await server.keyed(raw_key, "POST", `/sites/${site.id}/documents`, buildForm("content"), { "content-type": FORM_TYPE }), 201);
	expectStatus(
		await server.management(tenant.id, "POST", `/api-keys/${revoked.id}/revoke`, { reason: "suspected_exposure", note: "seen in a chat" }),
		200,
	);
	const values = {
		tenant_id: tenant.id,
		site_id: site.id,
		key_id: "none",
		document_id: "none",
		plan_id: "none",
		service_id: "none",
		code: "none",
		permission: "none",
	};
	const credentials: Record<string, string>[] = [
		{ "x-api-key": raw_key },
		{ "x-api-key": revoked.raw_key },
		{ authorization: `Bearer ${credential}` },
		server.bearer,
	];
	for (const operation of OPERATIONS) {
		const { headers, ...call } = buildCall(operation, values);
		for (const sent of credentials) {
			if (operation.method === "DELETE" && operation.parameters.at(-1) === "tenant_id") continue;
			await sendCall({ ...call, headers: { ...headers, ...sent } });
		}
	}
	for (const secret of [raw_key, credential, server.operator_token, handed.waiting]) {
		await useEverywhere(secret, { "x-api-key": raw_key });
		await sendGarbage(secret);
	}
	await askMisleadingly(credential, raw_key);
	for (const dead of [revoked.raw_key, ...replaced]) await askMisleadingly(credential, dead);
	for (const extra of ["raw_key", "name"]) {
		const answer = await server.management(tenant.id, "POST", "/api-keys", {
			[extra]: raw_key,
			environment: raw_key,
			owner: raw_key,
			site_ids: [raw_key],
			expires_at: raw_key,
		});
		equal(answer.status, 400);
		ok(!answer.text.includes(getSecretPart(raw_key)));
	}
	ok(exchanges.length > 3_000, `${exchanges.length} requests`);
});

/** Everything that no stored text may contain, not even half of it; every sink is searched for each of them afterwards. */
async function secretsOfEveryKind(tenant_id: string, raw_key: string): Promise<string[]> {
	const { credential } = await makeService(server);
	const handed = await handOver(tenant_id);
	const format = { prefix: "acme_", alphabet: "base62", length_min: 24, length_max: 32 };
	expectStatus(await server.operator("PUT", "/legacy-formats/acme", format), 200);
	const body = `other_brand_staging_${randomBase62(44)}`;
	const [of_another_brand, imported] = [body + checksum(body), `acme_${randomBase62(28)}`];
	canaries.set("raw key in a text", getSecretPart(raw_key)).set("service credential in a text", credential.slice(-38, -6));
	canaries.set("raw key of another brand", of_another_brand.slice(-38, -6)).set("imported key", imported.slice(5));
	return [raw_key, raw_key.slice(0, -10), of_another_brand, credential, server.operator_token, handed.waiting, imported];
}

/** Proves that the rule for secrets refused the text: fields whose pattern would refuse it anyway are left out. */
function refusedAt(answer: Answer, { name, pointer }: TextField): void {
	assertProblem(answer, "invalid_request");
	const { errors = [] } = answer.as<{ errors?: { pointer: string }[] }>();
	ok(
		errors.some((error) => error.pointer.startsWith(pointer)),
		`${name}: ${answer.text}`,
	);
}

test("a stored text with a key, a credential or a one-time link is refused with its pointer, on every route and at any depth", async () => {
	const { tenant, site, made, raw_key } = await makeWorld(server);
	const values = { tenant_id: tenant.id, site_id: site.id, key_id: made.id };
	const secrets = await secretsOfEveryKind(tenant.id, raw_key);
	const { browser } = await newMember(server, tenant.id, "owner");
	const person = { cookie: browser.cookie, origin: server.url };
	const credentials: Partial<Record<Operation["kind"], Record<string, string>>> = { key: { "x-api-key": raw_key }, operator: server.bearer, person };
	ok(STORED_TEXTS.length > 80, "the fields are found");
	for (const field of STORED_TEXTS) {
		const call = buildCall(field.operation, values);
		const headers = { ...call.headers, ...credentials[field.operation.kind] };
		for (const secret of secrets)
			for (const text of [secret, `see ${secret}, please`]) refusedAt(await sendCall({ ...call, headers, body: field.body(text) }), field);
	}
	for (const secret of secrets) {
		const form = (name: string) => `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\nsee ${secret}\r\n`;
		const bodies = [...["title", "category"].map((name) => form(name) + buildForm("content").toString()), buildForm("content", `${secret}.txt`)];
		for (const body of bodies)
			assertProblem(
				await sendCall({
					method: "POST",
					path: `/api/v1/m2m/sites/${site.id}/documents`,
					headers: { "x-api-key": raw_key, "content-type": FORM_TYPE },
					body,
				}),
				"invalid_request",
			);
		const created = await sendCall({
			...{ method: "POST", path: `/api/v1/tenants/${tenant.id}/sites`, body: { name: "Shop" } },
			headers: { ...server.bearer, "idempotency-key": secret },
		});
		assertProblem(created, "invalid_request");
		const plan = await server.operator("PUT", `/plans/${secret.slice(0, 64)}`, { name: "Plan", capabilities: [] });
		if (secret.length <= 64) assertProblem(plan, "invalid_request");
	}
});

test("a key in a stored header is dropped and reported as exposed, and the request continues", async () => {
	const { tenant, made, raw_key } = await makeWorld(server);
	canaries.set("raw key in a header", getSecretPart(raw_key));
	const headers = { "user-agent": `bot (${raw_key})`, "x-keywright-client": `shop-${raw_key.slice(0, 50)}` };
	const printed = server.logs.stdout.length;
	expectStatus(await server.keyed(raw_key, "GET", "/whoami", undefined, headers), 200);
	const { credential } = await makeService(server);
	const asked = await server.verify(credential, { raw_key, request: { ip: "203.0.113.9", user_agent: headers["user-agent"] } });
	equal(asked.json.allowed, true);
	let sources: { agent: string; client: string | null }[] = [];
	while (sources.length < 2) {
		const answer = expectStatus(await server.management(tenant.id, "GET", `/api-keys/${made.id}/sources`), 200);
		sources = answer.as<{ data: { agent: string; client: string | null }[] }>().data;
		await sleep(50);
	}
	for (const { agent, client } of sources) deepEqual([agent, client], ["other", null]);
	while (!/"place":"User-Agent header".*"place":"X-Keywright-Client header"/s.test(server.logs.stdout.slice(printed))) await sleep(50);
});

test("only the response that creates a key or a credential contains a secret", () => {
	for (const [name, secret] of canaries) {
		for (const { call, answer } of exchanges) {
			const everything = `${answer.text}\n${JSON.stringify(answer.headers)}`;
			ok(!everything.includes(secret), `${call} (${answer.status}) tells the ${name}: ${answer.text}`);
		}
	}
	const telling = exchanges.filter(({ answer }) => /kws?_(?:(?:prod|staging|dev)_)?[0-9A-Za-z]{50}/.test(answer.text));
	// The samples for a code host look like keys, and have a wrong checksum.
	for (const { call, answer } of telling.filter(({ call }) => call !== "GET /api/v1/operator/leak-programme"))
		ok(/^POST \S+\/(?:api-keys|reissue|rotate|services)$/.test(call) && answer.status === 201, `${call} ${answer.status}`);
	ok(telling.length > 0);
});

test("no keyed, management, operator or verify response may be stored by a cache", () => {
	const api = exchanges.filter(({ call }) => /\/(?:m2m|tenants|operator|verify|metrics)/.test(call));
	ok(api.length > 2_000);
	for (const { call, answer } of api) equal(answer.header("cache-control"), "no-store", `${call} ${answer.status}`);
	for (const { call, answer } of exchanges) ok(answer.header("x-request-id").startsWith("req_"), `${call} ${answer.status}`);
});

test("generated secrets and all other files of the data folder are readable only by their owner", async () => {
	const { data_dir } = server;
	const getMode = (path: string): number => statSync(join(data_dir, path)).mode & 0o777;
	for (const name of SECRET_FILES) equal(getMode(name), PRIVATE_FILE, name);
	for (const name of ["postgres", "run", "uploads"]) equal(getMode(name), PRIVATE_FOLDER, name);
	equal(getMode("postgres.log"), PRIVATE_FILE);
	for (const entry of readdirSync(join(data_dir, "uploads"), { recursive: true, withFileTypes: true }))
		equal(statSync(join(entry.parentPath, entry.name)).mode & 0o777, entry.isDirectory() ? PRIVATE_FOLDER : PRIVATE_FILE);
	// If PostgreSQL runs as another user, that user may only traverse the folder.
	ok([0o700, 0o711].includes(statSync(data_dir).mode & 0o777));
});

test("no sink contains a secret afterwards: no file of the data folder, the database and its log included, and no output of the server", async () => {
	await sleep(1_500);
	const { data_dir } = server;
	const pepper = readFileSync(join(data_dir, "pepper"), "utf8").trim();
	canaries.set("pepper", pepper);
	equal((await server.stop({ keep_folder: true })).code, 0);
	const pieces = [...canaries].flatMap(([name, secret]) => splitText(secret).map((piece) => ({ name, piece })));
	const files = readdirSync(data_dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
	ok(files.length > 500, "the database is there");
	for (const entry of files) {
		const path = join(entry.parentPath, entry.name);
		const bytes = readFileSync(path);
		const own = SECRET_FILES.includes(entry.name) && entry.parentPath === data_dir ? readFileSync(path, "utf8").trim() : null;
		for (const { name, piece } of pieces) {
			if (own !== null && canaries.get(name) === own) continue;
			ok(!bytes.includes(piece), `${path.slice(data_dir.length)} holds a piece of the ${name}`);
		}
	}
	const { stdout, stderr } = server.logs;
	ok(stdout.length > 100_000, "the log was written");
	for (const { name, piece } of pieces) ok(!stdout.includes(piece) && !stderr.includes(piece), `the server printed a piece of the ${name}`);
	ok(stdout.includes("key_exposed"), "a key in a wrong place is reported");
	ok(!stdout.includes('"request_failed"'), "no defect on the way");
});
