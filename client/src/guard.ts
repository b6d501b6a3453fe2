import { type Decision, deny } from "./decision.ts";
import { createReporter, KeywrightError, type OnError } from "./report.ts";
import { type HeaderLines, takeKey } from "./take-key.ts";
import { type NamedCost, type Question, type RequestFacts, unavailable, type Verifier } from "./verifier.ts";

/** A constant, or what a request says; a function that has nothing to say refuses the request. */
type Asked<Value, Request> = Value | ((request: Request) => Value | undefined);

/** What a route asks of a key. Every rule that is given must hold; none given means: any key that lives. */
export interface Rules<Request> {
	/** The tenant whose data the route touches: keys of other tenants get 404. */
	readonly tenant?: Asked<string, Request>;
	/** The site, within the tenant. */
	readonly site?: Asked<string, Request>;
	/** One permission, or several that are all needed. */
	readonly permission?: Asked<string | readonly string[], Request>;
	readonly capability?: Asked<string, Request>;
	/** What the request counts against the rate limits, a whole number, 1 by default. */
	readonly cost?: Asked<number, Request>;
	/** Named limits of the plan that the request spends as well, or at another cost than `cost`: `{ exports: 5 }`. */
	readonly limits?: Asked<Readonly<Record<string, number>>, Request>;
}

export interface GuardOptions<Request> extends Rules<Request> {
	readonly verifier: Verifier;
	/** Learns of rules that gave no usable value. */
	readonly on_error?: OnError | undefined;
}

export interface Guard<Request> {
	/**
	 * Takes the key out of the headers and asks about it. `request` is what the rules are asked about; facts may be a function, whose
	 * failure refuses the request. Never rejects.
	 */
	decide(request: Request, headers: HeaderLines, facts: RequestFacts | (() => RequestFacts)): Promise<Decision>;
}

const RULES = new Set(["tenant", "site", "permission", "capability", "cost", "limits"]);
/** Longer than any id there is: what is cut here names nothing. */
const ID_CHARACTERS_MAX = 128;
const UNSENDABLE = /[\p{Cc}\p{Cs}]/gu;
const COST_MAX = 1_000_000;
const LIMITS_MAX = 8;
/** As plans name their limits. */
const LIMIT_NAME = /^[a-z][a-z0-9_-]{0,31}$/;

/** The guard of one route. Throws `TypeError` for a rule that is misspelt or can never hold, since leaving it out would open the route. */
export function createGuard<Request>(options: GuardOptions<Request>): Guard<Request> {
	const { verifier, on_error, ...rules } = options;
	const readers = readersOf(rules);
	const report = createReporter(on_error);

	return {
		async decide(request, headers, facts) {
			const taken = takeKey(headers);
			if ("allowed" in taken) return taken;
			try {
				const question: Question = Object.assign({ raw_key: taken.raw_key, request: factsFrom(facts) }, ...readers.map((read) => read(request)));
				return await verifier.verify(question);
			} catch (error) {
				if (!(error instanceof KeywrightError)) return unavailable();
				report(error);
				return deny("internal_error", "This API cannot tell what the request needs. Tell its operator the request id.");
			}
		},
	};
}

/** One reader for each rule that is given. Throws `TypeError` as `createGuard` does. */
export function readersOf<Request>(rules: Rules<Request>): ((request: Request) => Part)[] {
	for (const [name, rule] of Object.entries(rules)) {
		if (!RULES.has(name)) throw new TypeError(`guard: there is no rule "${name}"`);
		if (rule === undefined) throw new TypeError(`guard: the rule "${name}" has no usable value`);
	}
	return [
		reader(rules.tenant, "tenant", (value) => ({ tenant_id: id(value) })),
		reader(rules.site, "site", (value) => ({ site_id: id(value) })),
		reader(rules.permission, "permission", (value) => ({ permissions: texts(value) })),
		reader(rules.capability, "capability", (value) => ({ capability: text(value) })),
		reader(rules.cost, "cost", (value) => ({ cost: cost(value) })),
		reader(rules.limits, "limits", (value) => ({ limits: limits(value) })),
	].filter((read) => read !== null);
}

function factsFrom(facts: RequestFacts | (() => RequestFacts)): RequestFacts {
	if (typeof facts !== "function") return facts;
	const known = attempt(facts);
	if (!known) throw new KeywrightError("misconfigured", "The address of the caller could not be read from a request");
	return known;
}

type Part = Omit<Question, "raw_key" | "request">;

/** Reads one rule into its part of the question; a constant is read once, here. */
function reader<Value, Request>(
	rule: Asked<Value, Request> | undefined,
	name: string,
	parse: (value: unknown) => Part,
): ((request: Request) => Part) | null {
	if (rule === undefined) return null;
	if (!isFunction(rule)) {
		const part = attempt(() => parse(rule));
		if (!part) throw new TypeError(`guard: the rule "${name}" has no usable value`);
		return () => part;
	}
	return (request) => {
		const part = attempt(() => parse(rule(request)));
		if (!part) throw new KeywrightError("misconfigured", `The rule "${name}" of a guard gave no usable value for a request`);
		return part;
	};
}

function isFunction<Value, Request>(rule: Asked<Value, Request>): rule is (request: Request) => Value | undefined {
	return typeof rule === "function";
}

function attempt<Value>(run: () => Value): Value | null {
	try {
		return run();
	} catch {
		return null;
	}
}

function text(value: unknown): string {
	if (typeof value !== "string" || value === "") throw new TypeError("not a text");
	return value;
}

/**
 * An id from a path may be any text, and it is Keywright that answers whether it names something, after the key was checked. What
 * cannot be sent becomes a character that no id has.
 */
function id(value: unknown): string {
	return text(value).slice(0, ID_CHARACTERS_MAX).replace(UNSENDABLE, "\ufffd");
}

function texts(value: unknown): string[] {
	const list: unknown[] = Array.isArray(value) ? value : [value];
	if (list.length === 0) throw new TypeError("no permission");
	return list.map(text);
}

function cost(value: unknown): number {
	if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > COST_MAX) throw new TypeError("not a cost");
	return value;
}

function limits(value: unknown): NamedCost[] {
	if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("no map of limits");
	const named = Object.entries(value).map(([name, spent]) => ({ name, cost: cost(spent) }));
	if (named.length > LIMITS_MAX || named.some(({ name }) => !LIMIT_NAME.test(name))) throw new TypeError("not limits");
	return named;
}
