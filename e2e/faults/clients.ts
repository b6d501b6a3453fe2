/** Clients that change keys continuously, each its own keys, and clients that use these keys meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Probes } from "./checks/after-kill.ts";
import { codeIn } from "./checks/journal.ts";
import { type Action, Key, type Ledger, Secret, type Sent, type State } from "./checks/ledger.ts";
import { buildChange, buildCreation, buildEnding, buildRotation, keyed } from "./requests.ts";
import type { Findings } from "./scenario.ts";
import { type Exchange, Line, type Request } from "./wire.ts";

/** How long a client waits before it retries an unreachable server. */
const AWAY_MS = 15;
const USE_EVERY_MS = 3;
/** Up to this number of keys a client prefers to create new ones; above it, it rarely does. */
const OWN_KEYS_MIN = 2;
const CREATES_SHARE = 0.15;
/** Longer than any run, so that only clients end these rotations. */
const OVERLAP_SECONDS = 86_400;

export interface Place {
	readonly port: number;
	readonly token: string;
	readonly tenant_ids: readonly string[];
}

/** The changes in flight. */
export class InFlight {
	readonly actions = new Set<{ readonly action: Action }>();

	get now(): number {
		return this.actions.size;
	}
}

/** A change to send, with the secrets that it creates and ends. */
interface Planned extends Pick<Sent, "action" | "rotation_id" | "held" | "makes" | "ends"> {
	readonly request: Request;
}

const NOTHING_MORE = { rotation_id: null, held: false, makes: null, ends: null } as const;

/** Guarantee: the body is that of a 201 of the creation of a key or of a rotation, or of a 200 of the end of a rotation. */
function answerIn(body: string): { key?: { id: string }; rotation?: { id: string }; raw_key?: string; ended_how?: string } {
	return JSON.parse(body) as ReturnType<typeof answerIn>;
}

/** Creates, rotates, pauses, resumes and revokes keys until stopped. Every sent change is in the ledger with its outcome. */
export class Changer {
	readonly #place: Place;
	readonly #ledger: Ledger;
	readonly #findings: Findings;
	readonly #random: () => number;
	readonly #in_flight: InFlight;
	readonly #name: string;
	#own: Key[] = [];
	#made = 0;

	constructor(options: { place: Place; ledger: Ledger; findings: Findings; random: () => number; in_flight: InFlight; name: string }) {
		this.#place = options.place;
		this.#ledger = options.ledger;
		this.#findings = options.findings;
		this.#random = options.random;
		this.#in_flight = options.in_flight;
		this.#name = options.name;
	}

