import type { Request } from "express";

/** Path parameters in `path-to-regexp` syntax: `:id`, `*rest`, `:"a name"`. */
const PARAMETER = /[:*](?:"((?:[^"\\]|\\.)*)"|([\p{ID_Start}$_][\p{ID_Continue}$]*))/gu;
/** By route: its parameters that shadow one of an outer router. */
const shadowed = new WeakMap<object, ReadonlySet<string>>();

/**
 * The request for rules, without route parameters that shadow one of an outer router (`mergeParams`): a rule and a handler could mean
 * different ones. Detects this for routers, not for mounted apps.
 */
export function withoutShadowed(request: Request<Record<string, string>>): Request<Record<string, string>> {
	const names = shadowedIn(request);
	if (names.size === 0) return request;
	const params = Object.fromEntries(Object.entries(request.params).filter(([name]) => !names.has(name)));
	return Object.create(request, { params: { value: params } });
}

const NONE: ReadonlySet<string> = new Set();

function shadowedIn(request: Request<Record<string, string>>): ReadonlySet<string> {
	const route: unknown = request.route;
	if (typeof route !== "object" || route === null) return NONE;
	let names = shadowed.get(route);
	if (!names) {
		names = search(getStack(request.app.router), route, NONE, NONE) ?? NONE;
		shadowed.set(route, names);
	}
	return names;
}

/** Searches a stack of layers for the route. `outer`: parameters merged from above; `hidden`: those already seen twice. */
function search(stack: readonly object[], route: object, outer: ReadonlySet<string>, hidden: ReadonlySet<string>): ReadonlySet<string> | null {
	for (const layer of stack) {
		const own = getParameters(Reflect.get(layer, "rawPath"));
		const twice = new Set([...hidden, ...[...own].filter((name) => outer.has(name))]);
		if (Reflect.get(layer, "route") === route) return twice;
		const below: unknown = Reflect.get(layer, "handle");
		if (typeof below !== "function") continue;
		const merges = Reflect.get(below, "mergeParams") === true;
		const found = merges ? search(getStack(below), route, new Set([...outer, ...own]), twice) : search(getStack(below), route, NONE, NONE);
		if (found) return found;
	}
	return null;
}

function getStack(router: unknown): readonly object[] {
	const stack: unknown = typeof router === "function" ? Reflect.get(router, "stack") : undefined;
	return Array.isArray(stack) ? stack.filter((layer): layer is object => typeof layer === "object" && layer !== null) : [];
}

function getParameters(path: unknown): Set<string> {
	const paths: unknown[] = Array.isArray(path) ? path : [path];
	return new Set(
		paths.flatMap((one) => (typeof one === "string" ? Array.from(one.matchAll(PARAMETER), ([, quoted, plain]) => quoted ?? plain ?? "") : [])),
	);
}
