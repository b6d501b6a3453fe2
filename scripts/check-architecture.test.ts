import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { withTree } from "./architecture/temporary-tree.ts";

const SCRIPT = join(import.meta.dirname, "check-architecture.ts");

describe("the command", () => {
	it("prints file:line per violation and one line of summary, and exits 1; 0 when all is in order", () => {
		const run = (root: string) => spawnSync(process.execPath, [SCRIPT, root], { encoding: "utf8" });
		const bad = withTree({ "bench/a.ts": "\nexport const a: any = 1;\nexport const b: any = 1;\n" }, run);
		assert.match(bad.stdout, /^bench\/a\.ts:2 .*\nbench\/a\.ts:3 .*\narchitecture: 1 files, 2 in disorder\n$/);
		assert.equal(bad.status, 1);
		const good = withTree({ "bench/a.ts": "export const a = 1;\n" }, run);
		assert.equal(good.stdout, "architecture: 1 files, all in order\n");
		assert.equal(good.status, 0);
	});
});
