import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { OWNERS } from "./architecture/owners.ts";
import { checkArchitecture } from "./check-architecture.ts";

const SCRIPT = join(import.meta.dirname, "check-architecture.ts");

/** Calls `use` with the root of a temporary tree made of `files` (path → text). */
function withTree<T>(files: Record<string, string>, use: (root: string) => T): T {
	const root = mkdtempSync(join(tmpdir(), "kw-arch-"));
	try {
		for (const [path, text] of Object.entries(files)) {
			mkdirSync(dirname(join(root, path)), { recursive: true });
			writeFileSync(join(root, path), text);
		}
		return use(root);
	} finally {
		rmSync(root, { recursive: true, force: true });
	}
}

const SMALL = "fewer than 30 lines and one importer";

/** The violations, without those of small files: every file of these trees is small. */
function linesFor(files: Record<string, string>): string[] {
	const { violations } = withTree(files, checkArchitecture);
	return violations.filter(({ message }) => !message.includes(SMALL)).map(({ path, line, message }) => `${path}:${line} ${message}`);
}

function refused(files: Record<string, string>, expected: RegExp): void {
	const lines = linesFor(files);
	assert.equal(lines.length, 1, lines.join("\n"));
	assert.match(lines[0] ?? "", expected);
}

function admitted(files: Record<string, string>): void {
	assert.deepEqual(linesFor(files), []);
}

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

