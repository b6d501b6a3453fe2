import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkArchitecture } from "../check-architecture.ts";
import { admitted, refused, SMALL, withTree } from "./temporary-tree.ts";

describe("cycles, folders and small files", () => {
	it("refuses a cycle of imports, one of types included", () => {
		const cycle = { "server/src/keys/a.ts": 'import "./b.ts";\n', "server/src/keys/b.ts": 'import type { C } from "./c.ts";\nexport type B = C;\n' };
		admitted(cycle);
		refused(
			{ ...cycle, "server/src/keys/c.ts": 'import type { B } from "./a.ts";\nexport type C = B;\n' },
			/keys\/a\.ts → .*keys\/b\.ts → .*keys\/c\.ts → .*keys\/a\.ts/,
		);
	});

	it("refuses more than 20 files in a folder, tests not counted", () => {
		const files = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`server/src/keys/a${at}.ts`, "export {};\n"]));
		admitted({ ...files(20), "server/src/keys/a.test.ts": "export {};\n" });
		refused(files(21), /server\/src\/keys has 21 files/);
		for (const folder of ["client/src", "client/testing", "server/testing", "dashboard/src/ui", "e2e/faults", "bench", "scripts", "examples/a"]) {
			const moved = Object.entries(files(21)).map(([path, text]) => [path.replace("server/src/keys", folder), text]);
			refused(Object.fromEntries(moved), new RegExp(`^${folder}/a0\\.ts:1 ${folder} has 21 files`));
		}
	});

	it("refuses a small file of the server or the dashboard that one file imports, unless its name says why", () => {
		const lines = (count: number) => "export {};\n".repeat(count);
		const used = `import "./a.ts";\n${lines(30)}`;
		const smallIn = (files: Record<string, string>) => withTree(files, checkArchitecture).violations.filter(({ message }) => message.includes(SMALL));
		const [found, ...others] = smallIn({ "server/src/keys/a.ts": lines(29), "server/src/keys/b.ts": used });
		assert.deepEqual([found?.path, others], ["server/src/keys/a.ts", []]);
		assert.deepEqual(smallIn({ "server/src/keys/a.ts": lines(30), "server/src/keys/b.ts": used }), []);
		assert.deepEqual(smallIn({ "server/src/keys/a.ts": lines(1), "server/src/keys/b.ts": used, "server/src/keys/a.test.ts": used }), []);
		assert.deepEqual(smallIn({ "server/src/keys/a-store.ts": lines(1), "dashboard/src/keys/page.tsx": lines(1), "client/src/a.ts": lines(1) }), []);
		assert.equal(smallIn({ "dashboard/src/ui/a.ts": lines(29) }).length, 1);
	});
});
