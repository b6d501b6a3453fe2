/** Invariants of every request that reaches the API behind a proxy. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Arrived } from "./echo.ts";
import type { World } from "./world.ts";

/** The identity headers that Keywright sends to the API. */
export const IDENTITY = [
	"X-Keywright-Tenant",
	"X-Keywright-Key-Id",
	"X-Keywright-Key-Name",
	"X-Keywright-Environment",
	"X-Keywright-Permissions",
	"X-Keywright-Site",
];
/** The requests that the rules allow the keys of "acme", for every interpretation of a path. */
const READABLE = /^\/tenants\/acme\/(orders|sites\/shop\/.*)$/;
const WRITABLE = /^\/tenants\/acme\/orders$/;
const DECODINGS = 3;
/** Headers that can list further headers for the next hop to drop. */
const OF_ONE_HOP = ["Connection", "Keep-Alive", "Proxy-Connection", "TE"];

/** The name of a header in CGI, WSGI and PHP. */
function normalized(name: string): string {
	return name.toUpperCase().replace(/[^A-Z0-9]/g, "_");
}

/** The values of a header under every spelling that CGI maps to its name. */
export function getValues(arrived: Arrived, name: string): string[] {
	return arrived.headers.filter(([sent]) => normalized(sent) === normalized(name)).map(([, value]) => value);
}

function decoded(path: string): string {
	return path.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The path as a lenient upstream may normalize it: decoded, in lower case, without parameters, empty segments and dot segments. */
function forgiven(path: string): string {
	const kept: string[] = [];
	for (const part of path.replaceAll("\\", "/").toLowerCase().split("\0")[0]?.split("/") ?? []) {
		const segment = part.split(";")[0] ?? "";
		if (segment === "..") kept.pop();
		else if (segment !== "" && segment !== ".") kept.push(segment);
	}
	return `/${kept.join("/")}`;
}

function getReadings(url: string): string[] {
	let path = url.split("?")[0] ?? "";
	const readings = [path, path.split("#")[0] ?? ""];
	for (let count = 0; count < DECODINGS; count += 1) {
		readings.push(forgiven(path));
		path = decoded(path);
	}
	return readings;
}

/** Fails unless the request was allowed, arrived under the identity of its key, and has no header that only the proxy may set. */
export function checkArrival(world: World, arrived: Arrived): void {
	const { reader, writer } = world;
	const identity = arrived.headers.filter(([name]) => normalized(name).startsWith("X_KEYWRIGHT_"));
	const names = identity.map(([name]) => name.toLowerCase());
	deepEqual([...new Set(names)].sort(), [...names].sort(), "each said once");
	ok(
		names.every((name) => IDENTITY.some((known) => known.toLowerCase() === name)),
		names.join(),
	);
	deepEqual(getValues(arrived, "X-Keywright-Tenant"), ["acme"]);
	const [key_id = ""] = getValues(arrived, "X-Keywright-Key-Id");
	ok(key_id === reader.id || key_id === writer.id, key_id);
	deepEqual(getValues(arrived, "X-Keywright-Environment"), ["prod"]);
	deepEqual(getValues(arrived, "X-Keywright-Permissions"), [key_id === writer.id ? "orders:read orders:write" : "orders:read"]);
	match(getValues(arrived, "X-Keywright-Key-Name").join(), key_id === reader.id ? /^prod-reader-%C3%BC$/ : /^[^%]+$/);
	if (arrived.url.startsWith("/tenants/acme/sites/")) deepEqual(getValues(arrived, "X-Keywright-Site"), ["shop"]);
	for (const name of OF_ONE_HOP) for (const value of getValues(arrived, name)) ok(!/keywright|forwarded|real-ip/i.test(value), `${name}: ${value}`);
	deepEqual(getValues(arrived, "X-API-Key"), [], "the key goes no further");
	deepEqual(getValues(arrived, "X-Forwarded-For"), ["127.0.0.1"]);
	for (const name of ["X-Forwarded-Uri", "X-Forwarded-Path", "X-Forwarded-Prefix", "X-Forwarded-Method", "Forwarded", "X-HTTP-Method-Override"])
		deepEqual(getValues(arrived, name), [], name);
	for (const address of getValues(arrived, "X-Real-IP")) equal(address, "127.0.0.1");
	const allowed = arrived.method === "POST" && key_id === writer.id ? WRITABLE : READABLE;
	if (allowed === READABLE) match(arrived.method, /^(GET|HEAD)$/);
	for (const reading of getReadings(arrived.url)) match(reading, allowed);
}
