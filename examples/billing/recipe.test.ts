import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");

test("every snippet of the recipe is in the example unchanged", async () => {
	const recipe = await readFile(join(ROOT, "docs/billing.md"), "utf8");
	const snippets = [...recipe.matchAll(/^<!-- from: (\S+) -->\n```[a-z]+\n([\s\S]*?)^```$/gm)];
	assert.equal(snippets.length, (recipe.match(/^```[a-z]+$/gm) ?? []).length);
	assert.ok(snippets.length > 3);
	for (const [, file = "", text = ""] of snippets) assert.ok((await readFile(join(ROOT, file), "utf8")).includes(text), `${file}:\n${text}`);
});
