import { describe, it } from "node:test";
import { admitted, refused } from "./temporary-tree.ts";

describe("actions", () => {
	it("refuses an import from the file of an action, except of types and by routes", () => {
		const files = {
			"server/src/keys/routes.ts":
				'import { a } from "./a.ts";\nimport { b } from "./b.ts";\nexport const r = [{ run: a }, { run: (c: C) => b(c) }];\n',
			"server/src/keys/b.ts": "export interface B {}\nexport const step = 1;\nexport function b() {}\n",
		};
		const action = "export function a() {}\n";
		admitted({ ...files, "server/src/keys/a.ts": `import { type B } from "./b.ts";\n${action}export const x: B = {};\n` });
		refused({ ...files, "server/src/keys/a.ts": `import { b } from "./b.ts";\n${action}b();\n` }, /imports b from \.\/b\.ts, the file of an action/);
		refused({ ...files, "server/src/keys/a.ts": `import { step } from "./b.ts";\n${action}export const x = step;\n` }, /imports step/);
	});
});
