/** A node that stands still in mid-request and wakes: it refuses until it has renewed, and nobody waited for it longer than its lease. */
import { setTimeout as sleep } from "node:timers/promises";
import { inParallel } from "../client.ts";
import type { Server } from "../server.ts";
import { makeKey, makePlan, makeTenant } from "../things.ts";
import { Cluster } from "./cluster.ts";
import { codeIn, letIn, type Probe, violations } from "./journal.ts";
import { changeOf, keyed, type SomeKey } from "./requests.ts";
import { Judge, type Outcome, percentile, rounded, type Scenario, type Settings, until } from "./scenario.ts";
import { Connection, Line } from "./wire.ts";

const PROBERS = 6;
const FREEZES = 3;
const MAKERS = 4;
/** Revoked while the node stands still; as many again are left alone. */
const REVOKED = 5;
const LATE_EACH = 3;
const RECOVERS_WITHIN_MS = 5_000;
const SLOWEST_EXTRA_MS = 1_000;

interface Frozen {
	/** Longest wait for an acknowledgement while the node stood still. */
	readonly acknowledged_max_ms: number;
	/** From waking to the first request that was let in again. */
	readonly recovered_ms: number;
	readonly refused_on_waking: number;
	readonly violations: number;
	readonly late_requests: number;
}

class Freeze {
	readonly #frozen: Server;
	readonly #awake: Server;
	readonly #judge: Judge;
	#probes = new Map<string, Probe[]>();
	#probing = true;

	constructor(frozen: Server, awake: Server, judge: Judge) {
		this.#frozen = frozen;
		this.#awake = awake;
		this.#judge = judge;
	}

