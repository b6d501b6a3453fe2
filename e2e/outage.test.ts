/** Mails, webhooks and budgets while the clock moves, a receiver is down and a node is killed: up to three nodes, PostgreSQL and SMTP, under one clock. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { chmodSync, globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { startDebianCluster } from "../scripts/debian-cluster.ts";
import { ensureDatabase } from "../server/src/database/roles.ts";
import { type MailTrap, mailTrap, type ReceivedMail } from "../server/testing/mail-trap.ts";
import { isSignedBy, Receiver } from "../server/testing/webhooks.ts";
import { type Fields, inParallel } from "./client.ts";
import { type Member, newMember } from "./people.ts";
import { assertProblem } from "./problem.ts";
import { endLeftovers, type Server, startServer } from "./server.ts";
import { expectStatus, type MadeKey, makeKey, makeTenant, type Tenant } from "./things.ts";

const WITHIN_MS = 60_000;
const POLL_MS = 50;
const BURST = 40;
const MINUTE_S = 60;
const HOUR_S = 3_600;
/** The pauses of the retries, which may be a fifth longer, within the first hour. */
const RETRIES_S = [5, 30, 2 * MINUTE_S, 10 * MINUTE_S].map((pause_s) => pause_s * 1.25);
/** Of the clock of every other process (`npm test -- --clock`); libfaketime ignores it, and counts from the machine's clock. */
const OFFSET_OF_ALL = Number(process.env.KEYWRIGHT_TEST_CLOCK_OFFSET ?? 0);

let folder: string;
let clock: Readonly<Record<string, string>>;
let offset_s = 0;
let cluster: Awaited<ReturnType<typeof startDebianCluster>>;
let database: pg.Client;
let trap: MailTrap;
let receiver: Receiver;
let server: Server;
let tenant: Tenant;
let owner: Member;

/** Moves the wall clock of PostgreSQL and of every node; the monotonic one continues. */
function advance(seconds: number): void {
	offset_s += seconds;
	writeFileSync(join(folder, "offset"), `+${OFFSET_OF_ALL + offset_s}\n`.replace("+-", "-"));
}

function startNode(): Promise<Server> {
	return startServer({
		env: {
			...clock,
			KEYWRIGHT_DATABASE_URL: cluster.url.replace(/\/[^/?]*(\?|$)/, "/keywright$1"),
			KEYWRIGHT_PEPPER: "pepper-of-the-tests-0123456789-abcdefghij",
			KEYWRIGHT_OPERATOR_TOKEN: "operator-token-of-the-tests-0123456789",
			KEYWRIGHT_OUTGOING_ALLOWED: "127.0.0.1",
			KEYWRIGHT_SMTP_URL: `smtp://127.0.0.1:${trap.port}`,
			KEYWRIGHT_MAIL_FROM: "keys@shop.example",
			KEYWRIGHT_LEASE_SECONDS: "2",
		},
	});
}

before(async () => {
	folder = mkdtempSync(join(tmpdir(), "kw-clock-"));
	chmodSync(folder, 0o755);
	clock = {
		LD_PRELOAD: globSync("/usr/lib/*/faketime/libfaketime.so.1")[0] ?? "",
		FAKETIME_TIMESTAMP_FILE: join(folder, "offset"),
		FAKETIME_NO_CACHE: "1",
		FAKETIME_DONT_FAKE_MONOTONIC: "1",
	};
	advance(0);
	[cluster, trap, receiver] = await Promise.all([startDebianCluster(undefined, clock), mailTrap(), Receiver.start()]);
	await ensureDatabase(cluster.url, "keywright");
	server = await startNode();
	database = new pg.Client({ connectionString: cluster.url.replace(/\/[^/?]*(\?|$)/, "/keywright$1") });
	await database.connect();
	tenant = await makeTenant(server);
	owner = await newMember(server, tenant.id, "owner");
});
after(async () => {
	await database?.end();
	receiver?.close();
	await Promise.all([endLeftovers(), trap?.close()]);
	await cluster?.stop();
	rmSync(folder, { recursive: true });
});

