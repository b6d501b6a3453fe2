import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../core/clock.ts";
import { createLog } from "../core/log.ts";
import { UnreadableLog } from "./unreadable-log.ts";

test("a flood of bytes that are no requests writes ten lines a second, and what was left out is counted", () => {
	const lines: { left_out?: number }[] = [];
	const clock = new ManualClock();
	const log = new UnreadableLog(createLog({ level: "info", brand: "kw", output: { write: (line) => void lines.push(JSON.parse(line)) } }), clock);
	const flood = () => {
		for (let at = 0; at < 1_000; at += 1) log.write({ request_id: "req_1", status: 431, code: "headers_too_large", reason: "HPE_HEADER_OVERFLOW" });
	};
	flood();
	equal(lines.length, 10);
	clock.advance(1_000);
	flood();
	deepEqual([lines.length, lines[10]?.left_out, lines[11]?.left_out], [20, 990, undefined]);
});
