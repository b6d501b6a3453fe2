import { deepEqual } from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { LOG_EVENTS } from "../server/src/core/log-events.ts";

const ROOT = resolve(import.meta.dirname, "..");
const CALL = /log\??\.(info|warn|error)\(/gi;
const EVENT = /^[\s\S]*?"([a-z_]+)",?\s*\)/;

test("every event that the server logs is in the table of the operations guide, at its levels, and no other is", () => {
	const logged = new Map<string, Set<string>>();
	const sources = globSync("server/src/**/*.ts", { cwd: ROOT }).filter((path) => !/\.test\.ts$/.test(path));
	for (const path of sources) {
		const text = readFileSync(join(ROOT, path), "utf8");
		for (const call of text.matchAll(CALL)) {
			const name = EVENT.exec(text.slice(call.index + call[0].length))?.[1] ?? path;
			logged.set(name, (logged.get(name) ?? new Set()).add(call[1] ?? ""));
		}
	}
	const described = Object.entries(LOG_EVENTS).map(([name, { levels }]) => [name, [...levels].sort()]);
	deepEqual([...logged].map(([name, levels]) => [name, [...levels].sort()]).sort(), described.sort());
});