async function waitUntil(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
	for (const until = performance.now() + WITHIN_MS; !(await isTrue()); await sleep(POLL_MS)) ok(performance.now() < until, what);
}

async function newWebhook(fields: Fields = {}): Promise<{ id: string; secret: string }> {
	const made = expectStatus(await server.management(tenant.id, "POST", "/webhooks", { url: receiver.url(), ...fields }), 201);
	const { webhook, secret } = made.as<{ webhook: { id: string }; secret: string }>();
	return { id: webhook.id, secret };
}

async function deadKey(): Promise<MadeKey> {
	const key = await makeKey(server, tenant.id);
	expectStatus(await server.management(tenant.id, "POST", `/api-keys/${key.id}/revoke`, { reason: "other" }), 200);
	return key;
}

/** A report of usage is no older than a second, so that nothing waits for the next aggregation. */
async function burst({ id, raw_key }: MadeKey): Promise<void> {
	for (let request = 0; request < BURST; request += 1) assertProblem(await server.keyed(raw_key, "GET", "/whoami"), "key_revoked");
	expectStatus(await server.management(tenant.id, "GET", `/api-keys/${id}/usage?granularity=day`), 200);
}

const mailsAbout = (start: string, { key }: MadeKey): ReceivedMail[] =>
	trap.mails.filter(
		({ to, headers }) => to.includes(owner.email) && headers.get("subject") === `${start}: An ended key of ${key.name} is still presented`,
	);

test("a burst of requests with a revoked key is one mail and one signed webhook, and one of each when it is resolved by itself", async () => {
	const { id, secret } = await newWebhook({ events: ["alert.raised", "alert.resolved"] });
	const key = await deadKey();
	await burst(key);
	await waitUntil("it is raised", () => mailsAbout("Alert", key).length > 0 && receiver.received.length > 0);
	await burst(key);
	// The second burst is counted, so nothing about it is under way.
	await waitUntil("all are counted", async () => {
		const { data } = expectStatus(await server.management(tenant.id, "GET", "/alerts"), 200).as<{ data: { count: number }[] }>();
		return data[0]?.count === 2 * BURST;
	});
	deepEqual([receiver.received.map(({ type }) => type), mailsAbout("Alert", key).length], [["alert.raised"], 1]);
	advance(6 * MINUTE_S);
	await waitUntil("it is resolved", () => mailsAbout("Resolved", key).length > 0 && receiver.received.length > 1);
	deepEqual(
		receiver.received.map(({ type, data }) => [type, data.key_id, data.sequence]),
		[
			["alert.raised", key.id, 1],
			["alert.resolved", key.id, 2],
		],
	);
	for (const { headers, body } of receiver.received)
		ok(isSignedBy(secret, headers, body) && !isSignedBy(secret, headers, body.replace("raised", "RAISED")));
	deepEqual([mailsAbout("Alert", key).length, mailsAbout("Resolved", key).length], [1, 1]);
	expectStatus(await server.management(tenant.id, "DELETE", `/webhooks/${id}`), 204);
});

