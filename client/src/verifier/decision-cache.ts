import { randomBytes } from "node:crypto";
import type { Decision } from "./decision.ts";
import type { Question } from "./verifier.ts";

/** Longer than the time between two guards of one request. Long-lived carriers, such as a WebSocket's request, are verified again. */
const DECIDED_MS_MAX = 10_000;
const TRANSFERRED_MAX = 10_000;
/** One registry per process, because a framework may load this module several times. */
const TRANSFERRED = Symbol.for("@keywright/client: transferred decisions");

interface Entry {
	readonly question: Question;
	readonly asked_of: string;
	readonly decision: Promise<Decision>;
	/** On the clock of `performance.now()`. */
	readonly until: number;
}

/** Caches decisions during a request, so that a second guard with the same question does not charge it again. */
export class DecisionCache {
	readonly #entries = new WeakMap<object, Entry[]>();
	readonly #asked_of: string;

	/** `asked_of` identifies the Keywright and the credential. */
	constructor(asked_of: string) {
		this.#asked_of = asked_of;
	}

	/** The cached decision for this request and question, else that of `ask`. `carrier` must be the same object for all guards of a request. */
	once(carrier: object, question: Question, ask: () => Promise<Decision>): Promise<Decision> {
		const earlier = this.#entries.get(carrier);
		const now = performance.now();
		const known = earlier?.find((entry) => entry.until > now && entry.asked_of === this.#asked_of && isSame(entry.question, question));
		if (known) return known.decision;
		const entry = { question, asked_of: this.#asked_of, decision: ask(), until: now + DECIDED_MS_MAX };
		if (earlier) earlier.push(entry);
		else this.#entries.set(carrier, [entry]);
		return entry.decision;
	}

	/** Stores a request's decisions for another part of this process and returns a one-time token. Null if too many are stored. */
	transfer(carrier: object): string | null {
		const all = transferred();
		const now = performance.now();
		if (all.size >= TRANSFERRED_MAX) for (const [token, entries] of all) if (entries.every(({ until }) => until <= now)) all.delete(token);
		if (all.size >= TRANSFERRED_MAX) return null;
		const token = randomBytes(24).toString("base64url");
		all.set(token, this.#entries.get(carrier) ?? []);
		return token;
	}

	/** Moves the decisions of a token to `carrier`; ignores an unknown token. */
	receive(token: string, carrier: object): void {
		const entries = transferred().get(token);
		transferred().delete(token);
		if (entries) this.#entries.set(carrier, [...entries]);
	}
}

/** Compares as JSON, which is valid because questions are built with one order of fields. */
function isSame(one: Question, other: Question): boolean {
	return JSON.stringify(one) === JSON.stringify(other);
}

function transferred(): Map<string, Entry[]> {
	const known: unknown = Reflect.get(globalThis, TRANSFERRED);
	if (isRegistry(known)) return known;
	const made = new Map<string, Entry[]>();
	Object.defineProperty(globalThis, TRANSFERRED, { value: made });
	return made;
}

/** Guarantee: only this module writes under its symbol, always entries of this type. */
function isRegistry(value: unknown): value is Map<string, Entry[]> {
	return value instanceof Map;
}
