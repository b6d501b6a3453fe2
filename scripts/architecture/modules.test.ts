import { describe, it } from "node:test";
import { admitted, refused } from "./temporary-tree.ts";

describe("the order of modules", () => {
	it("admits imports of the own module, of modules to the left, of packages, and an empty repository", () => {
		admitted({});
		admitted({
			"server/src/keys/create.ts":
				'import { x } from "./key.ts";\nimport type { C } from "../core/context.ts";\nimport pg from "pg";\nexport { x, pg };\nexport type { C };\n',
			"server/src/app.ts": 'import "./keys/create.ts";\nimport "./config.ts";\n',
			"server/src/cli/serve.ts": 'import "../app.ts";\n',
			"server/src/main.cjs": 'import "./cli/serve.ts";\n',
		});
	});

	it("refuses every form of import of a module to the right, at its line", () => {
		refused(
			{ "server/src/core/a.ts": '\nimport { k } from "../keys/key.ts";\nexport const b = k;\n' },
			/^server\/src\/core\/a\.ts:2 module core imports .*keys\/key\.ts from module keys/,
		);
		refused({ "server/src/core/a.ts": 'import type { K } from "../keys/key.ts";\nexport type B = K;\n' }, /a\.ts:1 module core/);
		refused({ "server/src/core/a.ts": 'export { k } from "../keys/key.ts";\n' }, /a\.ts:1 module core/);
		refused({ "server/src/core/a.ts": 'export const k = () => import("../keys/key.ts");\n' }, /a\.ts:1 module core/);
		refused({ "server/src/core/a.ts": `export const k = (n: string) => import(\`../keys/\${n}.ts\`);\n` }, /a\.ts:1 module core/);
		refused({ "server/src/core/a.ts": 'export type K = import("../keys/key.ts").Key;\n' }, /a\.ts:1 module core/);
		refused({ "server/src/core/a.ts": "export const k = (n: string) => import(n);\n" }, /computed/);
		refused({ "server/src/m2m/a.ts": 'import "../app.ts";\n' }, /module m2m imports server\/src\/app\.ts from module app/);
		refused({ "server/src/app.ts": 'import "./cli/serve.ts";\n' }, /module app imports .* from module cli/);
	});

	it("refuses files in no module, and imports from no module or outside the server", () => {
		refused({ "server/src/billing/a.ts": "export const a = 1;\n" }, /billing is not a module/);
		refused({ "server/src/keys/a.ts": 'import "../other.ts";\n' }, /module keys imports server\/src\/other\.ts from module app/);
		refused({ "server/src/keys/a.ts": 'import "../billing/a.ts";\n' }, /in no module/);
		refused({ "server/src/keys/a.ts": 'import "../../../client/src/index.ts";\n' }, /outside server\/src/);
		admitted({ "server/src/keys/a.ts": 'import p from "../../package.json" with { type: "json" };\nexport { p };\n' });
	});

	it("lets tests and the testing folders import anything, and no other file import them", () => {
		const right = 'import "../keys/key.ts";\n';
		admitted({ "server/src/core/a.test.ts": right, "server/src/core/b.db.test.ts": right, "server/testing/database.ts": right });
		refused({ "server/src/keys/a.ts": 'import "../../testing/database.ts";\n' }, /only tests may import/);
	});
});

describe("the dashboard's modules", () => {
	it("puts a subfolder in its own place of the order", () => {
		admitted({ "dashboard/src/keys/list/page.tsx": 'import "../revoke/dialog.tsx";\n' });
		refused({ "dashboard/src/keys/words.ts": 'import "./list/page.tsx";\n' }, /module keys imports .* from module keys\/list/);
		refused({ "dashboard/src/ui/page.tsx": 'import "../access/session.ts";\n' }, /module ui imports/);
	});
});
