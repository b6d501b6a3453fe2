/** Changes under load: from the instant that a client has read the acknowledgement on, no request gets past the checks, on no node. */
import { setTimeout as sleep } from "node:timers/promises";
import { inParallel } from "../client.ts";
import { type Server, startServer } from "../server.ts";
import { makeKey, makePlan, makeTenant, newName } from "../things.ts";
import { Cluster } from "./cluster.ts";
import { type Acknowledged, codeIn, letIn, type Probe, tested, violations } from "./journal.ts";
import { changeOf, keyed, managed, type SomeKey } from "./requests.ts";
import { Judge, type Outcome, percentile, randomFrom, rounded, type Scenario, type Settings, until } from "./scenario.ts";
import { Line, type Request } from "./wire.ts";

const KEYS = 1_000;
const KEYS_SHORT = 100;
/** Requests that follow the acknowledgement on each node: a late violation would be among them. */
const AFTER_EACH_MIN = 4;
const WARM_WITHIN_MS = 20_000;
const CHANGE_AFTER_MS_MAX = 20;
/** Between two requests of one line: load, and not as much as the machine can take, which would measure its processor. */
const PAUSE_MS = 4;
const MAKERS = 8;
const TENANTS = 8;
const GOAL_P99_MS = 100;
/** Beyond 1.1 R no acknowledgement may wait, whatever has happened to a node. */
const SLOWEST_EXTRA_MS = 1_000;

interface Subject extends SomeKey {
	readonly plan_id: string;
}

/** A way to end what a key may do, and the code with which it is refused from then on. */
interface Kind {
	readonly name: string;
	readonly code: string;
	/** In a hundred changes. */
	readonly share: number;
	/** What the change touches is shared with no other subject. */
	readonly alone: boolean;
	change(token: string, subject: Subject): Request;
	probe(subject: Subject): Request;
}

const whoami = (subject: Subject): Request => keyed(subject.raw_key);
const sites = (subject: Subject): Request => keyed(subject.raw_key, `/tenants/${subject.tenant_id}/sites`);

const KINDS: readonly Kind[] = [
	{ name: "revoke", code: "key_revoked", share: 76, alone: false, probe: whoami, change: (token, subject) => changeOf(token, subject, "revoke") },
	{ name: "pause", code: "key_paused", share: 12, alone: false, probe: whoami, change: (token, subject) => changeOf(token, subject, "pause") },
	{
		name: "narrow",
		code: "permission_missing",
		share: 4,
		alone: false,
		probe: sites,
		change: (token, { tenant_id, id }) => managed(token, "PATCH", `/tenants/${tenant_id}/api-keys/${id}`, { permissions: ["tenant:read"] }),
	},
	{
		name: "suspend",
		code: "tenant_suspended",
		share: 4,
		alone: true,
		probe: whoami,
		change: (token, { tenant_id }) => managed(token, "PATCH", `/operator/tenants/${tenant_id}`, { status: "suspended" }),
	},
	{
		name: "replan",
		code: "capability_not_in_plan",
		share: 4,
		alone: true,
		probe: sites,
		change: (token, { plan_id }) => managed(token, "PUT", `/operator/plans/${plan_id}`, { name: plan_id, capabilities: ["documents"] }),
	},
];

/** One of every kind in each hundred, spread evenly, so that short runs have them all. */
function kindOf(index: number): Kind {
	const place = (index * 37) % 100;
	let sum = 0;
	for (const kind of KINDS) {
		sum += kind.share;
		if (place < sum) return kind;
	}
	throw new Error("impossible state: the shares make a hundred");
}

interface Played {
	readonly kind: Kind;
	readonly probes: readonly Probe[];
	readonly acknowledged: Acknowledged | null;
}

/** Where a lane's requests go: one line to each node for the key, and one for the changes. */
interface Lane {
	readonly probing: readonly Line[];
	readonly changing: readonly Line[];
}

/** Sends a key's requests to every node without a pause, changes it in the midst of them, and goes on until each node has had some since. */
async function play(lane: Lane, kind: Kind, subject: Subject, token: string, random: () => number): Promise<Played> {
	const probes: Probe[] = [];
	const warm = new Set<number>();
	const state: { acknowledged: Acknowledged | null; given_up: boolean } = { acknowledged: null, given_up: false };
	async function probe(line: Line, node: number): Promise<void> {
		for (let after = 0; after < AFTER_EACH_MIN && !state.given_up; ) {
			const { sent_at, read_at, status, body } = await line.send(kind.probe(subject));
			const made = { node, sent_at, read_at, status, code: letInOr(status, body) };
			probes.push(made);
			if (letIn(made)) warm.add(node);
			if (state.acknowledged !== null && sent_at > state.acknowledged.read_at) after += 1;
			await sleep(PAUSE_MS);
		}
	}
	const probing = Promise.all(lane.probing.map(probe));
	if (await until(() => warm.size === lane.probing.length, WARM_WITHIN_MS, 1)) {
		await sleep(random() * CHANGE_AFTER_MS_MAX);
		const line = lane.changing[Math.floor(random() * lane.changing.length)];
		const { sent_at, read_at, status } = (await line?.send(kind.change(token, subject))) ?? { sent_at: 0, read_at: 0, status: 0 };
		if (status >= 200 && status < 300) state.acknowledged = { sent_at, read_at };
	}
	state.given_up = state.acknowledged === null;
	await probing;
	return { kind, probes, acknowledged: state.acknowledged };
}

function letInOr(status: number, body: string): string {
	return status >= 200 && status < 300 ? "" : codeIn(body);
}