	/** Sends changes while `going` returns true; returns when the last one was answered or lost. */
	async run(going: () => boolean): Promise<void> {
		const line = new Line(this.#place.port);
		while (going()) {
			this.#own = this.#own.filter((key) => key.history.length > 0 && key.state !== "revoked");
			const known = this.#own.flatMap((key) => (key.state === null ? [] : [{ key, state: key.state }]));
			const one = known[Math.floor(this.#random() * known.length)];
			const answered =
				one === undefined || known.length < OWN_KEYS_MIN || this.#random() < CREATES_SHARE
					? await this.#create(line)
					: await this.#send(line, one.key, this.#plan(one.key, one.state));
			if (!answered) await sleep(AWAY_MS);
		}
		line.close();
	}

	async #create(line: Line): Promise<boolean> {
		this.#made += 1;
		const { tenant_ids, token } = this.#place;
		const key = new Key(`${this.#name}-${this.#made}`, tenant_ids[Math.floor(this.#random() * tenant_ids.length)] ?? "");
		const request = buildCreation(token, key.tenant_id, key.name);
		const answered = await this.#send(line, key, { ...NOTHING_MORE, action: "create", request, makes: new Secret() });
		if (key.history.length > 0) {
			this.#ledger.keys.push(key);
			this.#own.push(key);
		}
		return answered;
	}

	#plan(key: Key, state: State): Planned {
		const { id, tenant_id } = key;
		const { token } = this.#place;
		if (id === null) throw new Error("impossible state: a key in a known state without an id");
		const target = { id, tenant_id };
		const { current, old, rotation } = key.in_use;
		const dice = this.#random();
		if (dice < 0.15) return { ...NOTHING_MORE, action: "revoke", request: buildChange(token, target, "revoke") };
		if (dice < 0.4) {
			const action = state === "active" || state === "active_replacing" ? "pause" : "resume";
			return { ...NOTHING_MORE, action, request: buildChange(token, target, action) };
		}
		if (rotation !== null) {
			const rotation_id = rotation.rotation_id ?? "";
			const action = dice < 0.75 ? "complete" : "cancel";
			const ends = action === "complete" ? old : current;
			return { action, rotation_id, held: rotation.held, makes: null, ends, request: buildEnding(token, target, rotation_id, action) };
		}
		const overlap_seconds = dice < 0.6 ? null : dice < 0.8 ? OVERLAP_SECONDS : 0;
		const at_once = overlap_seconds === 0;
		return {
			action: at_once ? "replace" : "rotate",
			rotation_id: null,
			held: overlap_seconds === null,
			makes: new Secret(),
			ends: at_once ? current : null,
			request: buildRotation(token, target, overlap_seconds),
		};
	}

	/** Sends one change and records it; false if the response was lost. A change that was never sent is not recorded. */
	async #send(line: Line, key: Key, planned: Planned): Promise<boolean> {
		this.#in_flight.actions.add(planned);
		try {
			return this.#take(key, planned, await line.send(planned.request));
		} catch (error) {
			const sent_at = sentAt(error);
			if (sent_at !== null) this.#enter(key, planned, { sent_at, read_at: sent_at, request_id: "", outcome: "unknown" });
			return false;
		} finally {
			this.#in_flight.actions.delete(planned);
		}
	}

	#take(key: Key, planned: Planned, exchange: Exchange): boolean {
		const { action, held, makes } = planned;
		const { status, body } = exchange;
		const done = status === 200 || status === 201;
		const answer = done ? answerIn(body) : {};
		if (held && ((action === "cancel" && status === 409) || (action === "complete" && answer.ended_how === "moved"))) {
			this.#completedBefore(key, planned, exchange);
			return true;
		}
		// After a 503 the change may or may not be committed; only the acknowledgement failed.
		this.#findings.expect(done || status === 503, () => `${action} of ${key.name} was answered ${status} ${body.slice(0, 300)}`);
		if (done) {
			if (makes) makes.raw_key = answer.raw_key ?? null;
			key.id ??= answer.key?.id ?? null;
			this.#ledger.acknowledged_sent_at = Math.max(this.#ledger.acknowledged_sent_at, exchange.sent_at);
		}
		// Other changes return the key, with its current rotation.
		const begins = action === "rotate" || action === "replace";
		const rotation_id = begins ? (answer.rotation?.id ?? null) : planned.rotation_id;
		this.#enter(key, { ...planned, rotation_id }, { ...exchange, outcome: done ? "done" : "unknown" });
		return done;
	}

	/** Records that the server had completed the rotation by itself, so that this request changed nothing. Its entry is searched for afterwards. */
	#completedBefore(key: Key, planned: Planned, { sent_at }: Exchange): void {
		const ends = key.in_use.old;
		this.#enter(
			key,
			{ ...planned, action: "clock", held: false, ends },
			{ sent_at, read_at: Number.POSITIVE_INFINITY, request_id: "", outcome: "done" },
		);
	}

	#enter(
		key: Key,
		{ action, rotation_id, held, makes, ends }: Planned,
		{ sent_at, read_at, request_id, outcome }: Pick<Sent, "sent_at" | "read_at" | "request_id" | "outcome">,
	): void {
		key.history.push({ action, rotation_id, held: held && action === "rotate", makes, ends, sent_at, read_at, request_id, outcome });
	}
}

function sentAt(error: unknown): number | null {
	if (error instanceof Error && "sent_at" in error) return typeof error.sent_at === "number" ? error.sent_at : null;
	throw error;
}

/** Uses random keys until stopped, with every secret ever returned, and records each response by secret. */
export async function useKeys(place: Place, ledger: Ledger, probes: Probes, random: () => number, going: () => boolean): Promise<void> {
	const line = new Line(place.port);
	while (going()) {
		// Prefers newer keys, because those are the ones that change.
		const key = ledger.keys[ledger.keys.length - 1 - Math.floor(random() ** 3 * ledger.keys.length)];
		const secrets = key?.secrets ?? [];
		const secret = secrets[secrets.length - 1 - Math.floor(random() ** 2 * secrets.length)];
		if (key === undefined || secret === undefined || secret.raw_key === null) {
			await sleep(USE_EVERY_MS);
			continue;
		}
		try {
			const { sent_at, read_at, status, body } = await line.send(keyed(secret.raw_key));
			const ofKey = probes.get(key) ?? new Map();
			probes.set(key, ofKey);
			const noted = ofKey.get(secret) ?? [];
			ofKey.set(secret, noted);
			noted.push({ node: 0, sent_at, read_at, status, code: codeIn(body) });
		} catch (error) {
			sentAt(error);
			await sleep(AWAY_MS);
		}
		await sleep(USE_EVERY_MS);
	}
	line.close();
}
