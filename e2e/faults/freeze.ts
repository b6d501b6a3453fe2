/** One freeze of a node, with the requests and revocations of other clients meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "../server.ts";
import { codeIn, isAllowed, type Probe, violations } from "./checks/journal.ts";
import { buildChange, buildCreation, keyed, type SomeKey } from "./requests.ts";
import { type Findings, percentile, until } from "./scenario.ts";
import { Connection, ConnectionLost, type Exchange, Line, type Request } from "./wire.ts";

/** Number of keys that are revoked during the freeze; the same number stays active. */
export const REVOKED = 5;
const PROBERS = 6;
/** Clients that create keys on the node, so that the freeze interrupts their transactions. */
const CREATORS = 4;
const LATE_EACH = 3;
const PAUSE_MS = 5;
const WARM_WITHIN_MS = 10_000;
const RECOVERS_WITHIN_MS = 5_000;

export interface Frozen {
	/** Longest wait for an acknowledgement during the freeze. */
	readonly acknowledged_max_ms: number;
	/** From waking to the first accepted request. */
	readonly recovered_ms: number;
	/** Requests refused with 503 before the lease was renewed. */
	readonly refused_on_waking: number;
	readonly violations: number;
	/** Requests sent to the frozen node after the acknowledgement. */
	readonly late_requests: number;
	/** Requests whose first half was sent before the freeze and whose second half after the acknowledgement. */
	readonly begun_before: number;
	/** Requests of a revoked key that were sent before the freeze and succeeded after it: their checks had already passed. */
	readonly checked_before: number;
	readonly requests_under_way: number;
	readonly changes_under_way: number;
	/** Requests in flight at the freeze that were never answered. */
	readonly lost: number;
}

export class Freeze {
	readonly #frozen: Server;
	readonly #awake: Server;
	readonly #findings: Findings;
	readonly #probes = new Map<string, Probe[]>();
	readonly #under_way = { requests: 0, changes: 0 };
	#going = true;
	#lost = 0;

	constructor(frozen: Server, awake: Server, findings: Findings) {
		this.#frozen = frozen;
		this.#awake = awake;
		this.#findings = findings;
	}

