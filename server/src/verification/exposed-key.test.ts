import { equal } from "node:assert/strict";
import { test } from "node:test";
import { getPageSite } from "./exposed-key.ts";

test("a page counts under its site, whichever of its subdomains and ports it uses, and pages that hide share one name", () => {
	const siteOf = (headers: Record<string, string>) => getPageSite({ "sec-fetch-site": "cross-site", ...headers });
	equal(siteOf({ origin: "https://shop.example" }), "shop.example");
	equal(siteOf({ origin: "https://a.b.Shop.example:8443" }), "shop.example");
	equal(siteOf({ referer: "https://x1.shop.example/" }), "shop.example");
	equal(siteOf({ origin: "http://203.0.113.7:8080" }), "203.0.113.7");
	equal(siteOf({ origin: "http://[2001:db8::1]" }), "[2001:db8::1]");
	for (const headers of [{}, { origin: "null" }, { origin: "data:x" }, { referer: "no address" }]) equal(siteOf(headers), "hidden");
	equal(getPageSite({ "sec-fetch-site": "same-site", origin: "https://shop.example" }), null);
	equal(getPageSite({ origin: "https://shop.example" }), null);
});
