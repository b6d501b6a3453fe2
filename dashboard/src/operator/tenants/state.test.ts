import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { getState, type TenantFigures } from "./state.ts";

const FINE: TenantFigures = { status: "active", has_api: true, keys: 3, ever_called: true, quota: null };

test("a row says the worst thing about its tenant", () => {
	const cases: [Partial<TenantFigures>, string][] = [
		[{}, "Active"],
		[{ ever_called: false }, "No call yet"],
		[{ keys: 0, ever_called: false }, "No key yet"],
		[{ has_api: false, keys: 0 }, "No API in plan"],
		[{ quota: { requests: 1_000, used: 799 } }, "Active"],
		[{ quota: { requests: 1_000, used: 829 } }, "Quota at 82 %"],
		[{ quota: { requests: 1_000, used: 1_000 } }, "Quota used up"],
		[{ quota: { requests: 0, used: 0 } }, "Quota used up"],
		[{ status: "suspended", quota: { requests: 1, used: 1 } }, "Suspended"],
	];
	for (const [figures, text] of cases) deepEqual(getState({ ...FINE, ...figures }).text, text);
});
