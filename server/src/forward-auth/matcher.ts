import type { NamedCosts } from "../verification/limits/policy.ts";
import { type ForwardAuthRule, findSegment, holdsForMethod, type Pattern, parsePattern } from "./rule.ts";

/** Usage is counted by these methods; all others are combined. */
const COUNTED_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const SLASH = 47;
const NONE = Number.MAX_SAFE_INTEGER;

/** The path matches one rule literally and another when case, a trailing slash or percent-encoding is ignored. */
export const TWO_RULES = Symbol("two rules");

/** A rule with all data that is derived from it in advance. */
export interface CompiledRule {
	readonly rule: ForwardAuthRule;
	readonly index: number;
	/** Index of the path segment with the tenant's or the site's id; -1 for none. */
	readonly tenant_at: number;
	readonly site_at: number;
	/** Method → operation that usage is counted under. Bounded by eight per rule. */
	readonly operations: ReadonlyMap<string, string>;
	readonly other_operation: string;
	/** Null when it names no limits. */
	readonly limits: NamedCosts | null;
	/** Null when it names no budgets. */
	readonly budgets: NamedCosts | null;
	/** Equal for rules with equal requirements. */
	readonly effect: string;
}

interface Place {
	readonly literals: Map<string, Place>;
	/** The child for a named segment, which matches any text. */
	any: Place | null;
	/** The rules whose pattern ends here, ends here with a slash, or continues with `*`; in list order. */
	readonly end: CompiledRule[];
	readonly slash: CompiledRule[];
	readonly rest: CompiledRule[];
}

function newPlace(): Place {
	return { literals: new Map(), any: null, end: [], slash: [], rest: [] };
}

/** The lenient reading of an unambiguous path: percent-decoded, NFKC-normalized, lower case. */
function folded(path: string): string {
	return (path.includes("%") ? decodeURIComponent(path).normalize("NFKC") : path).toLowerCase();
}

/**
 * Finds the rule of a path in a tree of all patterns. Paths must be unambiguous and are compared literally. If the lenient reading matches
 * a rule with other requirements, the result is TWO_RULES.
 */
export class RuleMatcher {
	readonly rules: readonly CompiledRule[];
	readonly #strict = newPlace();
	readonly #lenient = newPlace();

	/** Patterns must be valid. */
	constructor(rules: readonly ForwardAuthRule[]) {
		this.rules = rules.map(compile);
		for (const compiled of this.rules) {
			const pattern = validPattern(compiled.rule.pattern);
			insert(this.#strict, pattern, compiled, (literal) => literal);
			insert(this.#lenient, pattern, compiled, folded);
		}
	}

	/** The first matching rule, null for none, or TWO_RULES. */
	find(method: string, path: string): CompiledRule | null | typeof TWO_RULES {
		const strict = walk(this.#strict, path, 1, method, false, NONE);
		const lenient = walk(this.#lenient, folded(path), 1, method, true, NONE);
		const found = this.rules[strict] ?? null;
		if (strict === lenient) return found;
		return found !== null && found.effect === this.rules[lenient]?.effect ? found : TWO_RULES;
	}

	/** Indexes of the rules by the literal and by the lenient reading, to explain TWO_RULES. */
	readings(method: string, path: string): readonly number[] {
		const strict = walk(this.#strict, path, 1, method, false, NONE);
		const lenient = walk(this.#lenient, folded(path), 1, method, true, NONE);
		return [strict, lenient].filter((index) => index !== NONE);
	}
}

/** Guarantee: rules are validated before they are stored. */
function validPattern(text: string): Pattern {
	const pattern = parsePattern(text);
	if (typeof pattern === "string") throw new Error(`impossible state: invalid stored pattern: ${pattern}`);
	return pattern;
}

function compile(rule: ForwardAuthRule, index: number): CompiledRule {
	const pattern = validPattern(rule.pattern);
	const tenant_at = findSegment(pattern, "tenant_id");
	const site_at = findSegment(pattern, "site_id");
	const limits = rule.limits.map(({ name, cost }) => [name, cost]).sort();
	const budgets = Object.entries(rule.budgets).sort();
	return {
		...{ rule, index, tenant_at, site_at },
		limits: rule.limits.length === 0 ? null : new Map(rule.limits.map(({ name, cost }) => [name, cost])),
		budgets: budgets.length === 0 ? null : new Map(budgets),
		operations: new Map(COUNTED_METHODS.map((method) => [method, `${method} ${rule.pattern}`])),
		other_operation: `OTHER ${rule.pattern}`,
		effect: JSON.stringify([[...rule.permissions].sort(), rule.capability, rule.cost, limits, budgets, tenant_at, site_at]),
	};
}

function insert(root: Place, pattern: Pattern, compiled: CompiledRule, spelled: (literal: string) => string): void {
	let place = root;
	for (const segment of pattern.segments) {
		if ("name" in segment) {
			place.any ??= newPlace();
			place = place.any;
			continue;
		}
		const literal = spelled(segment.literal);
		const known = place.literals.get(literal) ?? newPlace();
		place.literals.set(literal, known);
		place = known;
	}
	place[pattern.ending].push(compiled);
}

/** Index of the first rule below `place` that matches the path from `at`, the offset after a slash; `best` when none precedes it. */
function walk(place: Place, path: string, at: number, method: string, lenient: boolean, best: number): number {
	let first = getFirst(place.rest, method, best);
	if (at === path.length) {
		first = getFirst(place.slash, method, first);
		return lenient ? getFirst(place.end, method, first) : first;
	}
	const slash = path.indexOf("/", at);
	const { any } = place;
	if (place.literals.size > 0) {
		const literal = place.literals.get(path.slice(at, slash === -1 ? path.length : slash));
		if (literal !== undefined) first = onward(literal, path, slash, method, lenient, first);
	}
	return any !== null && slash !== at ? onward(any, path, slash, method, lenient, first) : first;
}

function onward(place: Place, path: string, slash: number, method: string, lenient: boolean, best: number): number {
	if (slash !== -1) return walk(place, path, slash + 1, method, lenient, best);
	const first = getFirst(place.end, method, best);
	return lenient ? getFirst(place.rest, method, getFirst(place.slash, method, first)) : first;
}

function getFirst(rules: readonly CompiledRule[], method: string, best: number): number {
	for (const { index, rule } of rules) {
		if (index >= best) return best;
		if (holdsForMethod(rule, method)) return index;
	}
	return best;
}

/** The segment of a path at an index from 0; empty when there is none. */
export function segmentAt(path: string, place: number): string {
	let from = 1;
	for (let count = 0; count < place; count += 1) {
		const slash = path.indexOf("/", from);
		if (slash === -1) return "";
		from = slash + 1;
	}
	let to = from;
	while (to < path.length && path.charCodeAt(to) !== SLASH) to += 1;
	return path.slice(from, to);
}
