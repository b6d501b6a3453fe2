import { deepEqual, doesNotMatch, equal, match, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkUrl, envLine, getSnippets, type SnippetFacts, variableName } from "./snippets.ts";

const HOSTILE = [
	`"; process.exit(9); //`,
	`'; rm -rf /tmp/nothing; '`,
	"`id` $(id) $x %s %d",
	"<?php ?> <!-- <script>alert(1)</script>",
	"line one\nline two\r\n\u2028\u2029\u0000",
	"\\u0022 \\\\ \\",
	"*/ ''' \"\"\" #{x} {x}",
	"Ünïcödé 漢字 😀 \u202Egnp",
	"",
];

function facts(changes: Partial<SnippetFacts> = {}): SnippetFacts {
	return {
		product_name: "Acme",
		api_base_url: "https://api.acme.example",
		check_request: { method: "GET", path: "/v1/tenants/{tenant_id}/limits" },
		tenant_id: "shop one",
		...changes,
	};
}

test("the variable is named after the product and valid in every shell", () => {
	equal(variableName("Acme"), "ACME_API_KEY");
	equal(variableName("Acme Shop API"), "ACME_SHOP_API_KEY");
	equal(variableName("Café Zürich"), "CAFE_ZURICH_API_KEY");
	equal(variableName("3 Scale"), "API_3_SCALE_KEY");
	equal(variableName("漢字"), "API_KEY");
	equal(variableName("API"), "API_KEY");
	fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (name) => match(variableName(name), /^[A-Z][A-Z0-9_]{0,70}$/)));
});

test("the tenant is in the address, and nothing else changes", () => {
	equal(checkUrl(facts()), "https://api.acme.example/v1/tenants/shop%20one/limits");
});

test("every snippet reads the key from the environment and contains none", () => {
	for (const { language, text } of getSnippets(facts())) {
		ok(text.includes("ACME_API_KEY"), language);
		ok(text.includes("X-API-Key"), language);
		ok(text.includes("https://api.acme.example/v1/tenants/shop%20one/limits"), language);
		doesNotMatch(text, /kw_(?:prod|staging|dev)_/);
	}
	equal(envLine("Acme", "kw_prod_x"), "ACME_API_KEY=kw_prod_x\n");
});

/** Removes literals of the C family: nothing hostile may remain outside of one. */
function outsideOfQuotes(text: string): string {
	return text.replace(/"(?:[^"\\\n]|\\.)*"/g, '""').replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
}

test("a hostile product name or address stays inside one literal: the code around it is unchanged", () => {
	const clean = getSnippets(facts({ product_name: "API" }));
	for (const product_name of HOSTILE) {
		const variable = variableName(product_name);
		const written = getSnippets(facts({ product_name, api_base_url: `https://x/${product_name.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, "")}` }));
		for (const [index, { language, text }] of written.entries()) {
			if (language === "curl") continue;
			const plain = clean[index]?.text ?? "";
			equal(outsideOfQuotes(text).replaceAll(variable, "V"), outsideOfQuotes(plain).replaceAll("API_KEY", "V"), `${language}: ${product_name}`);
		}
	}
});

test("Go, C# and Java have balanced braces, and their literals decode to the input", () => {
	for (const product_name of HOSTILE) {
		for (const { language, text } of getSnippets(facts({ product_name }))) {
			if (!["go", "csharp", "java"].includes(language)) continue;
			const code = outsideOfQuotes(text).replace(/\/\/.*$/gm, "");
			for (const [open, close] of ["()", "{}", "[]"]) equal(code.split(open ?? "").length, code.split(close ?? "").length, `${language} ${open}`);
			doesNotMatch(text, /[^\t\n -~]/, language);
		}
	}
	const said = getSnippets(facts({ product_name: `"😀\\u0022` })).find(({ language }) => language === "java");
	match(said?.text ?? "", /"\\"\\ud83d\\ude00\\\\u0022 accepted this key\."/);
});

test("HEAD and POST are used where the profile names them", () => {
	for (const method of ["HEAD", "POST"] as const) {
		const written = getSnippets(facts({ check_request: { method, path: "/ping" } }));
		notEqual(written.length, 0);
		for (const { language, text } of written)
			ok(language === "curl" && method === "HEAD" ? text.includes("--head") : text.includes(method), language);
	}
	deepEqual(new Set(getSnippets(facts()).map(({ file }) => file)).size, 7);
});
