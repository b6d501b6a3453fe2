import { types } from "node:util";

/**
 * The properties of a plain object, each read once. Throws `TypeError` for anything whose properties can be hidden or change: arrays, class
 * instances (`Map`, `Date`, `Promise`), functions, proxies, inherited properties, getters and symbols.
 */
export function readPlain(value: unknown, what: string): ReadonlyMap<string, unknown> {
	if (!isPlain(value)) throw new TypeError(`${what}: give a plain object such as { name: value }`);
	const properties = new Map<string, unknown>();
	for (const name of Reflect.ownKeys(value)) {
		const property = Object.getOwnPropertyDescriptor(value, name);
		if (typeof name === "symbol" || !property || !("value" in property))
			throw new TypeError(`${what}: give plain values, neither getters nor symbols`);
		properties.set(name, property.value);
	}
	return properties;
}

/** The same for objects with fixed property names. Throws `TypeError` for a name that is not `known`. */
export function readNamed(value: unknown, what: string, known: ReadonlySet<string>): ReadonlyMap<string, unknown> {
	const properties = readPlain(value, what);
	for (const name of properties.keys()) if (!known.has(name)) throw new TypeError(`${what}: there is no ${what} "${name}"`);
	return properties;
}

function isPlain(value: unknown): value is object {
	if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
	const prototype: unknown = Object.getPrototypeOf(value);
	return prototype === null || prototype === Object.prototype;
}

/** A property that must be a function or undefined. Throws `TypeError` otherwise. */
export function readFunction<Func>(properties: ReadonlyMap<string, unknown>, name: string): Func | undefined {
	const value = properties.get(name);
	if (value === undefined || isFunction<Func>(value)) return value;
	throw new TypeError(`${name}: give a function`);
}

/** Guarantee: it is callable; its result is validated where it is used. */
function isFunction<Func>(value: unknown): value is Func {
	return typeof value === "function";
}

/** A property that must be printable ASCII or undefined. Throws `TypeError` otherwise. */
export function readText(properties: ReadonlyMap<string, unknown>, name: string): string | undefined {
	const value = properties.get(name);
	if (value === undefined || (typeof value === "string" && /^[\x20-\x7e]{1,1024}$/.test(value))) return value;
	throw new TypeError(`${name}: give a text of printable ASCII`);
}
