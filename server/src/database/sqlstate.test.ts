import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { getMeaning, SQLSTATE_CLASSES, SQLSTATE_CODES, type SqlStateMeaning } from "./sqlstate.ts";

/** Appendix A of PostgreSQL's documentation, class by class. */
const CLASSES = "00 01 02 03 08 09 0A 0B 0F 0L 0P 0Z 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42 44 53 54 55 57 58 F0 HV P0 XX".split(
	" ",
);

/** Codes that are not defects, each with its expected meaning. The rest of their class has the meaning of its general code. */
const EXPECTED: readonly [SqlStateMeaning, string][] = [
	["session_lost", "08000 08001 08003 08004 08006 08007 08P01 25006 25P03 25P04 26000 28000 28P01 3D000 40003 53300 55000"],
	["session_lost", "57000 57P01 57P02 57P03 57P04 57P05 58000 58030 58P01 58P02 58P03 F0000 F0001"],
	["busy", "40000 40001 40P01 53000 53100 53200 53400 55006 55P03 57014"],
	["defect", "00000 01000 0A000 22P02 23505 23503 25000 25001 25P01 25P02 40002 42501 42601 42P01 54000 55P02 55P04 P0001 XX000 XX001 XX002"],
	["defect", "ZZ999"],
];

test("every class of SQLSTATE says whether the caller gets a 503 and whether the session is discarded", () => {
	deepEqual(Object.keys(SQLSTATE_CLASSES).sort(), [...CLASSES].sort());
	for (const [meaning, codes] of EXPECTED) for (const code of codes.split(" ")) equal(getMeaning(code), meaning, code);
	const tested = new Set(EXPECTED.flatMap(([, codes]) => codes.split(" ")));
	for (const code of Object.keys(SQLSTATE_CODES)) equal(tested.has(code), true, `${code} is tested`);
	const outages = Object.entries(SQLSTATE_CLASSES).filter(([, meaning]) => meaning !== "defect");
	deepEqual(outages.map(([name]) => name).sort(), ["08", "26", "28", "3D", "40", "53", "57", "58", "F0"]);
});
