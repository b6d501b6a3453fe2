/** The dashboard's snippets, parsed by the programs that will run them, with hostile names of the product. */
import { equal } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { getSnippets } from "../dashboard/src/keys/snippets/snippets.ts";

const HOSTILE = [
	`"; process.exit(9); //`,
	`'; rm -rf /tmp/nothing; '`,
	"`id` $(id) $x %s %d",
	"<?php ?> <!-- <script>alert(1)</script>",
	"line one\nline two\r\n\u2028\u2029\u0000",
	"\\u0022 \\\\ \\",
	"*/ ''' \"\"\" #{x} {x}",
];

const PARSERS: Readonly<Record<string, readonly string[]>> = {
	curl: ["sh", "-n"],
	javascript: [process.execPath, "--check"],
	python: ["/usr/bin/python3", "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())"],
	php: ["php", "-l"],
};

test("shell, Node, Python and PHP parse the snippets for hostile names", () => {
	const folder = mkdtempSync(join(tmpdir(), "keywright-snippets-"));
	try {
		for (const product_name of [HOSTILE.join(" "), ...HOSTILE]) {
			const check_request = { method: "GET", path: "/v1/tenants/{tenant_id}/limits" } as const;
			const facts = { product_name, api_base_url: "https://api.acme.example", check_request, tenant_id: "shop one" } as const;
			for (const { language, file, text } of getSnippets(facts)) {
				const [command, ...args] = PARSERS[language] ?? [];
				if (command === undefined) continue;
				const path = join(folder, file);
				writeFileSync(path, text);
				const { status, stderr, stdout, error } = spawnSync(command, [...args, path], { encoding: "utf8" });
				equal(status, 0, `${language}: ${error?.message ?? ""}${stderr}${stdout}`);
			}
		}
	} finally {
		rmSync(folder, { recursive: true });
	}
});