describe("the order of modules", () => {
	it("admits imports of the own module, of modules to the left, of packages, and an empty repository", () => {
		admitted({});
		admitted({
			"server/src/keys/create.ts":
				'import { x } from "./key.ts";\nimport type { C } from "../core/context.ts";\nimport pg from "pg";\nexport { x, pg };\nexport type { C };\n',
			"server/src/app.ts": 'import "./keys/create.ts";\nimport "./config.ts";\n',
			"server/src/cli/serve.ts": 'import "../app.ts";\n',
			"server/src/main.ts": 'import "./cli/serve.ts";\n',
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

describe("cycles, folders and tables", () => {
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

	it("refuses a small file of the server that one file imports, unless its name says why", () => {
		const lines = (count: number) => "export {};\n".repeat(count);
		const used = `import "./a.ts";\n${lines(30)}`;
		const smallIn = (files: Record<string, string>) => withTree(files, checkArchitecture).violations.filter(({ message }) => message.includes(SMALL));
		const [found, ...others] = smallIn({ "server/src/keys/a.ts": lines(29), "server/src/keys/b.ts": used });
		assert.deepEqual([found?.path, others], ["server/src/keys/a.ts", []]);
		assert.deepEqual(smallIn({ "server/src/keys/a.ts": lines(30), "server/src/keys/b.ts": used }), []);
		assert.deepEqual(smallIn({ "server/src/keys/a.ts": lines(1), "server/src/keys/b.ts": used, "server/src/keys/a.test.ts": used }), []);
		assert.deepEqual(smallIn({ "server/src/keys/a-store.ts": lines(1), "dashboard/src/ui/a.ts": lines(1) }), []);
	});

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

	it("lets a module read and write its own tables, and those of others that are named", () => {
		admitted({ "server/src/keys/store.ts": 'export const q = (db: Db) => db.insertInto("keys");\n' });
		admitted({ "server/src/usage/store.ts": 'export const q = (db: Db) => db.selectFrom("keys as k");\n' });
		refused({ "server/src/usage/store.ts": 'export const q = (db: Db) => db.updateTable("keys");\n' }, /writes the table keys of module keys/);
		refused({ "server/src/documents/store.ts": 'export const q = (db: Db) => db.selectFrom("keys");\n' }, /reads the table keys of module keys/);
		refused({ "server/src/documents/store.ts": "export const q = sql`select 1 from sites join keys on true`;\n" }, /reads the table keys/);
		refused({ "server/src/usage/store.ts": "export const q = sql`update keys set name = ''`;\n" }, /writes the table keys/);
	});

	it("names an owner for every table", () => {
		const tables = readFileSync(join(import.meta.dirname, "../server/src/database/tables.ts"), "utf8");
		const names = [...(/interface Tables \{([^}]*)\}/.exec(tables)?.[1]?.matchAll(/^\t(\w+):/gm) ?? [])].map(([, name]) => name);
		assert.ok(names.length > 40);
		assert.deepEqual(Object.keys(OWNERS).sort(), names.sort());
	});
});

describe("SQL, environment and time", () => {
	it("keeps SQL in store.ts, database/, nodes/ and tests", () => {
		const sql = 'export const q = (db: Db) => db.selectFrom("keys");\n';
		refused({ "server/src/keys/list.ts": sql }, /list\.ts:1 SQL outside store\.ts: \.selectFrom/);
		refused({ "server/src/keys/list.ts": "export const q = sql`select 1`;\n" }, /sql`…`/);
		refused({ "server/src/keys/list.ts": "export const q = sql<number>`select 1`;\n" }, /sql`…`/);
		for (const call of ["insertInto", "updateTable", "deleteFrom", "query"])
			refused({ "server/src/keys/a.ts": `export const q = (db: Db) => db.${call}("keys");\n` }, new RegExp(`\\.${call}`));
		admitted({
			"server/src/keys/store.ts": sql,
			"server/src/keys/secret-store.ts": sql,
			"server/src/database/a.ts": sql.replace("keys", "migrations"),
			"server/src/nodes/a.ts": sql.replace("keys", "nodes"),
			"server/src/keys/a.db.test.ts": sql,
			"bench/run.ts": sql,
		});
	});

	it("lets only config.ts read the environment", () => {
		for (const read of ["process.env", 'process["env"].HOME', "{ ...process.env }"])
			refused({ "server/src/core/a.ts": `export const e = ${read};\n` }, /reads process\.env/);
		refused({ "server/src/core/a.ts": 'import { env } from "node:process";\nexport const e = env;\n' }, /reads process\.env/);
		admitted({
			"server/src/config.ts": "export const e = process.env;\n",
			"server/src/core/a.test.ts": "process.env.A;\n",
			"scripts/a.ts": "process.env.A;\n",
			"server/src/core/b.ts": '// process.env\nexport const b = "process.env";\n',
		});
	});

	it("lets only the clock and the log's timestamp read time", () => {
		for (const read of ["Date.now()", "new Date()", "Date()", "performance.now()", "process.hrtime.bigint()"])
			refused({ "server/src/core/a.ts": `export const t = ${read};\n` }, /reads time by/);
		admitted({
			"server/src/core/clock.ts": "export const t = Date.now();\n",
			"server/src/core/log.ts": "export const t = new Date();\n",
			"server/src/keys/a.ts": "export const t = (now: number) => new Date(now);\n",
			"server/src/keys/a.test.ts": "Date.now();\n",
		});
	});
});

describe("words", () => {
	it("refuses a banned word in comments and texts of code, and anywhere in documentation, Python, Lua, shell, recipes and CSS", () => {
		for (const path of ["server/src/keys/a.ts", "client/testing/a.ts", "e2e/a.test.ts", "bench/a.ts", "examples/a/a.ts"])
			refused({ [path]: "// Nobody knows it.\nexport {};\n" }, /a(?:\.test)?\.ts:1 the word "Nobody": the one who is meant/);
		for (const path of [
			...["README.md", "CHANGELOG.md", "docs/proxies/caddy.md", "docs/proxies/Caddyfile", "docs/proxies/nginx.conf", "docs/proxies/haproxy.cfg"],
			...["docs/proxies/keywright.lua", "python/keywright/guard.py", "e2e/guards/README.md", "bench/rotate.lua", "examples/orders/README.md"],
			...["dashboard/src/ui/base.css", "scripts/clock.c", ".ci/run", "docs/install.sh"],
		])
			refused({ [path]: "\n# The wall stands.\n" }, /:2 the word "wall": isolation layer/);
		refused({ "python/tests/test_a.py": "def test_nobody_listens():\n" }, /:1 the word "nobody"/);
	});

	it("admits the glossary, addresses of links, decisions, and the wall clock", () => {
		admitted({
			"CONTRIBUTING.md": "## Glossary\n\n| nobody |\n\n## Next\n",
			"docs/a.md": "[0021](decisions/0021-whoever.md)\n",
			"docs/decisions/0021-whoever.md": "# Whoever\n",
			"server/src/keys/a.ts": "// The wall clock.\nexport {};\n",
			"examples/orders/node_modules/a/README.md": "nobody\n",
		});
		refused({ "CONTRIBUTING.md": "## Glossary\n\n| nobody |\n\n## Next\n\nNobody.\n" }, /CONTRIBUTING\.md:7 the word "Nobody"/);
	});
});

describe("dialogs", () => {
	it("refuses a dialog or a sheet without a name in the list of addresses", () => {
		const page = "dashboard/src/keys/page.tsx";
		for (const part of ["Modal", "Drawer", "ModalRoot", "DrawerContent", "ModalBase", "Modal as Box"]) {
			refused({ [page]: `import { Button, ${part} } from "@mantine/core";\n` }, /page\.tsx:1 \w+ of @mantine\/core has no address/);
		}
		refused({ [page]: 'export { Modal } from "@mantine/core";\n' }, /Modal of @mantine\/core has no address/);
		refused({ [page]: 'export * from "@mantine/core";\n' }, /takes all of @mantine\/core/);
		refused({ [page]: 'import * as mantine from "@mantine/core";\n' }, /takes all of @mantine\/core/);
		admitted({
			[page]: 'import { Button, type ModalProps } from "@mantine/core";\nimport { Modal } from "../ui/dialog/modal.tsx";\n',
			"dashboard/src/ui/dialog/modal.tsx": 'import { Drawer, Modal } from "@mantine/core";\n',
		});
	});
});

describe("names, lengths and suppressions", () => {
	it("refuses names that say nothing, as a folder or as a file", () => {
		refused({ "client/src/utils/a.ts": "export const a = 1;\n" }, /"utils" says nothing/);
		refused({ "e2e/helpers.ts": "export const a = 1;\n" }, /"helpers" says nothing/);
		admitted({ "client/src/node_modules/utils/a.ts": "any\n", "client/src/dist/common/a.ts": "any\n" });
	});

	it("refuses more than 250 lines, tests and generated files excepted", () => {
		const lines = (count: number) => "export {};\n".repeat(count);
		refused({ "bench/a.ts": lines(251) }, /251 lines/);
		admitted({
			"bench/a.ts": lines(250),
			"bench/a.test.ts": lines(251),
			"bench/a.gen.ts": lines(251),
			"bench/b.ts": `// Generated by hand\n${lines(250)}`,
		});
	});

	it("refuses any in every position", () => {
		for (const text of ["export const a = 1 as any;", "export const a: any = 1;", "export type A = Record<string, any>;"])
			refused({ "client/src/a.test.ts": `${text}\n` }, /the type any/);
		admitted({ "client/src/a.ts": 'export const any = "as any";\n' });
	});

	it("refuses suppressions in comments, not in strings, and wants reasons", () => {
		refused({ "client/src/a.ts": "export const a = 1; // @ts-ignore\n" }, /a\.ts:1 switches the type check off/);
		refused({ "client/src/a.ts": "/* @ts-nocheck */\nexport const a = 1;\n" }, /switches the type check off/);
		refused({ "client/src/a.ts": "\n// @ts-expect-error\nexport const a = 1;\n" }, /a\.ts:2 .*without a reason/);
		refused({ "client/src/a.ts": "// biome-ignore lint/style/useConst\nlet a = 1;\n" }, /biome-ignore without a reason/);
		refused({ "client/src/a.ts": "// biome-ignore lint/style/useConst: <explanation>\nlet a = 1;\n" }, /biome-ignore without a reason/);
		admitted({
			"client/src/a.ts":
				'// biome-ignore lint/style/useConst: it is assigned below\nlet a = "// @ts-ignore";\n// @ts-expect-error a string is refused\na = 1;\n',
		});
	});
});

describe("cached queries", () => {
	it("refuses a query whose key begins with a text of its own", () => {
		const queries = "dashboard/src/usage/queries.ts";
		refused({ [queries]: 'export const query = { queryKey: ["usage", "t"] };\n' }, /queries\.ts:1 the query "usage" has no root/);
		admitted({
			[queries]: 'import { cacheRoots } from "../http/cache-roots.ts";\nexport const query = { queryKey: [...cacheRoots.usage("t"), "day"] };\n',
		});
	});
});
