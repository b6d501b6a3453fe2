import { isAmbiguousPath } from "../http/path.ts";

export const RULES_MAX = 500;
export const PATTERN_CHARACTERS_MAX = 300;
/** Methods are case-sensitive: `get` is refused. */
export const METHOD_PATTERN = "^[A-Z][A-Z-]{0,31}$";

/** The cost of a request in a named rate limit. */
export interface RuleLimit {
	readonly name: string;
	readonly cost: number;
}

/** What a request with a matching method and path requires. The first matching rule in the list applies. */
export interface ForwardAuthRule {
	readonly pattern: string;
	/** Null for every method. GET includes HEAD. */
	readonly methods: readonly string[] | null;
	readonly permissions: readonly string[];
	readonly capability: string | null;
	readonly cost: number;
	readonly limits: readonly RuleLimit[];
	/** Cost by the name of a budget of the key, in place of `cost`; 0 spends none of it. */
	readonly budgets: Readonly<Record<string, number>>;
	readonly note: string | null;
}

/** A pattern segment: a literal text, or a name that matches any text. */
export type Segment = { readonly literal: string } | { readonly name: string };

/** A parsed pattern. `ending`: "end" for nothing more, "slash" for a trailing slash, "rest" for any text after the last slash, even none. */
export interface Pattern {
	readonly segments: readonly Segment[];
	readonly ending: "end" | "slash" | "rest";
}

const LITERAL = /^[A-Za-z0-9._~!$&'()+,=@:%-]+$/;
const NAME = /^[a-z][a-z0-9_]{0,31}$/;
const BOUND_NAMES = new Set(["tenant_id", "site_id"]);
/** Likely typing errors such as `:tenant` or `:siteId`, which would bind neither the tenant nor the site. */
const LIKE_A_BOUND_NAME = /^(?:tenant|site)/i;

/** The parsed pattern, or an error text. */
export function parsePattern(text: string): Pattern | string {
	if (!text.startsWith("/")) return "must begin with /";
	if (text.includes("?") || text.includes("#")) return "must not contain a query or fragment";
	if (isAmbiguousPath(text)) return "must be an unambiguous path: no //, dot segments, backslashes or unnecessary percent-encoding";
	const parts = text.slice(1).split("/");
	const last = parts.pop() ?? "";
	const ending = last === "*" ? "rest" : last === "" ? "slash" : "end";
	if (ending === "end") parts.push(last);
	const segments: Segment[] = [];
	const names = new Set<string>();
	for (const part of parts) {
		const segment = parseSegment(part);
		if (typeof segment === "string") return segment;
		if ("name" in segment && names.has(segment.name)) return `names :${segment.name} twice`;
		if ("name" in segment) names.add(segment.name);
		segments.push(segment);
	}
	return { segments, ending };
}

function parseSegment(part: string): Segment | string {
	if (part.includes("*")) return "may contain * only as the whole last segment";
	if (!part.startsWith(":")) {
		if (!LITERAL.test(part)) return "contains characters that must be percent-encoded";
		return { literal: part };
	}
	const name = part.slice(1);
	if (BOUND_NAMES.has(name)) return { name };
	if (LIKE_A_BOUND_NAME.test(name)) return "must use :tenant_id or :site_id to bind a tenant or a site; give any other segment a different name";
	if (!NAME.test(name)) return "must name a segment with : and lower-case letters, digits and _, beginning with a letter";
	return { name };
}

/** Whether a rule applies to this method. */
export function holdsForMethod(rule: Pick<ForwardAuthRule, "methods">, method: string): boolean {
	const { methods } = rule;
	return methods === null || methods.includes(method) || (method === "HEAD" && methods.includes("GET"));
}

/** Index of the path segment with the id of the tenant or the site; -1 for none. */
export function findSegment(pattern: Pattern, name: "tenant_id" | "site_id"): number {
	return pattern.segments.findIndex((segment) => "name" in segment && segment.name === name);
}

/** Equal for patterns that match the same paths. */
export function getShape(pattern: Pattern): string {
	return `${pattern.segments.map((segment) => ("name" in segment ? ":" : segment.literal)).join("/")} ${pattern.ending}`;
}

/** Whether `earlier` matches every request that `later` matches. Both must have patterns of the same shape. */
export function coversMethods(earlier: Pick<ForwardAuthRule, "methods">, later: Pick<ForwardAuthRule, "methods">): boolean {
	if (earlier.methods === null) return true;
	return later.methods?.every((method) => holdsForMethod(earlier, method)) ?? false;
}
