/** Metrics, log lines, and the alerts of the operations guide, checked with promtool. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { environmentWith, ROOT, type Server, startServer } from "./server.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeService, makeTenant } from "./things.ts";

const GUIDE = readFileSync(join(ROOT, "docs/operations.md"), "utf8");
const RULES_PATH = join(ROOT, "docs/observability/alerts.yml");
const RULES = readFileSync(RULES_PATH, "utf8");
const GRAFANA = readFileSync(join(ROOT, "docs/observability/grafana.json"), "utf8");
/** What Grafana puts in place of its variables. */
const VARIABLES: Readonly<Record<string, string>> = { $instance: ".*", $__rate_interval: "5m" };
const WRONG = 5;
const LOGGED_WITHIN_MS = 10_000;
const POLL_MS = 20;

let server: Server;
let credential: string;
let key: MadeKey;
let tenant_id: string;

before(async () => {
	server = await startServer({ env: { KEYWRIGHT_TRUSTED_PROXIES: "127.0.0.1", KEYWRIGHT_AUTH_FAILURES_PER_MINUTE: "0" } });
	({ credential } = await makeService(server));
	tenant_id = (await makeTenant(server, { plan_id: await makePlan(server) })).id;
	key = await makeKey(server, tenant_id, { permissions: [] });
});

after(() => server?.stop());

async function metricsText(): Promise<string> {
	return expectStatus(await server.send({ method: "GET", path: "/metrics", headers: server.bearer }), 200).text;
}

