/** Clients that change keys without a pause, each its own, and others that use them meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import { codeIn, type Probe } from "./journal.ts";
import { type Action, Key, type Ledger, type Sent } from "./ledger.ts";
import { changeOf, creationOf, keyed } from "./requests.ts";
import type { Judge } from "./scenario.ts";
import { type Exchange, Line, type Request } from "./wire.ts";

/** A client waits that long when the server is away. */
const AWAY_MS = 15;
const USE_EVERY_MS = 3;
/** A client's keys; it revokes one when it has so many. */
const OWN_KEYS_MAX = 8;

export interface Place {
	readonly port: number;
	readonly token: string;
	readonly tenant_ids: readonly string[];
}

/** How many changes are under way at this instant, and what has been seen of it. */
export class InFlight {
	now = 0;
}

/** Creates, pauses, resumes and revokes until it is told to stop. Whatever was sent is in the ledger, with what became of it. */
export class Changer {
	readonly #place: Place;
	readonly #ledger: Ledger;
	readonly #judge: Judge;
	readonly #random: () => number;
	readonly #in_flight: InFlight;
	readonly #name: string;
	readonly #own: Key[] = [];
	#made = 0;

	constructor(options: { place: Place; ledger: Ledger; judge: Judge; random: () => number; in_flight: InFlight; name: string }) {
		this.#place = options.place;
		this.#ledger = options.ledger;
		this.#judge = options.judge;
		this.#random = options.random;
		this.#in_flight = options.in_flight;
		this.#name = options.name;
	}

	/** Changes until `going` says no more; returns when the last change was answered or lost. */
	async run(going: () => boolean): Promise<void> {
		const line = new Line(this.#place.port);
		while (going()) {
			const known = this.#own.filter((key) => key.state === "active" || key.state === "paused");
			const key = known[Math.floor(this.#random() * known.length)];
			const answered =
				key === undefined || (known.length < OWN_KEYS_MAX && this.#random() < 0.4) ? await this.#create(line) : await this.#change(line, key);
			if (!answered) await sleep(AWAY_MS);
		}
		line.close();
	}

	async #create(line: Line): Promise<boolean> {
		this.#made += 1;
		const { tenant_ids, token } = this.#place;
		const key = new Key(`${this.#name}-${this.#made}`, tenant_ids[Math.floor(this.#random() * tenant_ids.length)] ?? "");
		const exchange = await this.#send(line, key, "create", creationOf(token, key.tenant_id, key.name));
		if (key.history.length > 0) {
			this.#ledger.keys.push(key);
			this.#own.push(key);
		}
		if (exchange?.status !== 201) return false;
		const { id, raw_key } = createdIn(exchange.body);
		key.id = id;
		key.raw_key = raw_key;
		return true;
	}

	async #change(line: Line, key: Key): Promise<boolean> {
		const action = this.#random() < 0.25 ? "revoke" : key.state === "active" ? "pause" : "resume";
		const { id, tenant_id } = key;
		if (id === null) throw new Error("impossible state: a key in a known state without an id");
		const exchange = await this.#send(line, key, action, changeOf(this.#place.token, { id, tenant_id }, action));
		return exchange?.status === 200;
	}

	/** Sends one change and enters it; null when it was lost. What was never sent is not entered. */
	async #send(line: Line, key: Key, action: Action, request: Request): Promise<Exchange | null> {
		this.#in_flight.now += 1;
		try {
			const exchange = await line.send(request);
			const done = exchange.status === 200 || exchange.status === 201;
			// A 503 leaves open whether the change was committed: its acknowledgement is what failed.
			this.#judge.expect(done || exchange.status === 503, () => `${action} was answered ${exchange.status} ${exchange.body.slice(0, 300)}`);
			this.#enter(key, { action, ...exchange, outcome: done ? "done" : "unknown" });
			return exchange;
		} catch (error) {
			const sent_at = sentAt(error);
			if (sent_at !== null) this.#enter(key, { action, sent_at, read_at: sent_at, request_id: "", outcome: "unknown" });
			return null;
		} finally {
			this.#in_flight.now -= 1;
		}
	}

	#enter(key: Key, { action, sent_at, read_at, request_id, outcome }: Sent): void {
		key.history.push({ action, sent_at, read_at, request_id, outcome });
	}
}

function sentAt(error: unknown): number | null {
	if (error instanceof Error && "sent_at" in error) return typeof error.sent_at === "number" ? error.sent_at : null;
	throw error;
}

/** Guarantee: the body is that of a 201 of the creation of a key. */
function createdIn(body: string): { id: string; raw_key: string } {
	const { key, raw_key } = JSON.parse(body) as { key: { id: string }; raw_key: string };
	return { id: key.id, raw_key };
}

/** Uses keys at random until told to stop, and notes each answer under the key. */
export async function useKeys(place: Place, ledger: Ledger, probes: Map<Key, Probe[]>, random: () => number, going: () => boolean): Promise<void> {
	const line = new Line(place.port);
	while (going()) {
		// The newer ones more often: those are the ones that change.
		const key = ledger.keys[ledger.keys.length - 1 - Math.floor(random() ** 3 * ledger.keys.length)];
		if (key === undefined || key.raw_key === null) {
			await sleep(USE_EVERY_MS);
			continue;
		}
		try {
			const { sent_at, read_at, status, body } = await line.send(keyed(key.raw_key));
			const noted = probes.get(key) ?? [];
			noted.push({ node: 0, sent_at, read_at, status, code: codeIn(body) });
			probes.set(key, noted);
		} catch (error) {
			sentAt(error);
			await sleep(AWAY_MS);
		}
		await sleep(USE_EVERY_MS);
	}
	line.close();
}