	/** Stops the process for `frozen_ms`, revokes keys on the other node meanwhile, and lets requests wait for it to wake. */
	async run(keys: readonly SomeKey[], frozen_ms: number): Promise<Frozen> {
		const [dead, living] = [keys.slice(0, REVOKED), keys.slice(REVOKED)];
		const probing = Promise.all(Array.from({ length: PROBERS }, (_, lane) => this.#probe(keys, lane)));
		await until(() => keys.every(({ id }) => (this.#probes.get(id) ?? []).some(letIn)), 10_000);

		const process_id = this.#frozen.program.pid;
		process.kill(process_id, "SIGSTOP");
		const stopped_at = performance.now();
		const line = new Line(this.#awake.port);
		const acknowledged = new Map<string, number>();
		const waits: number[] = [];
		for (const key of dead) {
			const { sent_at, read_at, status } = await line.send(changeOf(this.#awake.operator_token, key, "revoke"));
			this.#judge.expect(status === 200, () => `a revocation while a node stood still was answered ${status}`);
			acknowledged.set(key.id, read_at);
			waits.push(read_at - sent_at);
		}
		// These are sent to the sleeping process after the acknowledgement; the system keeps them for it.
		const late = dead.flatMap((key) => Array.from({ length: LATE_EACH }, () => this.#sendLate(key)));
		const late_living = living.map((key) => this.#sendLate(key));
		await sleep(Math.max(0, frozen_ms - (performance.now() - stopped_at)));
		process.kill(process_id, "SIGCONT");
		const woken_at = performance.now();
		const refused_on_waking = (await Promise.all([...late, ...late_living])).filter((probe) => probe.status === 503).length;
		const recovered = await until(
			() => living.every(({ id }) => this.#of(id).some((probe) => letIn(probe) && probe.sent_at > woken_at)),
			RECOVERS_WITHIN_MS,
		);
		const recovered_ms = performance.now() - woken_at;
		this.#judge.expect(recovered, () => `a node that had been frozen let no key in within ${RECOVERS_WITHIN_MS} ms of waking`);
		this.#probing = false;
		await probing;
		line.close();

		const found = dead.flatMap(({ id }) => violations(this.#of(id), [{ from: acknowledged.get(id) ?? 0, to: Number.POSITIVE_INFINITY }]));
		this.#judge.expect(
			found.length === 0,
			() => `${found.length} requests were let in after their revocation was acknowledged: ${JSON.stringify(found[0])}`,
		);
		for (const key of dead) {
			const last = await this.#sendLate(key);
			this.#judge.expect(last.code === "key_revoked", () => `in the end a revoked key is answered ${last.status} ${last.code}`);
		}
		return {
			acknowledged_max_ms: percentile(waits, 1),
			recovered_ms,
			refused_on_waking,
			violations: found.length,
			late_requests: late.length + late_living.length,
		};
	}

	#of(id: string): Probe[] {
		const known = this.#probes.get(id) ?? [];
		this.#probes.set(id, known);
		return known;
	}

	/** Goes round all keys on the node that is to be frozen: at each instant some of these are in the midst of it. */
	async #probe(keys: readonly SomeKey[], lane: number): Promise<void> {
		const line = new Line(this.#frozen.port);
		for (let turn = lane; this.#probing; turn += 1) {
			const key = keys[turn % keys.length];
			if (key) this.#note(key.id, await line.send(keyed(key.raw_key)));
		}
		line.close();
	}

	async #sendLate(key: SomeKey): Promise<Probe> {
		const connection = await Connection.open(this.#frozen.port);
		const probe = this.#note(key.id, await connection.send(keyed(key.raw_key)));
		connection.close();
		return probe;
	}

	#note(id: string, { sent_at, read_at, status, body }: { sent_at: number; read_at: number; status: number; body: string }): Probe {
		const probe = { node: 0, sent_at, read_at, status, code: codeIn(body) };
		this.#of(id).push(probe);
		return probe;
	}
}

async function makeKeys(server: Server, count: number): Promise<SomeKey[]> {
	const tenant = await makeTenant(server, { plan_id: await makePlan(server) });
	return inParallel(count, MAKERS, async () => {
		const { id, raw_key } = await makeKey(server, tenant.id);
		return { id, raw_key, tenant_id: tenant.id };
	});
}

async function freezeRepeatedly(frozen: Server, awake: Server, settings: Settings): Promise<Outcome> {
	const judge = new Judge();
	const lease_ms = settings.lease_seconds * 1_000;
	const slowest_ms = lease_ms * 1.1 + SLOWEST_EXTRA_MS;
	const long: Frozen[] = [];
	const brief: Frozen[] = [];
	for (let round = 0; round < (settings.short ? 1 : FREEZES); round += 1) {
		settings.say(`freeze ${round + 1}`);
		const run = async (frozen_ms: number) => new Freeze(frozen, awake, judge).run(await makeKeys(awake, 2 * REVOKED), frozen_ms);
		brief.push(await run(lease_ms * 0.3));
		long.push(await run(lease_ms * 1.1 + 1_500));
	}
	const all = [...brief, ...long];
	const max = (values: readonly number[]): number => rounded(Math.max(...values));
	const figures = {
		freezes: all.length,
		violations: all.reduce((sum, { violations }) => sum + violations, 0),
		late_requests: all.reduce((sum, { late_requests }) => sum + late_requests, 0),
		refused_on_waking: long.reduce((sum, { refused_on_waking }) => sum + refused_on_waking, 0),
		acknowledged_max_ms: max(all.map(({ acknowledged_max_ms }) => acknowledged_max_ms)),
		recovered_max_ms: max(all.map(({ recovered_ms }) => recovered_ms)),
	};
	judge.expect(figures.refused_on_waking > 0, () => "no request was refused by a node that woke after its lease had run out");
	judge.expect(
		figures.acknowledged_max_ms <= slowest_ms,
		() => `a revocation was acknowledged after ${figures.acknowledged_max_ms} ms, more than ${slowest_ms}`,
	);
	const said =
		`${figures.violations} violations in ${figures.freezes} freezes, with ${figures.late_requests} requests sent to the sleeping node after the acknowledgement; ` +
		`${figures.refused_on_waking} answered 503 on waking; revocations acknowledged within ${figures.acknowledged_max_ms} ms; ` +
		`answers again ${figures.recovered_max_ms} ms after waking at the latest`;
	return { name: freezes.name, said, figures, broken: judge.broken };
}

export const freezes: Scenario = {
	name: "freezes",
	promise: "a node frozen in mid-request refuses when it wakes, and delays changes by its lease at most",
	async run(settings) {
		const cluster = await Cluster.start();
		try {
			const [frozen, awake] = [await cluster.startNode(settings), await cluster.startNode(settings)];
			return await freezeRepeatedly(frozen, awake, settings);
		} finally {
			await cluster.stop();
		}
	},
};
