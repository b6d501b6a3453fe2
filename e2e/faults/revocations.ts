/** Changes under load: once a client has read the acknowledgement, every node refuses the key's requests. */
import { setTimeout as sleep } from "node:timers/promises";
import { inParallel } from "../client.ts";
import { type Server, startServer } from "../server.ts";
import { makeKey, makePlan, makeTenant, newName } from "../things.ts";
import { getKind, type Kind, keysFor, type Subject } from "./change-kinds.ts";
import { type ChangedKey, checkChanges, getRates } from "./checks/changes.ts";
import { type Acknowledged, codeIn, isAllowed, type Probe } from "./checks/journal.ts";
import { Cluster } from "./cluster.ts";
import { type Outcome, percentile, randomFrom, rounded, type Scenario, type Settings, until } from "./scenario.ts";
import { Line } from "./wire.ts";

const REVOCATIONS = 1_000;
const REVOCATIONS_SHORT = 76;
/** Requests to each node after the acknowledgement, to detect late violations. */
const AFTER_EACH_MIN = 4;
const WARM_WITHIN_MS = 20_000;
const CHANGE_AFTER_MS_MAX = 20;
const LANES = 4;
/** The interval between two requests of a connection. It limits the load, because a saturated machine would only measure its processor. */
const PACE_MS = 9;
const MAKERS = 8;
const TENANTS = 8;
const GOAL_P99_MS = 100;
/** Minimum rate of requests per node and second for the run to count as load. */
const RATE_MIN = 200;
/** For a short run, which may share the machine with other work. */
const RATE_MIN_SHORT = 100;

/** The connections of a lane: one to each node for the key, and one for the changes. */
interface Lane {
	readonly probing: readonly Line[];
	readonly changing: readonly Line[];
}

/** Sends a key's requests to every node continuously, changes the key meanwhile, and ends when each node has received some afterwards. */
async function play(lane: Lane, kind: Kind, subject: Subject, token: string, random: () => number): Promise<ChangedKey> {
	const probes: Probe[] = [];
	const warm = new Set<number>();
	const state: { acknowledged: Acknowledged | null; given_up: boolean } = { acknowledged: null, given_up: false };
	async function probe(line: Line, node: number): Promise<void> {
		for (let after = 0; after < AFTER_EACH_MIN && !state.given_up; ) {
			const { sent_at, read_at, status, body } = await line.send(kind.probe(subject));
			const made = { node, sent_at, read_at, status, code: allowedOr(status, body) };
			probes.push(made);
			if (isAllowed(made)) warm.add(node);
			if (state.acknowledged !== null && sent_at > state.acknowledged.read_at) after += 1;
			await sleep(Math.max(0, sent_at + PACE_MS - performance.now()));
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

function allowedOr(status: number, body: string): string {
	return status >= 200 && status < 300 ? "" : codeIn(body);
}

async function makeSubjects(server: Server, count: number): Promise<Subject[]> {
	const shared = await makePlan(server);
	const tenants = await inParallel(TENANTS, MAKERS, () => makeTenant(server, { plan_id: shared }));
	return inParallel(count, MAKERS, async (index) => {
		const plan_id = getKind(index).alone ? await makePlan(server, { id: newName("own-plan"), capabilities: ["m2m_api"] }) : shared;
		const tenant = getKind(index).alone ? await makeTenant(server, { plan_id }) : tenants[index % TENANTS];
		const { id, raw_key, key } = await makeKey(server, tenant?.id ?? "");
		return { id, tenant_id: key.tenant_id, plan_id, raw_key };
	});
}

async function change(name: string, servers: readonly Server[], settings: Settings): Promise<Outcome> {
	const [first] = servers;
	if (first === undefined) throw new Error("impossible state: there is no server");
	const count = keysFor(settings.short ? REVOCATIONS_SHORT : REVOCATIONS);
	const random = randomFrom(settings.seed);
	const subjects = await makeSubjects(first, count);
	const lanes: Lane[] = Array.from({ length: LANES }, () => ({
		probing: servers.map((server) => new Line(server.port)),
		changing: servers.map((server) => new Line(server.port)),
	}));
	const began = performance.now();
	const played: ChangedKey[] = [];
	let next = 0;
	async function drive(lane: Lane): Promise<void> {
		for (let index = next++; index < count; index = next++) {
			const subject = subjects[index];
			if (subject) played.push(await play(lane, getKind(index), subject, first?.operator_token ?? "", random));
		}
	}
	await Promise.all(lanes.map(drive));
	const seconds = (performance.now() - began) / 1_000;
	for (const lane of lanes) for (const line of [...lane.probing, ...lane.changing]) line.close();

	const result = checkChanges(played, settings.lease_seconds);
	const rates = getRates(played, servers.length, seconds);
	const rate_min = settings.short ? RATE_MIN_SHORT : RATE_MIN;
	const idle = rates.filter((rate) => rate < rate_min);
	const broken = [...result.broken, ...idle.map((rate) => `a node had ${rate} requests a second only, less than ${rate_min}`)];
	const figures = {
		nodes: servers.length,
		changes: result.took_ms.length,
		revocations: played.filter(({ kind, acknowledged }) => kind.name === "revoke" && acknowledged !== null).length,
		violations: result.violations,
		requests: played.reduce((sum, { probes }) => sum + probes.length, 0),
		requests_after_acknowledgement: result.tested,
		requests_per_second_of_each: rates,
		requests_per_second_min: rate_min,
		acknowledgement_p50_ms: rounded(percentile(result.took_ms, 0.5), 1),
		acknowledgement_p99_ms: rounded(percentile(result.took_ms, 0.99), 1),
		acknowledgement_max_ms: rounded(percentile(result.took_ms, 1), 1),
		goal_p99_ms: GOAL_P99_MS,
	};
	const goal = figures.acknowledgement_p99_ms <= GOAL_P99_MS ? "met" : "missed";
	const summary =
		`${figures.violations} violations in ${figures.requests_after_acknowledgement} requests sent after the acknowledgement of ${figures.changes} changes, ` +
		`${figures.revocations} of them revocations (${figures.requests} requests, ${rates.join(", ")}/s on each node, at least ${rate_min}${settings.short ? `, ${RATE_MIN} in a full run` : ""}); ` +
		`acknowledged p50 ${figures.acknowledgement_p50_ms} ms, p99 ${figures.acknowledgement_p99_ms} ms (goal ≤ ${GOAL_P99_MS} ms: ${goal}), max ${figures.acknowledgement_max_ms} ms`;
	return { name, summary, figures, broken };
}

export const revocationsOnOneNode: Scenario = {
	name: "revocations",
	promise: "no request gets past the checks after a revoke, pause, suspension … was acknowledged",
	async run(settings) {
		const env = { KEYWRIGHT_LEASE_SECONDS: String(settings.lease_seconds), KEYWRIGHT_LOG_LEVEL: "silent" };
		const server = await startServer({ env });
		try {
			return await change(this.name, [server], settings);
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
			return await change(this.name, servers, settings);
		} finally {
			await cluster.stop();
		}
	},
};
