/** A server that loses its PostgreSQL: cached keys work for the lease, everything else gets 503 soon, and the server recovers by itself. */
import { setTimeout as sleep } from "node:timers/promises";
import { postgresPid } from "../data-folder.ts";
import { freeze } from "../processes.ts";
import { type Server, startServer } from "../server.ts";
import { makeKey, makePlan, makeTenant } from "../things.ts";
import { codeIn, isAllowed, type Probe, violations } from "./checks/journal.ts";
import { Cluster } from "./cluster.ts";
import { Relay } from "./relay.ts";
import { buildChange, buildCreation, keyed, managed, type SomeKey } from "./requests.ts";
import { Findings, type Outcome, rounded, type Scenario, type Settings, until } from "./scenario.ts";
import { type Exchange, Line } from "./wire.ts";

const PROBE_EVERY_MS = 10;
const MANAGE_EVERY_MS = 200;
/** The time to answer a request that was accepted at the last moment. */
const SLACK_MS = 150;
const MANAGEMENT_WITHIN_MS = 3_000;
const RECOVERS_WITHIN_MS = 5_000;
const SLOWEST_EXTRA_MS = 1_000;

/** A way to cut a server off from its database, and to reconnect it. */
interface Cutting {
	readonly name: string;
	cut(): void;
	mend(): void;
}

interface Measured {
	readonly cut: string;
	readonly last_let_in_ms: number;
	readonly first_refused_ms: number;
	readonly management_max_ms: number;
	readonly recovered_ms: number;
	readonly revocation_ms: number | null;
	readonly violations: number;
}

/** Sends keyed and operator requests to one server continuously and records each response. */
class Watch {
	readonly probes: Probe[] = [];
	readonly managed: Exchange[] = [];
	readonly #server: Server;
	readonly #key: SomeKey;
	#watching = true;
	#ended: Promise<unknown> = Promise.resolve();

	constructor(server: Server, key: SomeKey) {
		this.#server = server;
		this.#key = key;
	}

	begin(): void {
		const { operator_token } = this.#server;
		const { tenant_id, id } = this.#key;
		this.#ended = Promise.all([
			this.#keep(
				PROBE_EVERY_MS,
				() => keyed(this.#key.raw_key),
				(exchange) => {
					const { sent_at, read_at, status, body } = exchange;
					this.probes.push({ node: 0, sent_at, read_at, status, code: codeIn(body) });
				},
			),
			this.#keep(
				MANAGE_EVERY_MS,
				() => managed(operator_token, "GET", `/tenants/${tenant_id}/api-keys/${id}`),
				(exchange) => this.managed.push(exchange),
			),
			this.#keep(
				MANAGE_EVERY_MS,
				() => buildCreation(operator_token, tenant_id, "bot"),
				(exchange) => this.managed.push(exchange),
			),
		]);
	}

	async end(): Promise<void> {
		this.#watching = false;
		await this.#ended;
	}

	async #keep(every_ms: number, request: () => ReturnType<typeof keyed>, note: (exchange: Exchange) => void): Promise<void> {
		const line = new Line(this.#server.port);
		while (this.#watching) {
			note(await line.send(request()));
			await sleep(every_ms);
		}
		line.close();
	}
}

/** Cuts the server off for longer than its lease; `elsewhere` is a connected server, on which the key is revoked meanwhile. */
async function measure(
	server: Server,
	key: SomeKey,
	cutting: Cutting,
	settings: Settings,
	findings: Findings,
	elsewhere?: { server: Server; key: SomeKey },
): Promise<Measured> {
	const lease_ms = settings.lease_seconds * 1_000;
	const watch = new Watch(server, key);
	watch.begin();
	await until(() => watch.probes.some(isAllowed) && watch.managed.some(({ status }) => status === 201), 10_000);
	cutting.cut();
	const cut_at = performance.now();
	const since = (instant: number): number => rounded(instant - cut_at);
	const revocation = elsewhere ? await new Line(elsewhere.server.port).send(buildChange(server.operator_token, elsewhere.key, "revoke")) : null;
	const late = elsewhere ? await lateProbes(server, elsewhere.key) : [];
	await sleep(Math.max(0, lease_ms * 1.1 + 2_500 - (performance.now() - cut_at)));
	cutting.mend();
	const mended_at = performance.now();
	const again = () =>
		watch.probes.some((probe) => isAllowed(probe) && probe.sent_at > mended_at) &&
		watch.managed.some(({ status, sent_at }) => status === 201 && sent_at > mended_at);
	const recovered = await until(again, RECOVERS_WITHIN_MS);
	const recovered_ms = rounded(performance.now() - mended_at);
	await watch.end();

	const during = watch.probes.filter(({ sent_at }) => sent_at > cut_at && sent_at < mended_at);
	const last_let_in = Math.max(0, ...during.filter(isAllowed).map(({ sent_at }) => since(sent_at)));
	const first_refused = Math.min(Number.POSITIVE_INFINITY, ...during.filter((probe) => !isAllowed(probe)).map(({ sent_at }) => since(sent_at)));
	const asked = watch.managed.filter(({ sent_at }) => sent_at > cut_at && sent_at < mended_at - MANAGEMENT_WITHIN_MS);
	const management_max = rounded(Math.max(0, ...asked.map(({ sent_at, read_at }) => read_at - sent_at)));
	const forbidden = revocation === null ? [] : [{ from: revocation.read_at, to: Number.POSITIVE_INFINITY }];
	const found = violations(late, forbidden);

	const message = (text: string) => () => `${cutting.name}: ${text}`;
	findings.expect(last_let_in <= lease_ms, message(`a request was let in ${last_let_in} ms after the cut, and the lease is ${lease_ms} ms`));
	findings.expect(last_let_in >= lease_ms * 0.6, message(`a key in memory was let in for ${last_let_in} ms only, and the lease is ${lease_ms} ms`));
	const wrong = during.filter((probe) => !isAllowed(probe) && probe.status !== 503);
	findings.expect(wrong.length === 0, message(`a right key was answered ${wrong[0]?.status} ${wrong[0]?.code}`));
	const open = during.filter((probe) => isAllowed(probe) && since(probe.sent_at) > lease_ms + SLACK_MS);
	findings.expect(open.length === 0, message(`${open.length} requests were let in after the lease`));
	findings.expect(
		asked.length > 0 && asked.every(({ status }) => status === 503),
		message(`management was answered ${asked.map(({ status }) => status).join(" ")}`),
	);
	findings.expect(management_max <= MANAGEMENT_WITHIN_MS, message(`management was answered after ${management_max} ms`));
	findings.expect(recovered, message(`did not come back within ${RECOVERS_WITHIN_MS} ms`));
	findings.expect(found.length === 0, message(`${found.length} requests were let in after their revocation was acknowledged`));
	const revocation_ms = revocation === null ? null : rounded(revocation.read_at - revocation.sent_at);
	findings.expect(revocation === null || revocation.status === 200, message(`a revocation on the other node was answered ${revocation?.status}`));
	findings.expect(
		(revocation_ms ?? 0) <= lease_ms * 1.1 + SLOWEST_EXTRA_MS,
		message(`a revocation on the other node was acknowledged after ${revocation_ms} ms`),
	);
	return {
		cut: cutting.name,
		last_let_in_ms: last_let_in,
		first_refused_ms: first_refused,
		management_max_ms: management_max,
		recovered_ms,
		revocation_ms,
		violations: found.length,
	};
}

