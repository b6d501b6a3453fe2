import { describe, it } from "node:test";
import { admitted, refused } from "./temporary-tree.ts";

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

	it("refuses a banned word as a part of a name that is declared", () => {
		for (const text of [
			"const standing = 1",
			"function getVerdict() {}",
			"class A { #settle() {} }",
			"type A = { sole: boolean }",
			"const { a: doors } = b",
		])
			refused({ "server/src/keys/a.ts": `export {};\n${text};\n` }, /a\.ts:2 the name "#?\w+" has "\w+": see the glossary/);
		admitted({ "server/src/keys/a.ts": "const outstanding = understandingOf;\n", "server/src/keys/a.test.ts": "const standing = 1;\n" });
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