test("with the receiver down for an hour and a node killed meanwhile, every event arrives, in its order, and no alert and no mail twice", async () => {
	const { id, secret } = await newWebhook();
	const { rows: earlier } = await database.query<{ position: string }>("select coalesce(max(position), 0) as position from keywright.outbox");
	const { port } = receiver;
	receiver.status = null;
	receiver.received.length = 0;
	const key = await deadKey();
	await burst(key);
	await waitUntil("the first attempt", () => receiver.received.length > 0);
	await waitUntil("the alert is mailed", () => mailsAbout("Alert", key).length > 0);
	const second = await startNode();
	await server.program.end("SIGKILL");
	receiver.close();
	const killed = server;
	server = second;
	for (const pause_s of RETRIES_S) {
		await makeKey(server, tenant.id);
		advance(pause_s);
		const attempted = async () => {
			const { rows } = await database.query("select 1 from keywright.webhook_deliveries where webhook_id = $1 and next_attempt_at <= now()", [id]);
			const { rowCount } = await database.query("select 1 from keywright.outbox where tenant_id = $1 and distributed_at is null", [tenant.id]);
			return rows.length === 0 && rowCount === 0;
		};
		await waitUntil("everything due was attempted", attempted);
	}
	await waitUntil("the alert is resolved", () => mailsAbout("Resolved", key).length > 0);
	receiver = await Receiver.start(port);
	advance(1.25 * HOUR_S);
	const emitted = async () =>
		(
			await database.query<{ id: string; type: string }>(
				"select id, type from keywright.outbox where tenant_id = $1 and position > $2 order by position",
				[tenant.id, earlier[0]?.position],
			)
		).rows;
	await waitUntil("all arrive", async () => {
		const arrived = new Set(receiver.received.map(({ headers }) => headers["webhook-id"]));
		return (await emitted()).every((event) => arrived.has(event.id));
	});
	const sequences = new Map(receiver.received.map(({ headers, data }) => [String(headers["webhook-id"]), Number(data.sequence)]));
	const events = await emitted();
	ok(events.length >= 2 + RETRIES_S.length + 2, `${events.length} events`);
	deepEqual(
		events.map((event) => sequences.get(event.id)),
		events.map((_event, index) => index + 1),
	);
	for (const { headers, body } of receiver.received) ok(isSignedBy(secret, headers, body));
	for (const type of ["alert.raised", "alert.resolved"]) equal(events.filter((event) => event.type === type).length, 1, type);
	deepEqual([mailsAbout("Alert", key).length, mailsAbout("Resolved", key).length], [1, 1]);
	const ids = trap.mails.map(({ headers }) => headers.get("message-id"));
	equal(new Set(ids).size, ids.length, "no mail twice");
	await killed.stop();
});

test("a budget of 100 lets exactly 100 of 400 requests at once through, on one node and on three, again after midnight, and never more after a kill", async () => {
	const { id } = await makeTenant(server);
	const make = () => makeKey(server, id, { budgets: [{ name: "calls", unit: "calls", amount: 100, per: "day" }] });
	const getAllowed = async ({ raw_key }: MadeKey, nodes: readonly Server[], requests = 400): Promise<number> => {
		const answers = await inParallel(requests, requests, (index) => (nodes[index % nodes.length] ?? server).keyed(raw_key, "GET", "/whoami"));
		const refused = answers.filter(({ status }) => status !== 200);
		for (const answer of refused) {
			assertProblem(answer, "quota_exceeded");
			equal(answer.json.budget, "calls");
		}
		return answers.length - refused.length;
	};
	const readMidnight = async () => {
		const { rows } = await database.query<{ seconds: number }>(
			"select extract(epoch from date_trunc('day', t) + interval '1 day' - t)::float8 as seconds from (select now() at time zone 'UTC' as t) as utc",
		);
		return rows[0]?.seconds ?? Number.NaN;
	};
	const nodes = [server, await startNode(), await startNode()];
	/** A lease that was renewed before the clock moved has ended by it. */
	const moveClock = async (seconds: number): Promise<void> => {
		advance(seconds);
		for (const node of nodes) await waitUntil("it has a lease", async () => (await node.send({ method: "GET", path: "/readyz" })).status === 200);
	};
	// A day has an hour left at least, so that midnight comes when the test says so.
	if ((await readMidnight()) < HOUR_S) await moveClock(2 * HOUR_S);
	equal(await getAllowed(await make(), [server]), 100);
	const key = await make();
	equal(await getAllowed(key, nodes), 100);
	const late = await make();
	await moveClock((await readMidnight()) - MINUTE_S);
	equal(await getAllowed(late, nodes, 60), 60);
	await moveClock(2 * MINUTE_S);
	for (const refilled of [late, key]) equal(await getAllowed(refilled, nodes), 100);
	const struck = await make();
	equal(await getAllowed(struck, nodes, 40), 40);
	const [, killed, third] = nodes;
	await killed?.program.end("SIGKILL");
	const rest = await getAllowed(struck, [server, ...(third ? [third] : [])]);
	ok(rest <= 60 && rest >= 50, `${rest} of 60 after a kill`);
	for (const node of nodes.slice(1)) await node.stop();
});