/** The values of all series of a metric, by labels. */
async function getSeries(name: string): Promise<Map<string, number>> {
	const lines = (await metricsText()).split("\n").filter((line) => line.startsWith(`${name}{`));
	return new Map(lines.map((line) => [line.slice(name.length, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

/** Requests one decision about `raw_key` through each of the three interfaces, requiring an absent permission where the interface allows it. */
const WAYS: Readonly<Record<string, (raw_key: string) => Promise<unknown>>> = {
	keyed: (raw_key) => server.keyed(raw_key, "GET", `/tenants/${tenant_id}/limits`),
	verify: (raw_key) => server.verify(credential, { raw_key, permissions: ["tenant:read"] }),
	"forward-auth": (raw_key) =>
		server.send({
			method: "GET",
			path: "/api/v1/forward-auth",
			headers: { "x-api-key": raw_key, "x-forwarded-method": "GET", "x-forwarded-uri": "/", "x-forwarded-for": "203.0.113.9" },
		}),
};

function promtool(args: readonly string[], input = ""): { readonly code: number | null; readonly output: string } {
	const { status, stdout, stderr, error } = spawnSync("promtool", args, {
		input,
		encoding: "utf8",
		env: environmentWith({ PATH: `${process.env.PATH}:/usr/sbin:/sbin` }),
	});
	return { code: status, output: `${stdout}${stderr}${error ?? ""}` };
}

/** The log line of a request, once it is written. */
async function loggedWith(request_id: string): Promise<Record<string, unknown>> {
	for (const until = performance.now() + LOGGED_WITHIN_MS; performance.now() < until; await sleep(POLL_MS)) {
		const line = server.logs.stdout.split("\n").find((one) => one.includes(request_id));
		if (line !== undefined) return JSON.parse(line) as Record<string, unknown>;
	}
	throw new Error(`no log line has the request id ${request_id}`);
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), "keywright-alerts-"));
	try {
		await run(folder);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

for (const [kind, ask] of Object.entries(WAYS)) {
	test(`decisions by ${kind} are counted by code and timed, and the log line has the decision's code`, async () => {
		const before_them = await getSeries("keywright_decisions_total");
		const timed_before = (await getSeries("keywright_decision_duration_seconds_count")).get(`{kind="${kind}"}`) ?? 0;
		const logged_before = server.logs.stdout.length;
		for (let count = 0; count < WRONG; count += 1) await ask(`kw_prod_wrong${count}`);
		await ask(key.raw_key);
		const after_them = await getSeries("keywright_decisions_total");
		const more = [...after_them].map(([labels, count]) => [labels, count - (before_them.get(labels) ?? 0)] as const).filter(([, count]) => count > 0);
		const right = kind === "forward-auth" ? "allowed" : "permission_missing";
		deepEqual(
			new Map(more),
			new Map([
				[`{kind="${kind}",code="${right}"}`, 1],
				[`{kind="${kind}",code="key_invalid"}`, WRONG],
			]),
		);
		equal((await getSeries("keywright_decision_duration_seconds_count")).get(`{kind="${kind}"}`), timed_before + WRONG + 1);
		const decisions = () =>
			server.logs.stdout
				.slice(logged_before)
				.split("\n")
				.slice(0, -1)
				.map((line) => JSON.parse(line) as { decision?: string | null })
				.flatMap(({ decision }) => (decision == null ? [] : [decision]));
		for (const until = performance.now() + LOGGED_WITHIN_MS; performance.now() < until && decisions().length <= WRONG; ) await sleep(POLL_MS);
		deepEqual(decisions(), [...Array.from({ length: WRONG }, () => "key_invalid"), right]);
	});
}

test("the log line of a request has the ids of its traceparent, and an invalid one leaves none", async () => {
	const trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
	const parent_id = "00f067aa0ba902b7";
	const asked = { "x-api-key": key.raw_key, "x-forwarded-method": "GET", "x-forwarded-uri": "/", "x-forwarded-for": "203.0.113.9" };
	for (const [traceparent, ids] of [
		[`00-${trace_id}-${parent_id}-01`, { trace_id, parent_id }],
		[`00-${"0".repeat(32)}-${parent_id}-01`, {}],
	] as const) {
		for (const answer of [
			await server.keyed(key.raw_key, "GET", "/whoami", undefined, { traceparent }),
			await server.send({ method: "GET", path: "/api/v1/forward-auth", headers: { ...asked, traceparent } }),
		]) {
			const line = await loggedWith(String(answer.headers["x-request-id"]));
			deepEqual(Object.fromEntries(Object.entries(line).filter(([name]) => name === "trace_id" || name === "parent_id")), ids);
		}
	}
});

test("CORS preflights are counted by origin, answered without CORS headers, and mark no key", async () => {
	const preflight = { origin: "https://Shop.example", "access-control-request-method": "GET", "access-control-request-headers": "x-api-key" };
	const asked = { ...preflight, "x-forwarded-method": "OPTIONS", "x-forwarded-uri": "/", "x-forwarded-for": "203.0.113.9" };
	const answers = [
		await server.send({ method: "OPTIONS", path: "/api/v1/m2m/whoami", headers: preflight }),
		await server.send({ method: "OPTIONS", path: "/nowhere", headers: preflight }),
		await server.send({ method: "GET", path: "/api/v1/forward-auth", headers: asked }),
	];
	for (const { status, headers } of answers) {
		ok(status >= 400);
		deepEqual(
			Object.keys(headers).filter((name) => name.startsWith("access-control-")),
			[],
		);
	}
	await server.send({ method: "OPTIONS", path: "/nowhere", headers: { ...preflight, origin: 'https://a"} 1' } });
	deepEqual(
		[...(await getSeries("keywright_preflights_total"))],
		[
			['{origin="https://shop.example"}', answers.length],
			['{origin="other"}', 1],
		],
	);
});

test("the buckets of the durations are cumulative and end with all of them", async () => {
	const buckets = await getSeries("keywright_decision_duration_seconds_bucket");
	const counts = await getSeries("keywright_decision_duration_seconds_count");
	for (const kind of Object.keys(WAYS)) {
		const values = [...buckets].filter(([labels]) => labels.includes(`kind="${kind}"`)).map(([, value]) => value);
		deepEqual(
			values,
			[...values].sort((a, b) => a - b),
		);
		equal(values.at(-1), counts.get(`{kind="${kind}"}`));
	}
});

test("no label names a tenant, a key or a secret", async () => {
	for (const ask of Object.values(WAYS)) await ask(key.raw_key);
	const text = await metricsText();
	ok(text.includes('keywright_decisions_total{kind="verify"'));
	for (const name of [tenant_id, key.id, key.raw_key.slice("kw_prod_".length, "kw_prod_".length + 12)]) ok(!text.includes(name), name);
});

test("promtool reports no problem in the metrics", async () => {
	deepEqual(promtool(["check", "metrics"], await metricsText()), { code: 0, output: "" });
});

test("the guide lists exactly the metrics that the server exports, and the alert rules use existing series", async () => {
	const text = await metricsText();
	const ours = [...text.matchAll(/^# TYPE (keywright_\w+)/gm)].map(([, name]) => name);
	const listed = [...GUIDE.matchAll(/^\| `(keywright_\w+)[`{]/gm)].map(([, name]) => name);
	deepEqual(listed.sort(), ours.sort());
	const asked = [...RULES.matchAll(/(keywright_\w+)(?:\{(\w+)=(~?)"([^"]*)"\})?/g)];
	ok(asked.length >= 15);
	for (const [, name = "", label, regular, value = ""] of asked) {
		for (const one of regular === "~" ? value.split("|") : [value]) {
			const series = label === undefined ? new RegExp(`^${name}[ {]`, "m") : new RegExp(`^${name}\\{.*\\b${label}="${one}"`, "m");
			match(text, series, `${name} ${label ?? ""} ${one}`);
		}
	}
});

test("Prometheus accepts every query of the Grafana dashboard, and the server exports what they ask for", async () => {
	const { panels } = JSON.parse(GRAFANA) as { panels: { targets?: { expr: string }[] }[] };
	const queries = panels.flatMap(({ targets = [] }) =>
		targets.map(({ expr }) => Object.entries(VARIABLES).reduce((query, [name, value]) => query.replaceAll(name, value), expr)),
	);
	ok(queries.length >= 20);
	const rules = [
		"groups:",
		"  - name: dashboard",
		"    rules:",
		...queries.map((query, at) => `      - {record: "q:${at}", expr: ${JSON.stringify(query)}}`),
	];
	await inFolder(async (folder) => {
		const path = join(folder, "queries.yml");
		writeFileSync(path, rules.join("\n"));
		const checked = promtool(["check", "rules", path]);
		equal(checked.code, 0, checked.output);
	});
	const text = await metricsText();
	for (const [name] of queries.join(" ").matchAll(/\b(?:keywright|process|nodejs)_\w+/g)) match(text, new RegExp(`^${name}[ {]`, "m"), name);
});

interface Firing {
	readonly rule: string;
	readonly labels?: Readonly<Record<string, string>>;
	/** Series and their values every 10 seconds. */
	readonly series: Readonly<Record<string, string>>;
}

const FIRINGS: readonly Firing[] = [
	{ rule: "DatabaseAway", series: { keywright_lease_held: "0x200" } },
	{ rule: "ClockDiffers", series: { keywright_clock_skew_seconds: "-3x200" } },
	{ rule: "Unavailable", series: { 'keywright_requests_total{status="503",code="unavailable"}': "0+5x200" } },
	{ rule: "KeysNotDecided", series: { 'keywright_decisions_total{kind="verify",code="unavailable"}': "0+1x200" } },
	{ rule: "Defect", series: { 'keywright_requests_total{status="500",code="internal_error"}': "0x100 1+0x100" } },
	{
		rule: "WrongKeys",
		labels: { kind: "verify" },
		series: {
			'keywright_decisions_total{kind="verify",code="key_invalid"}': "0+20x200",
			'keywright_decisions_total{kind="keyed",code="key_invalid"}': "0+1x200",
		},
	},
	{ rule: "DeadKeys", labels: { kind: "forward-auth" }, series: { 'keywright_decisions_total{kind="forward-auth",code="key_revoked"}': "0+5x200" } },
	{
		rule: "SlowDecisions",
		series: {
			'keywright_decision_duration_seconds_bucket{kind="verify",le="0.1"}': "0+1x200",
			'keywright_decision_duration_seconds_bucket{kind="verify",le="0.25"}': "0+9x200",
			'keywright_decision_duration_seconds_bucket{kind="verify",le="+Inf"}': "0+9x200",
		},
	},
	{
		rule: "SlowRevocation",
		series: {
			'keywright_barrier_seconds_bucket{le="2.5"}': "0+1x200",
			'keywright_barrier_seconds_bucket{le="5"}': "0+9x200",
			'keywright_barrier_seconds_bucket{le="+Inf"}': "0+9x200",
		},
	},
	{
		rule: "ConnectionsUsedUp",
		labels: { instance: "a", pool: "requests", state: "waiting" },
		series: { 'keywright_database_connections{instance="a",pool="requests",state="waiting"}': "2x200" },
	},
	{ rule: "UsageNotStored", labels: { instance: "a" }, series: { 'keywright_usage_flush_age_seconds{instance="a"}': "61x200" } },
	{ rule: "UsageLost", series: { keywright_usage_lost: "1x200" } },
	{ rule: "EventsLate", series: { 'keywright_overdue_seconds{kind="events"}': "31x200" } },
	{ rule: "DeliveriesLate", series: { 'keywright_overdue_seconds{kind="deliveries"}': "301x200" } },
	{ rule: "MailsLate", series: { 'keywright_overdue_seconds{kind="mails"}': "901x200" } },
];

/** The summary of a rule, with labels in the place of its variables. */
function summaryOf(rule: string, labels: Readonly<Record<string, string>>): string {
	const summary = new RegExp(`- alert: ${rule}\n[^]*?summary: "([^"]*)"`).exec(RULES)?.[1];
	ok(summary, `${rule} has a summary`);
	return summary.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? "");
}

test("the alert rules are valid, and each fires on its condition and on no other's", async () => {
	deepEqual(
		[...RULES.matchAll(/- alert: (\w+)/g)].map(([, name]) => name),
		FIRINGS.map(({ rule }) => rule),
	);
	const tests = FIRINGS.map(({ rule, labels = {}, series }) => ({
		interval: "10s",
		input_series: Object.entries(series).map(([text, values]) => ({ series: text, values })),
		alert_rule_test: FIRINGS.map(({ rule: alertname }) => ({
			eval_time: "20m",
			alertname,
			exp_alerts: alertname === rule ? [{ exp_labels: labels, exp_annotations: { summary: summaryOf(rule, labels) } }] : [],
		})),
	}));
	await inFolder(async (folder) => {
		const path = join(folder, "tests.yml");
		// Every JSON document is a YAML document.
		writeFileSync(path, JSON.stringify({ rule_files: [RULES_PATH], evaluation_interval: "10s", tests }));
		const checked = promtool(["check", "rules", RULES_PATH]);
		equal(checked.code, 0, checked.output);
		const tested = promtool(["test", "rules", path]);
		equal(tested.code, 0, tested.output);
	});
});
