import { equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nginxFor } from "./nginx.ts";

const RECIPE = readFileSync(join(import.meta.dirname, "../../../../docs/proxies/nginx.conf"), "utf8");

test("the recipe asks only this instance", () => {
	const text = nginxFor(RECIPE, "http://keys.internal:9000");
	ok(text.includes("server keys.internal:9000;"));
	ok(!text.includes("127.0.0.1:8787"));
	ok(text.includes("auth_request /_keywright;"));
});

test("behind TLS the recipe keeps its default internal address", () => {
	equal(nginxFor(RECIPE, "https://keys.example.com"), RECIPE);
	equal(nginxFor(RECIPE, "nonsense"), RECIPE);
});
