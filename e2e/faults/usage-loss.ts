/** The usage counts that a crash loses: about the last second. A stop loses none. */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { SUPERUSER } from "../../server/src/database/embedded/runner.ts";
import { newDataFolder, removeDataFolder } from "../data-folder.ts";
import { type Server, startServer } from "../server.ts";
import { makeKey, makePlan, makeTenant } from "../things.ts";
import { keyed, managed, type SomeKey } from "./requests.ts";
import { Findings, type Outcome, rounded, type Scenario, type Settings } from "./scenario.ts";
import { Line } from "./wire.ts";

const LINES = 8;
const KEYS = 20;
const LOAD_MS = 4_000;
const LOAD_MS_SHORT = 2_500;
/** A usage flush starts one second after the previous one has ended; the rest is its duration. */
const LOST_MS_MAX = 1_500;

interface Counted {
	readonly acknowledged: number;
	readonly counted: number;
	/** The age, at the end, of the last request up to which all are counted. */
	readonly lost_ms: number;
	/** Sent and never answered; they may be counted or not. */
	readonly unanswered: number;
}

/** Uses the keys until `ends` is called, and records when each response was read. */
class Load {
	readonly answered: number[] = [];
	unanswered = 0;
	#going = true;
	readonly #lines: Promise<void>[];

	constructor(server: Server, keys: readonly SomeKey[]) {
		this.#lines = Array.from({ length: LINES }, (_, lane) => this.#use(server, keys, lane));
	}

	async end(): Promise<void> {
		this.#going = false;
		await Promise.all(this.#lines);
	}

	async #use(server: Server, keys: readonly SomeKey[], lane: number): Promise<void> {
		const line = new Line(server.port);
		for (let turn = lane; this.#going; turn += 1) {
			const key = keys[turn % keys.length];
			if (key === undefined) return;
			try {
				const { status, read_at } = await line.send(keyed(key.raw_key));
				if (status === 200) this.answered.push(read_at);
			} catch (error) {
				if (error instanceof Error && "sent_at" in error && error.sent_at !== null) this.unanswered += 1;
				break;
			}
		}
		line.close();
	}
}

/** Compares the answered requests with the counts of a server that is restarted on the same folder. */
function measureLoss(load: Load, counted: number, ended_at: number): Counted {
	const answered = load.answered.toSorted((a, b) => a - b);
	const acknowledged = answered.length;
	const first_lost = answered[counted];
	return { acknowledged, counted, unanswered: load.unanswered, lost_ms: first_lost === undefined ? 0 : rounded(ended_at - first_lost) };
}

class Instance {
	readonly #data_dir = newDataFolder();
	#server: Server | null = null;
	#keys: SomeKey[] = [];

	async start(): Promise<void> {
		this.#server = await startServer({ data_dir: this.#data_dir, env: { KEYWRIGHT_LOG_LEVEL: "error" } });
	}

	get server(): Server {
		if (this.#server === null) throw new Error("impossible state: not started");
		return this.#server;
	}

	/** New keys, so that their counts are only of this load. */
	async load(load_ms: number): Promise<Load> {
		const tenant = await makeTenant(this.server, { plan_id: await makePlan(this.server) });
		this.#keys = [];
		for (let key = 0; key < KEYS; key += 1) {
			const { id, raw_key } = await makeKey(this.server, tenant.id);
			this.#keys.push({ id, raw_key, tenant_id: tenant.id });
		}
		const load = new Load(this.server, this.#keys);
		await sleep(load_ms);
		return load;
	}

	/** The API's request counts of these keys in the last day. */
	async counted(): Promise<number> {
		const line = new Line(this.server.port);
		let sum = 0;
		for (const { tenant_id, id } of this.#keys) {
			const { body } = await line.send(managed(this.server.operator_token, "GET", `/tenants/${tenant_id}/api-keys/${id}`));
			sum += usageIn(body);
		}
		line.close();
		return sum;
	}

	async query(statement: string): Promise<Record<string, unknown>[]> {
		const client = new pg.Client({
			connectionString: `postgresql://${SUPERUSER}@/keywright?host=${encodeURIComponent(join(this.#data_dir, "run"))}&port=5432`,
		});
		await client.connect();
		try {
			return (await client.query<Record<string, unknown>>(statement)).rows;
		} finally {
			await client.end();
		}
	}

	async remove(): Promise<void> {
		await this.#server?.program.end();
		await removeDataFolder(this.#data_dir);
	}
}

/** Guarantee: the body is that of a key. */
function usageIn(body: string): number {
	return (JSON.parse(body) as { usage_24h: number }).usage_24h;
}

async function afterKill(instance: Instance, load_ms: number): Promise<Counted> {
	const load = await instance.load(load_ms);
	const ended_at = performance.now();
	instance.server.program.child.kill("SIGKILL");
	await instance.server.program.ended;
	await load.end();
	await instance.start();
	return measureLoss(load, await instance.counted(), ended_at);
}

/** Uses keys until the server has exited: its last responses are counted too. */
async function afterStop(instance: Instance, load_ms: number): Promise<Counted & { code: number | null }> {
	const load = await instance.load(load_ms);
	const ended_at = performance.now();
	const { code } = await instance.server.program.end("SIGTERM");
	await load.end();
	await instance.start();
	return { ...measureLoss(load, await instance.counted(), ended_at), code };
}

async function runUsageLoss(settings: Settings): Promise<Outcome> {
	const findings = new Findings();
	const load_ms = settings.short ? LOAD_MS_SHORT : LOAD_MS;
	const instance = new Instance();
	try {
		await instance.start();
		const killed = await afterKill(instance, load_ms);
		findings.expect(killed.lost_ms <= LOST_MS_MAX, () => `kill -9 lost the counts of the last ${killed.lost_ms} ms: ${JSON.stringify(killed)}`);
		findings.expect(killed.counted <= killed.acknowledged + killed.unanswered, () => `more is counted than was sent: ${JSON.stringify(killed)}`);
		const stopped = await afterStop(instance, load_ms);
		findings.expect(stopped.code === 0, () => `SIGTERM ended the server with ${stopped.code}`);
		const within = stopped.counted >= stopped.acknowledged && stopped.counted <= stopped.acknowledged + stopped.unanswered;
		findings.expect(within, () => `SIGTERM lost counts: ${JSON.stringify(stopped)}`);
		const summary =
			`kill -9: ${killed.counted} of ${killed.acknowledged} answered requests are counted, the last ${killed.lost_ms} ms are lost; ` +
			`SIGTERM: ${stopped.counted} of ${stopped.acknowledged} (${stopped.unanswered} unanswered)`;
		return { name: usageLoss.name, summary, figures: { killed, stopped }, broken: findings.broken };
	} finally {
		await instance.remove();
	}
}

export const usageLoss: Scenario = {
	name: "usage",
	promise: "kill -9 loses the counts of about a second, SIGTERM none",
	run: runUsageLoss,
};
