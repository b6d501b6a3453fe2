import { types } from "node:util";
import { readNamed, readPlain } from "./plain.ts";
import { KeywrightError } from "./report.ts";
import type { Target } from "./request/target.ts";
import type { NamedCost, Question } from "./verifier/verifier.ts";

/** A constant, or a synchronous function of the request. If it returns no usable value, the request is refused. */
type Asked<Value, Request> = Value | ((request: Request, target: Target) => Value | undefined);

/** What a route requires of a key. Every given rule must hold; without rules any valid key is admitted. */
export interface Rules<Request> {
	/** The tenant whose data the route accesses: keys of other tenants get 404. */
	readonly tenant?: Asked<string, Request>;
	/** The site, within the tenant. */
	readonly site?: Asked<string, Request>;
	/** One permission, `resource:action`, or up to 32 that are all required. */
	readonly permission?: Asked<string | readonly string[], Request>;
	readonly capability?: Asked<string, Request>;
	/** The request's cost against the rate limits, the quota and the budgets of the key, an integer, 1 by default. */
	readonly cost?: Asked<number, Request>;
	/** Named limits of the plan that the request also spends, or spends at another cost: `{ exports: 5 }`. */
	readonly limits?: Asked<Readonly<Record<string, number>>, Request>;
	/** Budgets of the key that the request spends at another cost, in their unit, 0 for none: `{ credits: 25 }`. */
	readonly budgets?: Asked<Readonly<Record<string, number>>, Request>;
}

/** Computes a rule's part of the question. Throws `KeywrightError` if the rule returns no usable value. */
export type Reader<Request> = (request: Request, target: Target) => Part;
type Part = Omit<Question, "raw_key" | "request">;

export const RULE_NAMES: ReadonlySet<string> = new Set(["tenant", "site", "permission", "capability", "cost", "limits", "budgets"]);
/** Longer than any id, so that a truncated id matches nothing. */
const ID_CHARACTERS_MAX = 128;
const UNSENDABLE = /[\p{Cc}\p{Cs}]/gu;
const COST_MAX = 1_000_000;
const LIMITS_MAX = 8;
const BUDGETS_MAX = 4;
const PERMISSIONS_MAX = 32;
/** Keywright's name patterns; other names can never match. */
const ID = /^[A-Za-z0-9_-]{1,64}$/;
const PERMISSION = /^[a-z][a-z0-9_]{0,31}:[a-z][a-z0-9_]{0,31}$/;
const CAPABILITY = /^[a-z][a-z0-9_]{0,63}$/;
const LIMIT_NAME = /^[a-z][a-z0-9_-]{0,31}$/;

/**
 * One reader for each given rule. Throws `TypeError` for anything but an object of rules, a misspelt rule, or a constant that can never be valid:
 * ignoring any of them would open the route.
 */
export function getReaders<Request>(rules: unknown): Reader<Request>[] {
	if (typeof rules === "function") throw new TypeError("guard: give an object of rules; each rule may be a function of the request");
	return readersFrom(readNamed(rules, "rule", RULE_NAMES));
}

/** The same for rules that were already read from their object. */
export function readersFrom<Request>(rules: ReadonlyMap<string, unknown>): Reader<Request>[] {
	const readers = [
		reader<Request>(rules, "tenant", (value) => ({ tenant_id: id(value) }), ID),
		reader<Request>(rules, "site", (value) => ({ site_id: id(value) }), ID),
		reader<Request>(rules, "permission", (value) => ({ permissions: permissions(value) })),
		reader<Request>(rules, "capability", (value) => ({ capability: text(value, CAPABILITY) })),
		reader<Request>(rules, "cost", (value) => ({ cost: cost(value) })),
		reader<Request>(rules, "limits", (value) => ({ limits: limits(value) })),
		reader<Request>(rules, "budgets", (value) => ({ budgets: budgets(value) })),
	];
	return readers.filter((read) => read !== null);
}

/** Creates the reader of one rule. A constant is read once, here, and must match `constant` too. */
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

/** An asynchronous rule's promise is never awaited; its rejection must not end the process. */
export function silence(value: unknown): void {
	if (types.isPromise(value)) value.catch(() => undefined);
	else if (Array.isArray(value)) for (const entry of value) silence(entry);
}

/** Guarantee: it is callable with a request; its result is validated. */
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
 * An id from a path may be any text; Keywright decides whether it exists, after it has checked the key. Characters that cannot be sent are
 * replaced by one that no id contains.
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

function cost(value: unknown, min = 1): number {
	if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > COST_MAX || Object.is(value, -0))
		throw new TypeError("not a cost");
	return value;
}

function limits(value: unknown): NamedCost[] {
	const named = Array.from(readPlain(value, "limits"), ([name, spent]) => ({ name: text(name, LIMIT_NAME), cost: cost(spent) }));
	if (named.length > LIMITS_MAX) throw new TypeError("too many limits");
	return named;
}

function budgets(value: unknown): Record<string, number> {
	const named = Array.from(readPlain(value, "budgets"), ([name, spent]) => [text(name, LIMIT_NAME), cost(spent, 0)] as const);
	if (named.length > BUDGETS_MAX) throw new TypeError("too many budgets");
	return Object.fromEntries(named);
}