async function makeSubjects(server: Server, count: number): Promise<Subject[]> {
	const shared = await makePlan(server);
	const tenants = await inParallel(TENANTS, MAKERS, () => makeTenant(server, { plan_id: shared }));
	return inParallel(count, MAKERS, async (index) => {
		const plan_id = kindOf(index).alone ? await makePlan(server, { id: newName("own-plan"), capabilities: ["m2m_api"] }) : shared;
		const tenant = kindOf(index).alone ? await makeTenant(server, { plan_id }) : tenants[index % TENANTS];
		const { id, raw_key, key } = await makeKey(server, tenant?.id ?? "");
		return { id, tenant_id: key.tenant_id, plan_id, raw_key };
	});
}

function judge(played: readonly Played[], settings: Settings): { broken: string[]; violations: number; tested: number } {
	const judge = new Judge();
	let found = 0;
	let seen = 0;
	for (const { kind, probes, acknowledged } of played) {
		judge.expect(acknowledged !== null, () => `${kind.name}: was not acknowledged, or its key never worked: ${JSON.stringify(probes.slice(-3))}`);
		if (acknowledged === null) continue;
		const forbidden = [{ from: acknowledged.read_at, to: Number.POSITIVE_INFINITY }];
		const wrong = violations(probes, forbidden);
		found += wrong.length;
		seen += tested(probes, forbidden);
		for (const probe of wrong) {
			judge.expect(
				false,
				() => `${kind.name}: node ${probe.node} let a request in that was sent ${rounded(probe.sent_at - acknowledged.read_at, 3)} ms after`,
			);
		}
		const others = probes.filter(
			(probe) => probe.sent_at > acknowledged.read_at && !letIn(probe) && probe.code !== kind.code && probe.status !== 503,
		);
		judge.expect(others.length === 0, () => `${kind.name}: refused with ${others[0]?.status} ${others[0]?.code} instead of ${kind.code}`);
		const slowest_ms = settings.lease_seconds * 1_100 + SLOWEST_EXTRA_MS;
		const took_ms = acknowledged.read_at - acknowledged.sent_at;
		judge.expect(took_ms <= slowest_ms, () => `${kind.name}: acknowledged after ${rounded(took_ms)} ms, more than ${slowest_ms}`);
	}
	return { broken: judge.broken, violations: found, tested: seen };
}

async function change(name: string, servers: readonly Server[], lanes_count: number, settings: Settings): Promise<Outcome> {
	const [first] = servers;
	if (first === undefined) throw new Error("impossible state: there is no server");
	const count = settings.short ? KEYS_SHORT : KEYS;
	const random = randomFrom(settings.seed);
	const subjects = await makeSubjects(first, count);
	const lanes: Lane[] = Array.from({ length: lanes_count }, () => ({
		probing: servers.map((server) => new Line(server.port)),
		changing: servers.map((server) => new Line(server.port)),
	}));
	const began = performance.now();
	const played: Played[] = [];
	let next = 0;
	async function drive(lane: Lane): Promise<void> {
		for (let index = next++; index < count; index = next++) {
			const subject = subjects[index];
			if (subject) played.push(await play(lane, kindOf(index), subject, first?.operator_token ?? "", random));
		}
	}
	await Promise.all(lanes.map(drive));
	const seconds = (performance.now() - began) / 1_000;
	for (const lane of lanes) for (const line of [...lane.probing, ...lane.changing]) line.close();

	const verdict = judge(played, settings);
	const took_ms = played.flatMap(({ acknowledged }) => (acknowledged === null ? [] : [acknowledged.read_at - acknowledged.sent_at]));
	const requests = played.reduce((sum, { probes }) => sum + probes.length, 0);
	const figures = {
		nodes: servers.length,
		changes: took_ms.length,
		violations: verdict.violations,
		requests,
		requests_after_acknowledgement: verdict.tested,
		requests_per_second: rounded(requests / seconds),
		acknowledgement_p50_ms: rounded(percentile(took_ms, 0.5), 1),
		acknowledgement_p99_ms: rounded(percentile(took_ms, 0.99), 1),
		acknowledgement_max_ms: rounded(percentile(took_ms, 1), 1),
	};
	const goal = figures.acknowledgement_p99_ms <= GOAL_P99_MS ? "met" : "missed";
	const said =
		`${figures.violations} violations in ${figures.requests_after_acknowledgement} requests sent after the acknowledgement of ${figures.changes} changes ` +
		`(${figures.requests} requests, ${figures.requests_per_second}/s); acknowledged p50 ${figures.acknowledgement_p50_ms} ms, ` +
		`p99 ${figures.acknowledgement_p99_ms} ms (goal ≤ ${GOAL_P99_MS} ms: ${goal}), max ${figures.acknowledgement_max_ms} ms`;
	return { name, said, figures: { ...figures, goal_p99_ms: GOAL_P99_MS }, broken: verdict.broken };
}

export const revocationsOnOneNode: Scenario = {
	name: "revocations",
	promise: "no request gets past the checks after a revoke, pause, suspension … was acknowledged",
	async run(settings) {
		const env = { KEYWRIGHT_LEASE_SECONDS: String(settings.lease_seconds), KEYWRIGHT_LOG_LEVEL: "silent" };
		const server = await startServer({ env });
		try {
			return await change(this.name, [server], 4, settings);
		} finally {
			await server.stop();
		}
	},
};

export const revocationsOnThreeNodes: Scenario = {
	name: "revocations-3-nodes",
	promise: "the same with three servers on one PostgreSQL, changed on any of them",
	async run(settings) {
		const cluster = await Cluster.start();
		try {
			const servers: Server[] = [];
			for (let node = 0; node < 3; node += 1) servers.push(await cluster.startNode(settings));
			return await change(this.name, servers, 2, settings);
		} finally {
			await cluster.stop();
		}
	},
};
