import { randomBytes } from "node:crypto";
import type { Decision } from "./decision.ts";
import type { Question } from "./verifier.ts";

/** Longer than a request is between two of its guards; an object that lives on, such as that of a WebSocket, is asked about anew. */
const DECIDED_MS_MAX = 10_000;
const HANDED_ON_MAX = 10_000;
/** One for the process: a framework may load this module once for each part of an app. */
const HANDED_ON = Symbol.for("@keywright/client: decisions handed on");

interface Entry {
	readonly question: Question;
	readonly asked_of: string;
	readonly decision: Promise<Decision>;
	/** By `performance.now()`. */
	readonly until: number;
}

/** Decisions about requests that are on their way: a second guard that asks the same about one request charges nothing again. */
export class Decided {
	readonly #entries = new WeakMap<object, Entry[]>();
	readonly #asked_of: string;

	/** `asked_of` tells apart whom questions are put to. */
	constructor(asked_of: string) {
		this.#asked_of = asked_of;
	}

	/** What was decided about this request and question, or what `ask` decides. `carrier` is the same object for all guards of one request. */
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

	/** Hands the decisions about a request on to another part of this process, which takes them by the token, once. Null if there are too many. */
	handOn(carrier: object): string | null {
		const all = handedOn();
		const now = performance.now();
		if (all.size >= HANDED_ON_MAX) for (const [token, entries] of all) if (entries.every(({ until }) => until <= now)) all.delete(token);
		if (all.size >= HANDED_ON_MAX) return null;
		const token = randomBytes(24).toString("base64url");
		all.set(token, this.#entries.get(carrier) ?? []);
		return token;
	}

	/** Takes what was handed on; a token that nobody made names nothing. */
	takeOver(token: string, carrier: object): void {
		const entries = handedOn().get(token);
		handedOn().delete(token);
		if (entries) this.#entries.set(carrier, [...entries]);
	}
}

/** Questions are made in one order of their fields. */
function isSame(one: Question, other: Question): boolean {
	return JSON.stringify(one) === JSON.stringify(other);
}

function handedOn(): Map<string, Entry[]> {
	const known: unknown = Reflect.get(globalThis, HANDED_ON);
	if (isHandedOn(known)) return known;
	const made = new Map<string, Entry[]>();
	Object.defineProperty(globalThis, HANDED_ON, { value: made });
	return made;
}

/** Guarantee: only this module writes under its symbol, and its entries have one shape. */
function isHandedOn(value: unknown): value is Map<string, Entry[]> {
	return value instanceof Map;
}
