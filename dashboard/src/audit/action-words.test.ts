import { deepEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ACTIONS, actionChoices } from "./action-words.ts";
import { isNamedField } from "./fields.ts";

const SERVER = join(import.meta.dirname, "../../../server/src/audit");
const read = (file: string): string => readFileSync(join(SERVER, file), "utf8");

test("every action that the server writes has words, and no other", () => {
	const written = [...read("snapshots.ts").matchAll(/^\t"([a-z_]+\.[a-z_]+)":/gm)].map(([, action = ""]) => action);
	deepEqual([...ACTIONS.keys()].sort(), written.sort());
	deepEqual(
		actionChoices(true).flatMap(({ items }) => items.map(({ value }) => value)),
		[...ACTIONS.keys()],
	);
});

test("every field that the server shows has a plain name", () => {
	const [, lists = ""] = /const FIELDS = \{(.*?)\n\} as const/s.exec(read("nouns.ts")) ?? [];
	const fields = [...lists.matchAll(/"([a-z_0-9]+)"/g)].map(([, field = ""]) => field);
	deepEqual(
		[...new Set(fields)].filter((field) => !isNamedField(field)),
		[],
	);
});