	/** Stops the process for `frozen_ms`, revokes keys on the other node meanwhile, and queues requests until it wakes. */
	async run(keys: readonly SomeKey[], frozen_ms: number): Promise<Frozen> {
		const [dead, living] = [keys.slice(0, REVOKED), keys.slice(REVOKED)];
		const going = Promise.all([
			...Array.from({ length: PROBERS }, (_, lane) => this.#probe(keys, lane)),
			...Array.from({ length: CREATORS }, (_, lane) => this.#create(keys[0], `creator-${lane}`)),
		]);
		await until(() => keys.every(({ id }) => this.#of(id).some(isAllowed)), WARM_WITHIN_MS);
		const acknowledged = Promise.withResolvers<void>();
		const halves = await Promise.all(dead.map((key) => this.#sendInHalves(key, acknowledged.promise)));
		await until(() => this.#under_way.requests > 0 && this.#under_way.changes > 0, WARM_WITHIN_MS, 1);

		process.kill(this.#frozen.program.pid, "SIGSTOP");
		const { requests, changes } = this.#under_way;
		this.#findings.expect(requests > 0 && changes > 0, () => `only ${requests} requests and ${changes} changes were under way`);
		const waking = sleep(frozen_ms).then(() => {
			process.kill(this.#frozen.program.pid, "SIGCONT");
			return performance.now();
		});
		const revoked = await this.#revoke(dead);
		acknowledged.resolve();
		// Sent to the frozen process after the acknowledgement; the kernel buffers them.
		const sent = [...dead.flatMap((key) => Array.from({ length: LATE_EACH }, () => key)), ...living].map((key) => this.#sendLate(key));
		const woken_at = await waking;
		const late = (await Promise.all(sent)).filter(({ sent_at }) => sent_at < woken_at);
		const ended = await Promise.all(halves.map(({ answer }) => answer));
		const back = await until(
			() => living.every(({ id }) => this.#of(id).some((probe) => isAllowed(probe) && probe.sent_at > woken_at)),
			RECOVERS_WITHIN_MS,
		);
		const recovered_ms = performance.now() - woken_at;
		this.#findings.expect(back, () => `a node that had been frozen let no key in within ${RECOVERS_WITHIN_MS} ms of waking`);
		this.#going = false;
		await going;
		this.#findings.expect(!ended.includes("let in"), () => `requests that were half sent before the revocation were answered: ${ended.join(", ")}`);
		await this.#checkEnd(dead);
		return {
			acknowledged_max_ms: percentile(
				[...revoked.values()].map(({ took_ms }) => took_ms),
				1,
			),
			recovered_ms,
			refused_on_waking: this.#refusedSince(woken_at) + ended.filter((answer) => answer === "503").length,
			violations: this.#violations(dead, revoked),
			late_requests: late.length,
			begun_before: ended.length,
			checked_before: dead.reduce((sum, { id }) => sum + this.#checkedBefore(id, revoked.get(id)?.at ?? 0, woken_at), 0),
			requests_under_way: requests,
			changes_under_way: changes,
			lost: this.#lost,
		};
	}

	/** When each revocation was acknowledged, and its duration. */
	async #revoke(keys: readonly SomeKey[]): Promise<Map<string, { at: number; took_ms: number }>> {
		const line = new Line(this.#awake.port);
		const revoked = new Map<string, { at: number; took_ms: number }>();
		for (const key of keys) {
			const { sent_at, read_at, status } = await line.send(buildChange(this.#awake.operator_token, key, "revoke"));
			this.#findings.expect(status === 200, () => `a revocation while a node stood still was answered ${status}`);
			revoked.set(key.id, { at: read_at, took_ms: read_at - sent_at });
		}
		line.close();
		return revoked;
	}

	#violations(dead: readonly SomeKey[], revoked: ReadonlyMap<string, { at: number }>): number {
		const found = dead.flatMap(({ id }) => violations(this.#of(id), [{ from: revoked.get(id)?.at ?? 0, to: Number.POSITIVE_INFINITY }]));
		this.#findings.expect(
			found.length === 0,
			() => `${found.length} requests were let in after their revocation was acknowledged: ${JSON.stringify(found[0])}`,
		);
		return found.length;
	}

	#refusedSince(woken_at: number): number {
		return [...this.#probes.values()].flat().filter(({ status, read_at }) => status === 503 && read_at > woken_at).length;
	}

	#checkedBefore(id: string, acknowledged_at: number, woken_at: number): number {
		return this.#of(id).filter((probe) => isAllowed(probe) && probe.sent_at < acknowledged_at && probe.read_at > woken_at).length;
	}

	async #checkEnd(dead: readonly SomeKey[]): Promise<void> {
		for (const key of dead) {
			const last = await this.#sendLate(key);
			this.#findings.expect(last.code === "key_revoked", () => `in the end a revoked key is answered ${last.status} ${last.code}`);
		}
	}

	#of(id: string): Probe[] {
		const known = this.#probes.get(id) ?? [];
		this.#probes.set(id, known);
		return known;
	}

	/** Requests all keys in turn on the node to be frozen, so that some requests are always in flight. */
	async #probe(keys: readonly SomeKey[], lane: number): Promise<void> {
		const line = new Line(this.#frozen.port);
		for (let turn = lane; this.#going; turn += 1) {
			const key = keys[turn % keys.length];
			const exchange = key ? await this.#sendOn(line, keyed(key.raw_key), "requests") : null;
			if (key && exchange) this.#note(key.id, exchange);
		}
		line.close();
	}

	/** Its transactions lock rows that the revocations on the other node need, because the tenant is the same. */
	async #create(key: SomeKey | undefined, name: string): Promise<void> {
		const line = new Line(this.#frozen.port);
		while (this.#going && key) {
			const exchange = await this.#sendOn(line, buildCreation(this.#frozen.operator_token, key.tenant_id, name), "changes");
			const { status, body } = exchange ?? { status: 503, body: "" };
			this.#findings.expect(status === 201 || status === 503, () => `a creation amid a freeze was answered ${status} ${body}`);
			if (status !== 201) await sleep(PAUSE_MS);
		}
		line.close();
	}

	/** A node may close idle connections when it wakes from a long freeze; a request on one of them was not accepted. */
	async #sendOn(line: Line, request: Request, what: "requests" | "changes"): Promise<Exchange | null> {
		this.#under_way[what] += 1;
		try {
			return await line.send(request);
		} catch (error) {
			if (!(error instanceof ConnectionLost)) throw error;
			this.#lost += 1;
			await sleep(PAUSE_MS);
			return null;
		} finally {
			this.#under_way[what] -= 1;
		}
	}

	/** The request is checked after `then`, whenever it was started, so it must be refused. */
	async #sendInHalves(key: SomeKey, then: Promise<unknown>): Promise<{ answer: Promise<string> }> {
		const connection = await Connection.open(this.#frozen.port);
		const answer = connection.sendInHalves(keyed(key.raw_key), then).then(
			({ status }) => (status >= 200 && status < 300 ? "let in" : String(status)),
			() => "lost",
		);
		return { answer: answer.finally(() => connection.close()) };
	}

	async #sendLate(key: SomeKey): Promise<Probe> {
		const connection = await Connection.open(this.#frozen.port);
		const probe = this.#note(key.id, await connection.send(keyed(key.raw_key)));
		connection.close();
		return probe;
	}

	#note(id: string, { sent_at, read_at, status, body }: Exchange): Probe {
		const probe = { node: 0, sent_at, read_at, status, code: codeIn(body) };
		this.#of(id).push(probe);
		return probe;
	}
}