/** Requests to the cut-off server with a key that was revoked on another one. */
async function lateProbes(server: Server, key: SomeKey): Promise<Probe[]> {
	const line = new Line(server.port);
	const probes: Probe[] = [];
	for (let request = 0; request < 20; request += 1) {
		const { sent_at, read_at, status, body } = await line.send(keyed(key.raw_key));
		probes.push({ node: 0, sent_at, read_at, status, code: codeIn(body) });
	}
	line.close();
	return probes;
}

async function newKey(server: Server): Promise<SomeKey> {
	const tenant = await makeTenant(server, { plan_id: await makePlan(server) });
	const { id, raw_key } = await makeKey(server, tenant.id);
	return { id, raw_key, tenant_id: tenant.id };
}

/** A single server whose PostgreSQL is frozen with all of its processes. */
async function frozenDatabase(settings: Settings, findings: Findings): Promise<Measured> {
	const server = await startServer({ env: { KEYWRIGHT_LEASE_SECONDS: String(settings.lease_seconds), KEYWRIGHT_LOG_LEVEL: "silent" } });
	const pid = postgresPid(server.data_dir);
	if (pid === null) throw new Error("impossible state: a server without its PostgreSQL");
	let thaw = (): void => undefined;
	const cutting: Cutting = {
		name: "PostgreSQL frozen",
		cut() {
			thaw = freeze(pid);
		},
		mend: () => thaw(),
	};
	try {
		return await measure(server, await newKey(server), cutting, settings, findings);
	} finally {
		thaw();
		await server.stop();
	}
}

/** One of two servers whose connection to the database is cut, in each way in which a network can fail. */
async function cutNetwork(settings: Settings, findings: Findings): Promise<Measured[]> {
	const cluster = await Cluster.start();
	const relay = await Relay.open(cluster.socket_path);
	try {
		const [near, far] = [await cluster.startNode(settings), await cluster.startNode({ ...settings, relay })];
		const measured: Measured[] = [];
		for (const how of ["refusing", "silent"] as const) {
			const [key, doomed] = [await newKey(near), await newKey(near)];
			await new Line(far.port).send(keyed(doomed.raw_key));
			const cutting = { name: `network ${how}`, cut: () => relay.cut(how), mend: () => relay.mend() };
			measured.push(await measure(far, key, cutting, settings, findings, { server: near, key: doomed }));
		}
		return measured;
	} finally {
		await cluster.stop();
		await relay.close();
	}
}

async function runCuts(settings: Settings): Promise<Outcome> {
	const findings = new Findings();
	// They run concurrently because nearly all of their time is waiting for leases to end.
	const measured = (await Promise.all([frozenDatabase(settings, findings).then((one) => [one]), cutNetwork(settings, findings)])).flat();
	const summary = measured
		.map(
			(one) =>
				`${one.cut}: let in until ${one.last_let_in_ms} ms (R ${settings.lease_seconds * 1_000}), management 503 within ${one.management_max_ms} ms, ` +
				`back after ${one.recovered_ms} ms${one.revocation_ms === null ? "" : `, revocation elsewhere acknowledged after ${one.revocation_ms} ms, ${one.violations} violations`}`,
		)
		.join("; ");
	return { name: cuts.name, summary, figures: { cuts: measured }, broken: findings.broken };
}

export const cuts: Scenario = {
	name: "cuts",
	promise: "without its database a server answers from memory for R, then 503, and recovers by itself within 5 s",
	run: runCuts,
};
