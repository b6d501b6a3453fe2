import { types } from "node:util";
import { readNamed, readPlain } from "./plain.ts";
import { KeywrightError } from "./report.ts";
import type { Target } from "./target.ts";
import type { NamedCost, Question } from "./verifier.ts";

/** A constant, or what a request says; a function that has nothing to say refuses the request. It must not be asynchronous. */
type Asked<Value, Request> = Value | ((request: Request, target: Target) => Value | undefined);

/** What a route asks of a key. Every rule that is given must hold; none given means: any key that lives. */
export interface Rules<Request> {
	/** The tenant whose data the route touches: keys of other tenants get 404. */
	readonly tenant?: Asked<string, Request>;
	/** The site, within the tenant. */
	readonly site?: Asked<string, Request>;
	/** One permission, `resource:action`, or up to 32 that are all needed. */
	readonly permission?: Asked<string | readonly string[], Request>;
	readonly capability?: Asked<string, Request>;
	/** What the request counts against the rate limits, a whole number, 1 by default. */
	readonly cost?: Asked<number, Request>;
	/** Named limits of the plan that the request spends as well, or at another cost than `cost`: `{ exports: 5 }`. */
	readonly limits?: Asked<Readonly<Record<string, number>>, Request>;
}

/** One rule as a function of the request: its part of the question. Throws `KeywrightError` where the rule gives no usable value. */
export type Reader<Request> = (request: Request, target: Target) => Part;
type Part = Omit<Question, "raw_key" | "request">;

export const RULE_NAMES: ReadonlySet<string> = new Set(["tenant", "site", "permission", "capability", "cost", "limits"]);
/** Longer than any id there is: what is cut here names nothing. */
const ID_CHARACTERS_MAX = 128;
const UNSENDABLE = /[\p{Cc}\p{Cs}]/gu;
const COST_MAX = 1_000_000;
const LIMITS_MAX = 8;
const PERMISSIONS_MAX = 32;
/** As Keywright names them; what has another shape can never hold. */
const ID = /^[A-Za-z0-9_-]{1,64}$/;
const PERMISSION = /^[a-z][a-z0-9_]{0,31}:[a-z][a-z0-9_]{0,31}$/;
const CAPABILITY = /^[a-z][a-z0-9_]{0,63}$/;
const LIMIT_NAME = /^[a-z][a-z0-9_-]{0,31}$/;

/**
 * One reader for each rule that is given. Throws `TypeError` for what is no object of rules, a rule that is misspelt, and a constant that can never
 * hold: leaving any of them out would open the route.
 */
export function readersOf<Request>(rules: unknown): Reader<Request>[] {
	if (typeof rules === "function") throw new TypeError("guard: give an object of rules; each rule may be a function of the request");
	return readersFrom(readNamed(rules, "rule", RULE_NAMES));
}

/** The same for rules that have been read from their object. */
export function readersFrom<Request>(rules: ReadonlyMap<string, unknown>): Reader<Request>[] {
	const readers = [
		reader<Request>(rules, "tenant", (value) => ({ tenant_id: id(value) }), ID),
		reader<Request>(rules, "site", (value) => ({ site_id: id(value) }), ID),
		reader<Request>(rules, "permission", (value) => ({ permissions: permissions(value) })),
		reader<Request>(rules, "capability", (value) => ({ capability: text(value, CAPABILITY) })),
		reader<Request>(rules, "cost", (value) => ({ cost: cost(value) })),
		reader<Request>(rules, "limits", (value) => ({ limits: limits(value) })),
	];
	return readers.filter((read) => read !== null);
}

/** Reads one rule; a constant is read once, here, and has to look like `constant` besides. */
function reader<Request>(
	rules: ReadonlyMap<string, unknown>,
	name: string,
	parse: (value: unknown) => Part,
	constant?: RegExp,
): Reader<Request> | null {
	if (!rules.has(name)) return null;
	const rule = rules.get(name);
	if (isFunction<Request>(rule)) return (request, target) => readOnce(name, parse, () => rule(request, target));
	const part = attempt(() => (constant ? parse(text(rule, constant)) : parse(rule)));
	if (!part) throw new TypeError(`guard: the rule "${name}" has no usable value`);
	return () => part;
}

function readOnce(name: string, parse: (value: unknown) => Part, ask: () => unknown): Part {
	let value: unknown;
	try {
		value = ask();
		return parse(value);
	} catch {
		silence(value);
		throw new KeywrightError("misconfigured", `The rule "${name}" of a guard gave no usable value for a request`);
	}
}

/** An asynchronous rule gives a promise that nobody awaits: its rejection must not end the process. */
export function silence(value: unknown): void {
	if (types.isPromise(value)) value.catch(() => undefined);
	else if (Array.isArray(value)) for (const entry of value) silence(entry);
}

/** Guarantee: it can be called with a request; what comes back is checked. */
function isFunction<Request>(rule: unknown): rule is (request: Request, target: Target) => unknown {
	return typeof rule === "function";
}

function attempt<Value>(run: () => Value): Value | null {
	try {
		return run();
	} catch {
		return null;
	}
}

function text(value: unknown, shape: RegExp): string {
	if (typeof value !== "string" || !shape.test(value)) throw new TypeError("not a text of this shape");
	return value;
}

/**
 * An id from a path may be any text, and it is Keywright that answers whether it names something, after the key was checked. What
 * cannot be sent becomes a character that no id has.
 */
function id(value: unknown): string {
	if (typeof value !== "string" || value === "") throw new TypeError("not a text");
	return value.slice(0, ID_CHARACTERS_MAX).replace(UNSENDABLE, "\ufffd");
}

function permissions(value: unknown): string[] {
	const list: unknown[] = Array.isArray(value) ? Array.from(value) : [value];
	if (list.length === 0 || list.length > PERMISSIONS_MAX) throw new TypeError("not permissions");
	return list.map((entry) => text(entry, PERMISSION));
}

function cost(value: unknown): number {
	if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > COST_MAX) throw new TypeError("not a cost");
	return value;
}

function limits(value: unknown): NamedCost[] {
	const named = Array.from(readPlain(value, "limits"), ([name, spent]) => ({ name: text(name, LIMIT_NAME), cost: cost(spent) }));
	if (named.length > LIMITS_MAX) throw new TypeError("too many limits");
	return named;
}
