import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { endingSoon } from "./ending-soon.ts";

const NOW_MS = Date.UTC(2026, 4, 3, 12);

test("only keys that end within 30 days are listed, the next one first", () => {
	const days = [null, 31, 20, -1, 0.5, 30];
	const keys = days.map((left, place) => ({
		id: `key_${place}`,
		expires_at: left === null ? null : new Date(NOW_MS + left * 86_400_000).toISOString(),
	}));
	deepEqual(
		endingSoon(keys, NOW_MS).map((key) => key.id),
		["key_4", "key_2", "key_5"],
	);
});
