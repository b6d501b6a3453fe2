import { equal, ok } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cutAtNonces, readDashboard, renderPage } from "./dashboard.ts";

const HTML = `<!doctype html><head><meta property="csp-nonce" nonce="" /><title>API Access</title>
<script type="module" crossorigin src="/assets/a.js"></script><link rel="stylesheet" href="/assets/a.css"><style>a{}</style></head>`;

test("every script, style and link of the page gets the nonce, and so does the element that scripts read it from", () => {
	const page = renderPage({ page: cutAtNonces(HTML), assets_dir: "" }, "n0nce", "Orders");
	for (const name of ["script", "link", "style"]) ok(page.includes(`<${name} nonce="n0nce"`), name);
	ok(page.includes('<meta property="csp-nonce" nonce="n0nce" />'));
	equal(page.split("n0nce").length, 5);
});

test("the product's name is escaped in the title", () => {
	const page = renderPage({ page: cutAtNonces(HTML), assets_dir: "" }, "n", "</title><script>$&\"'");
	ok(page.includes("<title>API Access · &#60;/title&#62;&#60;script&#62;$&#38;&#34;&#39;</title>"), page);
});

test("a folder without a build is no dashboard, one with a page is", () => {
	const folder = mkdtempSync(join(tmpdir(), "kw-dashboard-"));
	try {
		equal(readDashboard(folder), null);
		writeFileSync(join(folder, "index.html"), HTML);
		equal(readDashboard(folder)?.assets_dir, join(folder, "assets"));
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});
